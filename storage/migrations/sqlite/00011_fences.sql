-- A tenant whose session came back from a backup: its worker stays stopped until an admin says that the device runs nowhere else.

-- +goose Up
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
-- Whether two tenants have the same device.
CREATE INDEX whatsapp_sessions_linked_idx ON whatsapp_sessions (linked_jid) WHERE linked_jid IS NOT NULL;

-- +goose Down
-- There is no way back: a fence that is gone could put one device into two processes.
SELECT 1;
