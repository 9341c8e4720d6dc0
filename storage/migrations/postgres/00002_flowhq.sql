-- What Flow HQ adds: columns with defaults, so that whoever inserts rows without knowing them goes on working, and tables
-- of its own. Whatever else a database holds is left alone.

-- +goose Up
ALTER TABLE whatsapp_sessions ADD COLUMN IF NOT EXISTS phase TEXT NOT NULL DEFAULT 'OFF';
ALTER TABLE whatsapp_sessions ADD COLUMN IF NOT EXISTS qr_code TEXT;
ALTER TABLE whatsapp_sessions ADD COLUMN IF NOT EXISTS qr_expires_at TIMESTAMP(3);
ALTER TABLE whatsapp_sessions ADD COLUMN IF NOT EXISTS linked_jid TEXT;
ALTER TABLE whatsapp_sessions ADD COLUMN IF NOT EXISTS linked_at TIMESTAMP(3);
ALTER TABLE whatsapp_sessions ADD COLUMN IF NOT EXISTS wa_heard_at TIMESTAMP(3);

ALTER TABLE worker_processes ADD COLUMN IF NOT EXISTS wish TEXT NOT NULL DEFAULT 'stopped';

ALTER TABLE message_logs ADD COLUMN IF NOT EXISTS chat TEXT NOT NULL DEFAULT '';
ALTER TABLE message_logs ADD COLUMN IF NOT EXISTS author TEXT NOT NULL DEFAULT '';
ALTER TABLE message_logs ADD COLUMN IF NOT EXISTS kind TEXT NOT NULL DEFAULT 'text';
ALTER TABLE message_logs ADD COLUMN IF NOT EXISTS target TEXT;
ALTER TABLE message_logs ADD COLUMN IF NOT EXISTS sent_at TIMESTAMP(3);
ALTER TABLE message_logs ADD COLUMN IF NOT EXISTS edited_at TIMESTAMP(3);
ALTER TABLE message_logs ADD COLUMN IF NOT EXISTS deleted_at TIMESTAMP(3);

CREATE INDEX IF NOT EXISTS message_logs_page_idx ON message_logs (tenant_id, created_at, id);
CREATE INDEX IF NOT EXISTS message_logs_chat_page_idx ON message_logs (tenant_id, chat, created_at, id) WHERE chat <> '';
-- A message is logged once in its chat, whatever journal it came from. Rows that others wrote have no chat and are not meant.
CREATE UNIQUE INDEX IF NOT EXISTS message_logs_once_idx ON message_logs (tenant_id, wa_message_id, chat, direction, kind)
  WHERE chat <> '' AND wa_message_id IS NOT NULL;

CREATE INDEX IF NOT EXISTS tenants_page_idx ON tenants (created_at, id);
CREATE INDEX IF NOT EXISTS tenants_phone_number_idx ON tenants (phone_number);
CREATE INDEX IF NOT EXISTS users_email_folded_idx ON users (lower(email));
CREATE INDEX IF NOT EXISTS setup_requests_tenant_idx ON setup_requests (tenant_id, created_at, id);
CREATE INDEX IF NOT EXISTS setup_requests_user_idx ON setup_requests (user_id);
CREATE INDEX IF NOT EXISTS portal_event_logs_page_idx ON portal_event_logs (tenant_id, created_at, id);
CREATE INDEX IF NOT EXISTS portal_event_logs_user_idx ON portal_event_logs (user_id);

CREATE TABLE tenant_settings (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  settings_json JSONB NOT NULL,
  flow_yaml TEXT,
  author TEXT NOT NULL DEFAULT '',
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  published_at TIMESTAMP(3),
  CONSTRAINT tenant_settings_pkey PRIMARY KEY (id),
  CONSTRAINT tenant_settings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX tenant_settings_version_key ON tenant_settings (tenant_id, version);
CREATE UNIQUE INDEX tenant_settings_draft_key ON tenant_settings (tenant_id) WHERE state = 'DRAFT';
CREATE UNIQUE INDEX tenant_settings_published_key ON tenant_settings (tenant_id) WHERE state = 'PUBLISHED';

CREATE TABLE tenant_events (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '',
  payload_json JSONB,
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT tenant_events_pkey PRIMARY KEY (id),
  CONSTRAINT tenant_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX tenant_events_page_idx ON tenant_events (tenant_id, created_at, id);

CREATE TABLE journal_marks (
  tenant_id TEXT NOT NULL,
  journal TEXT NOT NULL,
  acked_seq BIGINT NOT NULL,
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT journal_marks_pkey PRIMARY KEY (tenant_id, journal),
  CONSTRAINT journal_marks_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE message_traces (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  wa_message_id TEXT NOT NULL,
  chat TEXT NOT NULL DEFAULT '',
  entries_json JSONB NOT NULL,
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT message_traces_pkey PRIMARY KEY (id),
  CONSTRAINT message_traces_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX message_traces_message_idx ON message_traces (tenant_id, wa_message_id);

CREATE TABLE customers (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  chat TEXT NOT NULL,
  number TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL DEFAULT '',
  language TEXT NOT NULL DEFAULT '',
  labels_json JSONB,
  opted_out_at TIMESTAMP(3),
  handed_over_at TIMESTAMP(3),
  handoff_cause TEXT NOT NULL DEFAULT '',
  handoff_ends_at TIMESTAMP(3),
  first_seen_at TIMESTAMP(3) NOT NULL,
  last_seen_at TIMESTAMP(3) NOT NULL,
  CONSTRAINT customers_pkey PRIMARY KEY (id),
  CONSTRAINT customers_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX customers_chat_key ON customers (tenant_id, chat);
CREATE INDEX customers_page_idx ON customers (tenant_id, last_seen_at, id);

CREATE TABLE customer_merges (
  tenant_id TEXT NOT NULL,
  from_chat TEXT NOT NULL,
  into_chat TEXT NOT NULL,
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT customer_merges_pkey PRIMARY KEY (tenant_id, from_chat),
  CONSTRAINT customer_merges_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE customer_requests (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  chat TEXT NOT NULL,
  request_type TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'NEW',
  fields_json JSONB NOT NULL,
  notes TEXT NOT NULL DEFAULT '',
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT customer_requests_pkey PRIMARY KEY (id),
  CONSTRAINT customer_requests_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT customer_requests_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX customer_requests_page_idx ON customer_requests (tenant_id, created_at, id);
CREATE INDEX customer_requests_customer_idx ON customer_requests (customer_id);

CREATE TABLE admin_sessions (
  id TEXT NOT NULL,
  token_hash BYTEA NOT NULL,
  address TEXT NOT NULL DEFAULT '',
  user_agent TEXT NOT NULL DEFAULT '',
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_seen_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  expires_at TIMESTAMP(3) NOT NULL,
  CONSTRAINT admin_sessions_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX admin_sessions_token_hash_key ON admin_sessions (token_hash);
CREATE INDEX admin_sessions_expires_at_idx ON admin_sessions (expires_at);

-- +goose Down
-- There is no way back: columns and tables with rows in them are not thrown away.
SELECT 1;
