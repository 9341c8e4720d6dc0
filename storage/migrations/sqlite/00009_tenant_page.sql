-- Links that let an owner scan the QR code at the own desk, and why and until when a tenant is paused.

-- +goose Up

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

-- +goose Down
-- There is no way back: tables with rows in them are not thrown away.
SELECT 1;
