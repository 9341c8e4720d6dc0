-- What a later form of the predecessor's database has beyond predecessor.sql: enum values, columns and tables that this
-- program has never heard of. One statement a line: a new enum value can't be used in the transaction that adds it.
ALTER TYPE "TenantStatus" ADD VALUE 'SUSPENDED';
ALTER TYPE "TemplateType" ADD VALUE 'RESTAURANT';
ALTER TYPE "Language" ADD VALUE 'FR';
ALTER TYPE "SessionState" ADD VALUE 'PAIRING';
ALTER TYPE "WorkerStatus" ADD VALUE 'CRASHED';
ALTER TYPE "UserRole" ADD VALUE 'AUDITOR';
ALTER TYPE "SetupRequestStatus" ADD VALUE 'EXPIRED';
ALTER TYPE "MessageDirection" ADD VALUE 'SYSTEM';
CREATE TYPE "Plan" AS ENUM ('FREE', 'PRO');
ALTER TABLE "tenants" ADD COLUMN "plan" "Plan" NOT NULL DEFAULT 'FREE';
ALTER TABLE "tenants" ADD COLUMN "metadata" JSONB;
ALTER TABLE "message_logs" ADD COLUMN "media_url" TEXT;
CREATE TABLE "invoices" ("id" TEXT NOT NULL PRIMARY KEY, "tenant_id" TEXT NOT NULL REFERENCES "tenants"("id") ON DELETE RESTRICT, "amount" INTEGER NOT NULL);
CREATE TABLE "api_tokens" ("id" TEXT NOT NULL PRIMARY KEY, "tenant_id" TEXT NOT NULL REFERENCES "tenants"("id") ON DELETE CASCADE);
UPDATE "tenants" SET "status" = 'SUSPENDED', "plan" = 'PRO' WHERE "id" = 't2';
UPDATE "tenant_configs" SET "template_type" = 'RESTAURANT', "language" = 'FR' WHERE "id" = 'c2';
UPDATE "whatsapp_sessions" SET "state" = 'PAIRING' WHERE "id" = 's2';
UPDATE "worker_processes" SET "status" = 'CRASHED' WHERE "id" = 'w2';
UPDATE "users" SET "role" = 'AUDITOR' WHERE "id" = 'u2';
UPDATE "setup_requests" SET "status" = 'EXPIRED', "template_type" = 'RESTAURANT' WHERE "id" = 'r2';
UPDATE "message_logs" SET "direction" = 'SYSTEM' WHERE "id" = 'm4';
INSERT INTO "invoices" VALUES ('i1', 't2', 100);
INSERT INTO "api_tokens" VALUES ('k1', 't1');
