-- Indexes by age, so that old rows are found and removed in small steps. (PostgreSQL's migration of this number also deals with
-- the predecessor's rows, which no SQLite file has.)

-- +goose Up
CREATE INDEX IF NOT EXISTS message_traces_age_idx ON message_traces (tenant_id, created_at, id);
CREATE INDEX IF NOT EXISTS customer_requests_closed_idx ON customer_requests (tenant_id, updated_at) WHERE status IN ('DONE', 'CANCELLED', 'NO_SHOW');

-- +goose Down
-- There is no way back: tables with rows in them are not thrown away.
SELECT 1;
