-- A database as the predecessor's Prisma migrations make it, with rows that are as awkward as rows of a real one.
CREATE TYPE "TenantStatus" AS ENUM ('NEW', 'QR_PENDING', 'ACTIVE', 'PAUSED', 'ERROR');
CREATE TYPE "TemplateType" AS ENUM ('BOOKING', 'ECOMMERCE', 'SUPPORT');
CREATE TYPE "Language" AS ENUM ('SW', 'EN');
CREATE TYPE "SessionState" AS ENUM ('DISCONNECTED', 'QR_READY', 'CONNECTED');
CREATE TYPE "MessageDirection" AS ENUM ('IN', 'OUT');
CREATE TYPE "WorkerStatus" AS ENUM ('RUNNING', 'STOPPED', 'ERROR');
CREATE TYPE "UserRole" AS ENUM ('OWNER', 'STAFF', 'ADMIN');
CREATE TYPE "SetupRequestStatus" AS ENUM ('SUBMITTED', 'REVIEWING', 'APPROVED', 'ACTIVE', 'REJECTED');

CREATE TABLE "_prisma_migrations" (
  "id" VARCHAR(36) NOT NULL PRIMARY KEY,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
);
INSERT INTO "_prisma_migrations" ("id", "checksum", "finished_at", "migration_name", "applied_steps_count")
VALUES ('0f4c', 'abc', now(), '20240101000000_init', 1), ('0f4d', 'abd', now(), '20240301000000_portal', 1);

