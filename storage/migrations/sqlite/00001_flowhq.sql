-- The same tables as on PostgreSQL. Times are whole milliseconds since 1970 in UTC (they sort and compare as they are), enums and
-- JSON are text; nobody but Flow HQ writes here, so columns that every insert gives have no default.

-- +goose Up

CREATE TABLE tenants (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  phone_number TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'NEW',
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE tenant_configs (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  template_type TEXT NOT NULL DEFAULT 'BOOKING',
  business_name TEXT NOT NULL,
  language TEXT NOT NULL DEFAULT 'SW',
  hours_json TEXT,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX tenant_configs_tenant_id_key ON tenant_configs (tenant_id);

CREATE TABLE whatsapp_sessions (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'DISCONNECTED',
  last_qr TEXT,
  last_seen_at TIMESTAMP,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  phase TEXT NOT NULL DEFAULT 'OFF',
  qr_code TEXT,
  qr_expires_at TIMESTAMP,
  linked_jid TEXT,
  linked_at TIMESTAMP,
  wa_heard_at TIMESTAMP,
  PRIMARY KEY (id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX whatsapp_sessions_tenant_id_key ON whatsapp_sessions (tenant_id);

CREATE TABLE message_logs (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  direction TEXT NOT NULL,
  from_number TEXT NOT NULL,
  to_number TEXT NOT NULL,
  message_text TEXT NOT NULL,
  wa_message_id TEXT,
  created_at TIMESTAMP NOT NULL,
  chat TEXT NOT NULL DEFAULT '',
  author TEXT NOT NULL DEFAULT '',
  kind TEXT NOT NULL DEFAULT 'text',
  target TEXT,
  sent_at TIMESTAMP,
  edited_at TIMESTAMP,
  deleted_at TIMESTAMP,
  PRIMARY KEY (id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE worker_processes (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  pm2_name TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'STOPPED',
  last_error TEXT,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  wish TEXT NOT NULL DEFAULT 'stopped',
  PRIMARY KEY (id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX worker_processes_tenant_id_key ON worker_processes (tenant_id);

CREATE TABLE users (
  id TEXT NOT NULL,
  tenant_id TEXT,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT,
  role TEXT NOT NULL DEFAULT 'OWNER',
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE SET NULL ON UPDATE CASCADE
);
CREATE UNIQUE INDEX users_tenant_id_key ON users (tenant_id);
CREATE UNIQUE INDEX users_email_key ON users (email);

CREATE TABLE setup_requests (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  template_type TEXT NOT NULL,
  whatsapp_number TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'SUBMITTED',
  notes TEXT,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE portal_event_logs (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  user_id TEXT,
  event_type TEXT NOT NULL,
  payload_json TEXT,
  created_at TIMESTAMP NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL ON UPDATE CASCADE
);

CREATE INDEX message_logs_page_idx ON message_logs (tenant_id, created_at, id);
CREATE INDEX message_logs_chat_page_idx ON message_logs (tenant_id, chat, created_at, id) WHERE chat <> '';
-- A message is logged once in its chat, whatever journal it came from. Rows that others wrote have no chat and are not meant.
CREATE UNIQUE INDEX message_logs_once_idx ON message_logs (tenant_id, wa_message_id, chat, direction, kind)
  WHERE chat <> '' AND wa_message_id IS NOT NULL;

CREATE INDEX tenants_page_idx ON tenants (created_at, id);
CREATE INDEX tenants_phone_number_idx ON tenants (phone_number);
CREATE INDEX users_email_folded_idx ON users (lower(email));
CREATE INDEX setup_requests_tenant_idx ON setup_requests (tenant_id, created_at, id);
CREATE INDEX setup_requests_user_idx ON setup_requests (user_id);
CREATE INDEX portal_event_logs_page_idx ON portal_event_logs (tenant_id, created_at, id);
CREATE INDEX portal_event_logs_user_idx ON portal_event_logs (user_id);

CREATE TABLE tenant_settings (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  settings_json TEXT NOT NULL,
  flow_yaml TEXT,
  author TEXT NOT NULL DEFAULT '',
  created_at TIMESTAMP NOT NULL,
  published_at TIMESTAMP,
  PRIMARY KEY (id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX tenant_settings_version_key ON tenant_settings (tenant_id, version);
CREATE UNIQUE INDEX tenant_settings_draft_key ON tenant_settings (tenant_id) WHERE state = 'DRAFT';
CREATE UNIQUE INDEX tenant_settings_published_key ON tenant_settings (tenant_id) WHERE state = 'PUBLISHED';

CREATE TABLE tenant_events (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '',
  payload_json TEXT,
  created_at TIMESTAMP NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX tenant_events_page_idx ON tenant_events (tenant_id, created_at, id);

CREATE TABLE journal_marks (
  tenant_id TEXT NOT NULL,
  journal TEXT NOT NULL,
  acked_seq INTEGER NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  PRIMARY KEY (tenant_id, journal),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE message_traces (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  wa_message_id TEXT NOT NULL,
  chat TEXT NOT NULL DEFAULT '',
  entries_json TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX message_traces_message_idx ON message_traces (tenant_id, wa_message_id);

CREATE TABLE customers (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  chat TEXT NOT NULL,
  number TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL DEFAULT '',
  language TEXT NOT NULL DEFAULT '',
  labels_json TEXT,
  opted_out_at TIMESTAMP,
  handed_over_at TIMESTAMP,
  handoff_cause TEXT NOT NULL DEFAULT '',
  handoff_ends_at TIMESTAMP,
  first_seen_at TIMESTAMP NOT NULL,
  last_seen_at TIMESTAMP NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX customers_chat_key ON customers (tenant_id, chat);
CREATE INDEX customers_page_idx ON customers (tenant_id, last_seen_at, id);

CREATE TABLE customer_merges (
  tenant_id TEXT NOT NULL,
  from_chat TEXT NOT NULL,
  into_chat TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  PRIMARY KEY (tenant_id, from_chat),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE customer_requests (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  chat TEXT NOT NULL,
  request_type TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'NEW',
  fields_json TEXT NOT NULL,
  notes TEXT NOT NULL DEFAULT '',
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE,
  FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX customer_requests_page_idx ON customer_requests (tenant_id, created_at, id);
CREATE INDEX customer_requests_customer_idx ON customer_requests (customer_id);

CREATE TABLE admin_sessions (
  id TEXT NOT NULL,
  token_hash BLOB NOT NULL,
  address TEXT NOT NULL DEFAULT '',
  user_agent TEXT NOT NULL DEFAULT '',
  created_at TIMESTAMP NOT NULL,
  last_seen_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX admin_sessions_token_hash_key ON admin_sessions (token_hash);
CREATE INDEX admin_sessions_expires_at_idx ON admin_sessions (expires_at);

-- +goose Down
-- There is no way back: tables with rows in them are not thrown away.
SELECT 1;
