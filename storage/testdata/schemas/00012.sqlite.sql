CREATE TABLE flowhq_migrations (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
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
  wa_heard_at TIMESTAMP, blocked_until TIMESTAMP, blocked_cause TEXT,
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
CREATE INDEX message_traces_age_idx ON message_traces (tenant_id, created_at, id);
CREATE INDEX customer_requests_closed_idx ON customer_requests (tenant_id, updated_at) WHERE status IN ('DONE', 'CANCELLED', 'NO_SHOW');
CREATE TABLE link_invites (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  token_hash BLOB NOT NULL,
  author TEXT NOT NULL DEFAULT '',
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  revoked_at TIMESTAMP,
  opened_at TIMESTAMP,
  PRIMARY KEY (id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX link_invites_token_hash_key ON link_invites (token_hash);
CREATE INDEX link_invites_page_idx ON link_invites (tenant_id, created_at, id);
CREATE TABLE tenant_pauses (
  tenant_id TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  author TEXT NOT NULL DEFAULT '',
  created_at TIMESTAMP NOT NULL,
  until_at TIMESTAMP,
  PRIMARY KEY (tenant_id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX tenant_pauses_until_idx ON tenant_pauses (until_at);
CREATE TABLE message_hours (
  tenant_id TEXT NOT NULL,
  hour TIMESTAMP NOT NULL,
  received INTEGER NOT NULL DEFAULT 0,
  sent INTEGER NOT NULL DEFAULT 0,
  answered INTEGER NOT NULL DEFAULT 0,
  wait_ms INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, hour),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX message_hours_hour_idx ON message_hours (hour);
CREATE INDEX customer_requests_open_idx ON customer_requests (tenant_id) WHERE status IN ('NEW', 'CONFIRMED');
CREATE TABLE tenant_fences (
  tenant_id TEXT NOT NULL,
  backup_id TEXT NOT NULL,
  backup_host TEXT NOT NULL DEFAULT '',
  taken_at TIMESTAMP NOT NULL,
  wish TEXT NOT NULL DEFAULT 'stopped',
  linked_jid TEXT NOT NULL DEFAULT '',
  staged TEXT NOT NULL DEFAULT '',
  created_at TIMESTAMP NOT NULL,
  PRIMARY KEY (tenant_id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX whatsapp_sessions_linked_idx ON whatsapp_sessions (linked_jid) WHERE linked_jid IS NOT NULL;
CREATE INDEX users_page_idx ON users (created_at, id);
CREATE INDEX setup_requests_page_idx ON setup_requests (created_at, id);
CREATE INDEX setup_requests_open_idx ON setup_requests (created_at, id) WHERE status IN ('SUBMITTED', 'REVIEWING');
CREATE INDEX admin_sessions_page_idx ON admin_sessions (last_seen_at, id);
CREATE INDEX tenant_fences_page_idx ON tenant_fences (created_at, tenant_id);
INSERT INTO flowhq_migrations VALUES(1,0,1,'2026-11-26 04:57:31');
INSERT INTO flowhq_migrations VALUES(2,1,1,'2026-11-26 04:57:31');
INSERT INTO flowhq_migrations VALUES(3,3,1,'2026-11-26 04:57:31');
INSERT INTO flowhq_migrations VALUES(4,8,1,'2026-11-26 04:57:31');
INSERT INTO flowhq_migrations VALUES(5,9,1,'2026-11-26 04:57:31');
INSERT INTO flowhq_migrations VALUES(6,10,1,'2026-11-26 04:57:31');
INSERT INTO flowhq_migrations VALUES(7,11,1,'2026-11-26 04:57:31');
INSERT INTO flowhq_migrations VALUES(8,12,1,'2026-11-26 04:57:31');
INSERT INTO tenants VALUES('01a21637-4751-7d10-90ac-8dbabdc60238','Asha','+255700000001','NEW',1772366400000,1772366400000);
INSERT INTO tenant_configs VALUES('01a21637-4751-7e18-a932-4f8f4fff841b','01a21637-4751-7d10-90ac-8dbabdc60238','ECOMMERCE','Asha','SW',NULL,1772366400000,1772366400000);
INSERT INTO whatsapp_sessions VALUES('01a21637-4751-7eea-962c-fef85825fe5c','01a21637-4751-7d10-90ac-8dbabdc60238','CONNECTED',NULL,NULL,1772366400000,1772366400000,'CONNECTED',NULL,NULL,'255700000001:3@s.whatsapp.net',1772366400000,NULL,NULL,NULL);
INSERT INTO message_logs VALUES('01a21637-4754-75cb-975a-0ff75afeb000','01a21637-4751-7d10-90ac-8dbabdc60238','IN','+255711','+255700000001','text A','A',1772366401000,'+255711','customer','text',NULL,1772366400000,NULL,NULL);
INSERT INTO message_logs VALUES('01a21637-4754-7600-841a-60b41462f41a','01a21637-4751-7d10-90ac-8dbabdc60238','OUT','+255700000001','+255711','reply B','B',1772366403000,'+255711','bot','text',NULL,NULL,NULL,NULL);
INSERT INTO message_logs VALUES('01a21637-4754-764f-9e32-8f3d7c428df2','01a21637-4751-7d10-90ac-8dbabdc60238','IN','lid:77','+255700000001','text C','C',1772366404000,'+255777','customer','text',NULL,1772366403000,NULL,NULL);
INSERT INTO worker_processes VALUES('01a21637-4752-7005-91bb-c3f6eaabf563','01a21637-4751-7d10-90ac-8dbabdc60238','worker-01a21637-4751-7d10-90ac-8dbabdc60238','STOPPED',NULL,1772366400000,1772366400000,'stopped');
INSERT INTO users VALUES('01a21637-4752-77dd-8469-0ac5249021bd','01a21637-4751-7d10-90ac-8dbabdc60238','Asha''s "Salon" 😀','Asha@example.com',NULL,'OWNER',1772366400000,1772366400000);
INSERT INTO setup_requests VALUES('01a21637-4753-7542-ace3-6d024a558b8a','01a21637-4751-7d10-90ac-8dbabdc60238','01a21637-4752-77dd-8469-0ac5249021bd','ECOMMERCE','+255700000001','SUBMITTED',NULL,1772366400000,1772366400000);
INSERT INTO portal_event_logs VALUES('01a21637-4753-75fe-a58a-e0da00367dec','01a21637-4751-7d10-90ac-8dbabdc60238','01a21637-4752-77dd-8469-0ac5249021bd','SETUP_REQUEST_SUBMITTED','{"setupRequestId":"01a21637-4753-7542-ace3-6d024a558b8a","templateType":"ECOMMERCE","language":"SW","businessName":"Asha"}',1772366400000);
INSERT INTO tenant_settings VALUES('01a21637-4752-7454-8d6b-66dc2576d9b0','01a21637-4751-7d10-90ac-8dbabdc60238',1,'PUBLISHED','{"timezone":"Africa/Dar_es_Salaam","currency":"TZS","contact":"","address":"","delivery":"","services":[],"products":[]}',NULL,'',1772366400000,1772366400000);
INSERT INTO tenant_settings VALUES('01a21637-4755-77a2-985a-b99189d2eb90','01a21637-4751-7d10-90ac-8dbabdc60238',2,'DRAFT','{"timezone":"Africa/Dar_es_Salaam","currency":"TZS","contact":"","address":"","delivery":"","services":[],"products":[],"greeting":"Karibu\n\t''\"\\"}',NULL,'admin',1772366400000,NULL);
INSERT INTO tenant_events VALUES('01a21637-4752-75a4-a812-54d123054bc8','01a21637-4751-7d10-90ac-8dbabdc60238','STATUS','created','{"to":"NEW","cause":"created"}',1772366400000);
INSERT INTO tenant_events VALUES('019ca945-1d88-7603-b9aa-83a487e0e9a5','01a21637-4751-7d10-90ac-8dbabdc60238','NOTE','note','{"a":1}',1772366405000);
INSERT INTO tenant_events VALUES('019ca945-2170-7d12-ac49-ddf2a924055c','01a21637-4751-7d10-90ac-8dbabdc60238','REQUEST','booking is NEW','{"event":"request.created","request_id":"11111111-1111-7111-8111-111111111111","type":"BOOKING","chat":"+255711","to":"NEW","fields":{"service":"Kusuka","date":"2026-03-02"}}',1772366406000);
INSERT INTO tenant_events VALUES('01a21637-4755-71e9-ada1-7c449e485e86','01a21637-4751-7d10-90ac-8dbabdc60238','MERGE','lid:77 is +255777','{"from":"lid:77","into":"+255777"}',1772366400000);
INSERT INTO journal_marks VALUES('01a21637-4751-7d10-90ac-8dbabdc60238','journal-1',7,1772366400000,1772366400000);
INSERT INTO message_traces VALUES('019ca945-11d0-7644-a6f8-b486cfddbcf3','01a21637-4751-7d10-90ac-8dbabdc60238','A','+255711','[{"at":"2026-03-01T12:00:02Z","step":"received","detail":"because"}]',1772366402000);
INSERT INTO customers VALUES('01a21637-4754-7775-951b-6ebd2bdfcf4a','01a21637-4751-7d10-90ac-8dbabdc60238','+255711','+255711','','',NULL,NULL,NULL,'',NULL,1772366401000,1772366406000);
INSERT INTO customers VALUES('01a21637-4754-7778-b681-89b5172e6c3a','01a21637-4751-7d10-90ac-8dbabdc60238','+255777','+255777','','',NULL,NULL,NULL,'',NULL,1772366404000,1772366404000);
INSERT INTO customer_merges VALUES('01a21637-4751-7d10-90ac-8dbabdc60238','lid:77','+255777',1772366407000);
INSERT INTO customer_requests VALUES('11111111-1111-7111-8111-111111111111','01a21637-4751-7d10-90ac-8dbabdc60238','01a21637-4754-7775-951b-6ebd2bdfcf4a','+255711','BOOKING','NEW','{"service":"Kusuka","date":"2026-03-02"}','',1772366406000,1772366406000);
INSERT INTO admin_sessions VALUES('01a21637-4756-70b5-a05d-481d119ed412',X'0001FF','','',1772366400000,1772366400000,1772366400000);
INSERT INTO message_hours VALUES('01a21637-4751-7d10-90ac-8dbabdc60238',1772366400000,2,1,1,2000);
