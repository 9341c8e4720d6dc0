-- The tables that the product's predecessor made with Prisma, in exactly its shape. On its own database every statement
-- here finds its object already there and leaves it, with all its rows, alone.

-- +goose Up
-- +goose StatementBegin
DO $$
BEGIN
  IF to_regtype('"TenantStatus"') IS NULL THEN
    CREATE TYPE "TenantStatus" AS ENUM ('NEW', 'QR_PENDING', 'ACTIVE', 'PAUSED', 'ERROR');
  END IF;
  IF to_regtype('"TemplateType"') IS NULL THEN
    CREATE TYPE "TemplateType" AS ENUM ('BOOKING', 'ECOMMERCE', 'SUPPORT');
  END IF;
  IF to_regtype('"Language"') IS NULL THEN
    CREATE TYPE "Language" AS ENUM ('SW', 'EN');
  END IF;
  IF to_regtype('"SessionState"') IS NULL THEN
    CREATE TYPE "SessionState" AS ENUM ('DISCONNECTED', 'QR_READY', 'CONNECTED');
  END IF;
  IF to_regtype('"MessageDirection"') IS NULL THEN
    CREATE TYPE "MessageDirection" AS ENUM ('IN', 'OUT');
  END IF;
  IF to_regtype('"WorkerStatus"') IS NULL THEN
    CREATE TYPE "WorkerStatus" AS ENUM ('RUNNING', 'STOPPED', 'ERROR');
  END IF;
  IF to_regtype('"UserRole"') IS NULL THEN
    CREATE TYPE "UserRole" AS ENUM ('OWNER', 'STAFF', 'ADMIN');
  END IF;
  IF to_regtype('"SetupRequestStatus"') IS NULL THEN
    CREATE TYPE "SetupRequestStatus" AS ENUM ('SUBMITTED', 'REVIEWING', 'APPROVED', 'ACTIVE', 'REJECTED');
  END IF;
END
$$;
-- +goose StatementEnd

CREATE TABLE IF NOT EXISTS tenants (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  phone_number TEXT NOT NULL,
  status "TenantStatus" NOT NULL DEFAULT 'NEW',
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(3) NOT NULL,
  CONSTRAINT tenants_pkey PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS tenant_configs (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  template_type "TemplateType" NOT NULL DEFAULT 'BOOKING',
  business_name TEXT NOT NULL,
  language "Language" NOT NULL DEFAULT 'SW',
  hours_json JSONB,
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(3) NOT NULL,
  CONSTRAINT tenant_configs_pkey PRIMARY KEY (id),
  CONSTRAINT tenant_configs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX IF NOT EXISTS tenant_configs_tenant_id_key ON tenant_configs (tenant_id);

CREATE TABLE IF NOT EXISTS whatsapp_sessions (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  state "SessionState" NOT NULL DEFAULT 'DISCONNECTED',
  last_qr TEXT,
  last_seen_at TIMESTAMP(3),
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(3) NOT NULL,
  CONSTRAINT whatsapp_sessions_pkey PRIMARY KEY (id),
  CONSTRAINT whatsapp_sessions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX IF NOT EXISTS whatsapp_sessions_tenant_id_key ON whatsapp_sessions (tenant_id);

CREATE TABLE IF NOT EXISTS message_logs (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  direction "MessageDirection" NOT NULL,
  from_number TEXT NOT NULL,
  to_number TEXT NOT NULL,
  message_text TEXT NOT NULL,
  wa_message_id TEXT,
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT message_logs_pkey PRIMARY KEY (id),
  CONSTRAINT message_logs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE IF NOT EXISTS worker_processes (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  pm2_name TEXT NOT NULL,
  status "WorkerStatus" NOT NULL DEFAULT 'STOPPED',
  last_error TEXT,
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(3) NOT NULL,
  CONSTRAINT worker_processes_pkey PRIMARY KEY (id),
  CONSTRAINT worker_processes_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX IF NOT EXISTS worker_processes_tenant_id_key ON worker_processes (tenant_id);

CREATE TABLE IF NOT EXISTS users (
  id TEXT NOT NULL,
  tenant_id TEXT,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT,
  role "UserRole" NOT NULL DEFAULT 'OWNER',
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(3) NOT NULL,
  CONSTRAINT users_pkey PRIMARY KEY (id),
  CONSTRAINT users_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE SET NULL ON UPDATE CASCADE
);
CREATE UNIQUE INDEX IF NOT EXISTS users_tenant_id_key ON users (tenant_id);
CREATE UNIQUE INDEX IF NOT EXISTS users_email_key ON users (email);

CREATE TABLE IF NOT EXISTS setup_requests (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  template_type "TemplateType" NOT NULL,
  whatsapp_number TEXT NOT NULL,
  status "SetupRequestStatus" NOT NULL DEFAULT 'SUBMITTED',
  notes TEXT,
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(3) NOT NULL,
  CONSTRAINT setup_requests_pkey PRIMARY KEY (id),
  CONSTRAINT setup_requests_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT setup_requests_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE IF NOT EXISTS portal_event_logs (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  user_id TEXT,
  event_type TEXT NOT NULL,
  payload_json JSONB,
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT portal_event_logs_pkey PRIMARY KEY (id),
  CONSTRAINT portal_event_logs_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL ON UPDATE CASCADE
);

-- +goose Down
-- There is no way back: the tables may be the predecessor's, with its rows in them.
SELECT 1;
