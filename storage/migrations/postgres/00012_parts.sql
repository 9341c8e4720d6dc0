-- What lists without a tenant are read by, part after part; and the setup requests that wait, which are few among those decided.
-- +goose Up
CREATE INDEX IF NOT EXISTS users_page_idx ON users (created_at, id);
CREATE INDEX IF NOT EXISTS setup_requests_page_idx ON setup_requests (created_at, id);
CREATE INDEX IF NOT EXISTS setup_requests_open_idx ON setup_requests (created_at, id) WHERE status IN ('SUBMITTED', 'REVIEWING');
CREATE INDEX IF NOT EXISTS admin_sessions_page_idx ON admin_sessions (last_seen_at, id);
CREATE INDEX IF NOT EXISTS tenant_fences_page_idx ON tenant_fences (created_at, tenant_id);

-- +goose Down
-- These hold nothing of their own.
DROP INDEX IF EXISTS users_page_idx;
DROP INDEX IF EXISTS setup_requests_page_idx;
DROP INDEX IF EXISTS setup_requests_open_idx;
DROP INDEX IF EXISTS admin_sessions_page_idx;
DROP INDEX IF EXISTS tenant_fences_page_idx;
