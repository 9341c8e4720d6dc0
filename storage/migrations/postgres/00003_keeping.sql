-- Indexes by age, so that old rows are found and removed in small steps; and what becomes of the predecessor's linked devices.

-- +goose Up
CREATE INDEX IF NOT EXISTS message_traces_age_idx ON message_traces (tenant_id, created_at, id);
CREATE INDEX IF NOT EXISTS customer_requests_closed_idx ON customer_requests (tenant_id, updated_at) WHERE status IN ('DONE', 'CANCELLED', 'NO_SHOW');

-- The predecessor's devices are linked with keys of another kind, which can't be taken over. Every business that was linked is
-- marked as one that must be linked again; what its rows said before is kept in the event. A business that has an event already
-- is not the predecessor's, or was worked on here, and is left alone.
INSERT INTO tenant_events (id, tenant_id, event_type, detail, payload_json)
SELECT gen_random_uuid()::text, o.id, 'ADOPTED',
  CASE WHEN o.linked
    THEN 'Needs linking again: it was linked with the former program, whose keys cannot be taken over. Start the worker and show the owner the QR code.'
    ELSE 'Taken over from the former program.' END,
  jsonb_build_object('relink', o.linked, 'status', o.status, 'session_state', o.state, 'worker_status', o.worker_status, 'last_error', o.last_error)
FROM (
  SELECT t.id, t.status, s.state, w.status AS worker_status, w.last_error,
    t.status NOT IN ('NEW', 'QR_PENDING') OR COALESCE(s.state = 'CONNECTED', false)
      OR EXISTS (SELECT 1 FROM setup_requests r WHERE r.tenant_id = t.id AND r.status = 'ACTIVE') AS linked
  FROM tenants t
  LEFT JOIN whatsapp_sessions s ON s.tenant_id = t.id
  LEFT JOIN worker_processes w ON w.tenant_id = t.id
  WHERE NOT EXISTS (SELECT 1 FROM tenant_events e WHERE e.tenant_id = t.id)
) o;

INSERT INTO whatsapp_sessions (id, tenant_id, updated_at)
SELECT gen_random_uuid()::text, e.tenant_id, CURRENT_TIMESTAMP FROM tenant_events e WHERE e.event_type = 'ADOPTED'
ON CONFLICT (tenant_id) DO NOTHING;
INSERT INTO worker_processes (id, tenant_id, pm2_name, updated_at)
SELECT gen_random_uuid()::text, e.tenant_id, 'worker-' || e.tenant_id, CURRENT_TIMESTAMP FROM tenant_events e WHERE e.event_type = 'ADOPTED'
ON CONFLICT (tenant_id) DO NOTHING;

UPDATE whatsapp_sessions s SET phase = 'RELINK', last_qr = NULL, updated_at = CURRENT_TIMESTAMP
FROM tenant_events e WHERE e.tenant_id = s.tenant_id AND e.event_type = 'ADOPTED' AND (e.payload_json ->> 'relink')::boolean;
UPDATE whatsapp_sessions s SET state = 'DISCONNECTED', last_qr = NULL, updated_at = CURRENT_TIMESTAMP
FROM tenant_events e WHERE e.tenant_id = s.tenant_id AND e.event_type = 'ADOPTED' AND s.state IN ('CONNECTED', 'QR_READY');

UPDATE worker_processes w SET status = 'STOPPED', updated_at = CURRENT_TIMESTAMP
FROM tenant_events e WHERE e.tenant_id = w.tenant_id AND e.event_type = 'ADOPTED' AND w.status = 'RUNNING';
UPDATE worker_processes w SET last_error = e.detail, updated_at = CURRENT_TIMESTAMP
FROM tenant_events e WHERE e.tenant_id = w.tenant_id AND e.event_type = 'ADOPTED' AND (e.payload_json ->> 'relink')::boolean;

UPDATE tenants t SET status = 'ERROR', updated_at = CURRENT_TIMESTAMP
FROM tenant_events e WHERE e.tenant_id = t.id AND e.event_type = 'ADOPTED' AND (e.payload_json ->> 'relink')::boolean
  AND t.status IN ('NEW', 'QR_PENDING', 'ACTIVE');

-- +goose Down
-- There is no way back: what is marked is marked.
SELECT 1;