CREATE TABLE "tenants" (
  "id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "phone_number" TEXT NOT NULL,
  "status" "TenantStatus" NOT NULL DEFAULT 'NEW',
  "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "tenants_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "tenant_configs" (
  "id" TEXT NOT NULL,
  "tenant_id" TEXT NOT NULL,
  "template_type" "TemplateType" NOT NULL DEFAULT 'BOOKING',
  "business_name" TEXT NOT NULL,
  "language" "Language" NOT NULL DEFAULT 'SW',
  "hours_json" JSONB,
  "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "tenant_configs_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "whatsapp_sessions" (
  "id" TEXT NOT NULL,
  "tenant_id" TEXT NOT NULL,
  "state" "SessionState" NOT NULL DEFAULT 'DISCONNECTED',
  "last_qr" TEXT,
  "last_seen_at" TIMESTAMP(3),
  "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "whatsapp_sessions_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "message_logs" (
  "id" TEXT NOT NULL,
  "tenant_id" TEXT NOT NULL,
  "direction" "MessageDirection" NOT NULL,
  "from_number" TEXT NOT NULL,
  "to_number" TEXT NOT NULL,
  "message_text" TEXT NOT NULL,
  "wa_message_id" TEXT,
  "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "message_logs_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "worker_processes" (
  "id" TEXT NOT NULL,
  "tenant_id" TEXT NOT NULL,
  "pm2_name" TEXT NOT NULL,
  "status" "WorkerStatus" NOT NULL DEFAULT 'STOPPED',
  "last_error" TEXT,
  "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "worker_processes_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "users" (
  "id" TEXT NOT NULL,
  "tenant_id" TEXT,
  "name" TEXT NOT NULL,
  "email" TEXT NOT NULL,
  "phone" TEXT,
  "role" "UserRole" NOT NULL DEFAULT 'OWNER',
  "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "setup_requests" (
  "id" TEXT NOT NULL,
  "tenant_id" TEXT NOT NULL,
  "user_id" TEXT NOT NULL,
  "template_type" "TemplateType" NOT NULL,
  "whatsapp_number" TEXT NOT NULL,
  "status" "SetupRequestStatus" NOT NULL DEFAULT 'SUBMITTED',
  "notes" TEXT,
  "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMP(3) NOT NULL,
  CONSTRAINT "setup_requests_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "portal_event_logs" (
  "id" TEXT NOT NULL,
  "tenant_id" TEXT NOT NULL,
  "user_id" TEXT,
  "event_type" TEXT NOT NULL,
  "payload_json" JSONB,
  "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "portal_event_logs_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "tenant_configs_tenant_id_key" ON "tenant_configs"("tenant_id");
CREATE UNIQUE INDEX "whatsapp_sessions_tenant_id_key" ON "whatsapp_sessions"("tenant_id");
CREATE INDEX "message_logs_tenant_id_created_at_idx" ON "message_logs"("tenant_id", "created_at");
CREATE UNIQUE INDEX "worker_processes_tenant_id_key" ON "worker_processes"("tenant_id");
CREATE UNIQUE INDEX "users_tenant_id_key" ON "users"("tenant_id");
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");
CREATE INDEX "portal_event_logs_tenant_id_created_at_idx" ON "portal_event_logs"("tenant_id", "created_at");
ALTER TABLE "tenant_configs" ADD CONSTRAINT "tenant_configs_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "whatsapp_sessions" ADD CONSTRAINT "whatsapp_sessions_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "message_logs" ADD CONSTRAINT "message_logs_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "worker_processes" ADD CONSTRAINT "worker_processes_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "users" ADD CONSTRAINT "users_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "setup_requests" ADD CONSTRAINT "setup_requests_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "setup_requests" ADD CONSTRAINT "setup_requests_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "portal_event_logs" ADD CONSTRAINT "portal_event_logs_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "portal_event_logs" ADD CONSTRAINT "portal_event_logs_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- t1 is whole. t2 and t3 have one number and one process name. t4 and t5 come from the portal and have no number; t5 has nothing
-- but its row. t6 has a name that wants care.
INSERT INTO "tenants" ("id", "name", "phone_number", "status", "created_at", "updated_at") VALUES
  ('t1', 'Asha Salon', '+255700000001', 'ACTIVE', '2024-05-01 08:00:00.123', '2024-05-02 09:00:00'),
  ('t2', 'Duka', '+255700000002', 'ERROR', '2024-05-01 08:00:00.123', '2024-05-02 09:00:00'),
  ('t3', 'Duka', '+255700000002', 'PAUSED', '2024-05-03 08:00:00', '2024-05-03 08:00:00'),
  ('t4', 'Portal', '', 'NEW', '2024-05-04 08:00:00', '2024-05-04 08:00:00'),
  ('t5', 'Bare', '', 'QR_PENDING', '2024-05-05 08:00:00', '2024-05-05 08:00:00'),
  ('t6', E'O''Neill "&" Sons <b>\\ \U0001F600', '0700 000 006', 'NEW', '1999-12-31 23:59:59.999', '2024-05-05 08:00:00');
INSERT INTO "tenant_configs" ("id", "tenant_id", "template_type", "business_name", "language", "hours_json", "updated_at") VALUES
  ('c1', 't1', 'BOOKING', 'Asha Salon', 'SW', '{"mon": {"open": "08:00", "close": "17:00"}, "sun": {}}', now()),
  ('c2', 't2', 'ECOMMERCE', '', 'EN', '"whenever"', now()),
  ('c3', 't3', 'SUPPORT', 'Duka', 'EN', NULL, now()),
  ('c6', 't6', 'SUPPORT', 'Sons', 'EN', 'null', now());
INSERT INTO "whatsapp_sessions" ("id", "tenant_id", "state", "last_qr", "last_seen_at", "updated_at") VALUES
  ('s1', 't1', 'CONNECTED', NULL, '2024-05-10 10:00:00.5', now()),
  ('s2', 't2', 'QR_READY', 'data:image/png;base64,AAAA', NULL, now()),
  ('s4', 't4', 'DISCONNECTED', '', NULL, now());
INSERT INTO "worker_processes" ("id", "tenant_id", "pm2_name", "status", "last_error", "updated_at") VALUES
  ('w1', 't1', 'worker-asha-salon', 'RUNNING', NULL, now()),
  ('w2', 't2', 'worker-duka', 'ERROR', repeat('x', 5000), now()),
  ('w3', 't3', 'worker-duka', 'STOPPED', '', now()),
  ('w4', 't4', 'worker-portal', 'STOPPED', NULL, now());
INSERT INTO "message_logs" ("id", "tenant_id", "direction", "from_number", "to_number", "message_text", "wa_message_id", "created_at") VALUES
  ('m1', 't1', 'IN', '255711@c.us', '255700000001@c.us', 'Habari', 'false_255711@c.us_A', '2024-05-10 10:00:00'),
  ('m2', 't1', 'OUT', '255700000001@c.us', '255711@c.us', '', NULL, '2024-05-10 10:00:00'),
  ('m3', 't1', 'IN', '255711@c.us', '255700000001@c.us', 'Habari', 'false_255711@c.us_A', '2024-05-10 10:00:00'),
  ('m4', 't1', 'IN', '', '', E'line\nline\t\U0001F600', '', '2024-05-10 10:00:01');
INSERT INTO "users" ("id", "tenant_id", "name", "email", "phone", "role", "updated_at") VALUES
  ('u1', 't1', 'Asha', 'Asha@Example.com', NULL, 'OWNER', now()),
  ('u2', NULL, 'Asha again', 'asha@example.com', '', 'STAFF', now()),
  ('u4', 't4', 'Portal', 'portal@example.com', '+255', 'OWNER', now());
INSERT INTO "setup_requests" ("id", "tenant_id", "user_id", "template_type", "whatsapp_number", "status", "notes", "created_at", "updated_at") VALUES
  ('r1', 't1', 'u1', 'BOOKING', '+255700000001', 'ACTIVE', 'ok', '2024-05-01 09:00:00', now()),
  ('r2', 't1', 'u1', 'SUPPORT', '255 700', 'REJECTED', NULL, '2024-04-01 09:00:00', now());
INSERT INTO "portal_event_logs" ("id", "tenant_id", "user_id", "event_type", "payload_json", "created_at") VALUES
  ('e1', 't1', 'u1', 'SETUP_REQUEST_SUBMITTED', '{"templateType": "BOOKING"}', '2024-05-01 09:00:00'),
  ('e2', 't1', NULL, 'SOMETHING_ELSE', NULL, '2024-05-01 09:00:01');
