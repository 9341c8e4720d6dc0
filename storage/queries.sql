-- Every query that both engines understand as it stands. sqlc makes internal/db from this file and PostgreSQL's migrations,
-- and compiles it against SQLite's as a check ("go generate ./storage"). What one engine alone can do is in postgres.go and
-- sqlite.go; statements with a varying number of rows are in insert.go.

-- name: TenantExists :one
SELECT id FROM tenants WHERE id = @id;

-- name: InsertTenant :exec
INSERT INTO tenants (id, name, phone_number, status, created_at, updated_at)
VALUES (@id, @name, @phone_number, @status, @created_at, @updated_at);

-- name: GetTenant :one
SELECT id, name, phone_number, status, created_at, updated_at FROM tenants WHERE id = @id;

-- name: UpdateTenant :exec
UPDATE tenants SET name = @name, phone_number = @phone_number, status = @status, updated_at = @updated_at WHERE id = @id;

-- name: SetTenantStatus :exec
UPDATE tenants SET status = @status, updated_at = @updated_at WHERE id = @id;

-- name: TenantWithNumber :many
SELECT id FROM tenants WHERE phone_number = @phone_number LIMIT 2;

-- name: DeleteTenant :execrows
DELETE FROM tenants WHERE id = @id;

-- name: TenantDetail :one
SELECT t.id, t.name, t.phone_number, t.status, t.created_at, t.updated_at,
  c.id AS config_id, c.template_type, c.business_name, c.language, c.hours_json, c.created_at AS config_created_at, c.updated_at AS config_updated_at,
  s.id AS session_id, s.state, s.phase, s.last_qr, s.qr_code, s.qr_expires_at, s.linked_jid, s.linked_at, s.last_seen_at, s.wa_heard_at,
  s.blocked_until, s.blocked_cause,
  s.created_at AS session_created_at, s.updated_at AS session_updated_at,
  w.id AS worker_id, w.pm2_name, w.status AS worker_status, w.wish, w.last_error, w.created_at AS worker_created_at, w.updated_at AS worker_updated_at
FROM tenants t
LEFT JOIN tenant_configs c ON c.tenant_id = t.id
LEFT JOIN whatsapp_sessions s ON s.tenant_id = t.id
LEFT JOIN worker_processes w ON w.tenant_id = t.id
WHERE t.id = @id;

-- name: TenantDetails :many
SELECT t.id, t.name, t.phone_number, t.status, t.created_at, t.updated_at,
  c.id AS config_id, c.template_type, c.business_name, c.language, c.hours_json, c.created_at AS config_created_at, c.updated_at AS config_updated_at,
  s.id AS session_id, s.state, s.phase, s.last_qr, s.qr_code, s.qr_expires_at, s.linked_jid, s.linked_at, s.last_seen_at, s.wa_heard_at,
  s.blocked_until, s.blocked_cause,
  s.created_at AS session_created_at, s.updated_at AS session_updated_at,
  w.id AS worker_id, w.pm2_name, w.status AS worker_status, w.wish, w.last_error, w.created_at AS worker_created_at, w.updated_at AS worker_updated_at
FROM tenants t
LEFT JOIN tenant_configs c ON c.tenant_id = t.id
LEFT JOIN whatsapp_sessions s ON s.tenant_id = t.id
LEFT JOIN worker_processes w ON w.tenant_id = t.id
WHERE (t.created_at, t.id) < (@before_at, CAST(@before_id AS TEXT))
  AND (CAST(@status AS TEXT) = '' OR CAST(t.status AS TEXT) = CAST(@status AS TEXT))
  AND (CAST(@part AS TEXT) = ''
    OR replace(lower(t.name), CAST(@folded AS TEXT), '') <> lower(t.name) OR replace(t.name, CAST(@part AS TEXT), '') <> t.name
    OR replace(lower(c.business_name), CAST(@folded AS TEXT), '') <> lower(c.business_name)
    OR replace(c.business_name, CAST(@part AS TEXT), '') <> c.business_name
    OR replace(t.phone_number, CAST(@part AS TEXT), '') <> t.phone_number)
ORDER BY t.created_at DESC, t.id DESC
LIMIT @max_rows;

-- The tenants of a part of the setup requests; which is told as for SetupRequests, by the first and last of that part.
-- name: TenantDetailsOfSetupRequests :many
SELECT t.id, t.name, t.phone_number, t.status, t.created_at, t.updated_at,
  c.id AS config_id, c.template_type, c.business_name, c.language, c.hours_json, c.created_at AS config_created_at, c.updated_at AS config_updated_at,
  s.id AS session_id, s.state, s.phase, s.last_qr, s.qr_code, s.qr_expires_at, s.linked_jid, s.linked_at, s.last_seen_at, s.wa_heard_at,
  s.blocked_until, s.blocked_cause,
  s.created_at AS session_created_at, s.updated_at AS session_updated_at,
  w.id AS worker_id, w.pm2_name, w.status AS worker_status, w.wish, w.last_error, w.created_at AS worker_created_at, w.updated_at AS worker_updated_at
FROM tenants t
LEFT JOIN tenant_configs c ON c.tenant_id = t.id
LEFT JOIN whatsapp_sessions s ON s.tenant_id = t.id
LEFT JOIN worker_processes w ON w.tenant_id = t.id
WHERE t.id IN (SELECT r.tenant_id FROM setup_requests r
  WHERE (r.created_at, r.id) <= (@first_at, CAST(@first_id AS TEXT)) AND (r.created_at, r.id) >= (@last_at, CAST(@last_id AS TEXT))
    AND (CAST(@decided AS INTEGER) = 0 OR r.status NOT IN ('SUBMITTED', 'REVIEWING'))
    AND (CAST(@waiting AS INTEGER) = 0 OR r.status IN ('SUBMITTED', 'REVIEWING')));

-- name: GetConfig :one
SELECT id, tenant_id, template_type, business_name, language, hours_json, created_at, updated_at FROM tenant_configs WHERE tenant_id = @tenant_id;

-- name: UpsertConfig :exec
INSERT INTO tenant_configs (id, tenant_id, template_type, business_name, language, hours_json, created_at, updated_at)
VALUES (@id, @tenant_id, @template_type, @business_name, @language, @hours_json, @created_at, @updated_at)
ON CONFLICT (tenant_id) DO UPDATE SET template_type = excluded.template_type, business_name = excluded.business_name,
  language = excluded.language, hours_json = excluded.hours_json, updated_at = excluded.updated_at;

-- name: InsertWorker :exec
INSERT INTO worker_processes (id, tenant_id, pm2_name, status, wish, created_at, updated_at)
VALUES (@id, @tenant_id, @pm2_name, @status, @wish, @created_at, @updated_at)
ON CONFLICT (tenant_id) DO NOTHING;

-- name: SetDesiredState :execrows
UPDATE worker_processes SET wish = @wish, updated_at = @updated_at WHERE tenant_id = @tenant_id;

-- name: SetWorkerStatus :execrows
UPDATE worker_processes SET status = @status, last_error = @last_error, updated_at = @updated_at WHERE tenant_id = @tenant_id;

-- name: ShouldRun :many
SELECT w.tenant_id FROM worker_processes w JOIN tenants t ON t.id = w.tenant_id
WHERE w.wish = 'running' AND CAST(t.status AS TEXT) <> 'PAUSED'
ORDER BY t.created_at, t.id;

-- name: InsertSession :exec
INSERT INTO whatsapp_sessions (id, tenant_id, state, phase, created_at, updated_at)
VALUES (@id, @tenant_id, @state, @phase, @created_at, @updated_at)
ON CONFLICT (tenant_id) DO NOTHING;

-- name: GetSession :one
SELECT id, tenant_id, state, last_qr, last_seen_at, created_at, updated_at, phase, qr_code, qr_expires_at, linked_jid, linked_at, wa_heard_at,
  blocked_until, blocked_cause
FROM whatsapp_sessions WHERE tenant_id = @tenant_id;

-- name: SaveSession :execrows
UPDATE whatsapp_sessions SET state = @state, phase = @phase, last_qr = @last_qr, qr_code = @qr_code, qr_expires_at = @qr_expires_at,
  linked_jid = @linked_jid, linked_at = @linked_at, wa_heard_at = @wa_heard_at, blocked_until = @blocked_until,
  blocked_cause = @blocked_cause, updated_at = @updated_at
WHERE tenant_id = @tenant_id;

-- name: InsertEvent :exec
INSERT INTO tenant_events (id, tenant_id, event_type, detail, payload_json, created_at)
VALUES (@id, @tenant_id, @event_type, @detail, @payload_json, @created_at);

-- name: TenantEvents :many
SELECT id, tenant_id, event_type, detail, payload_json, created_at FROM tenant_events
WHERE tenant_id = @tenant_id AND (created_at, id) < (@before_at, CAST(@before_id AS TEXT))
  AND (CAST(@event_type AS TEXT) = '' OR event_type = @event_type)
ORDER BY created_at DESC, id DESC LIMIT @max_rows;

-- name: RequestEvents :many
SELECT id, tenant_id, event_type, detail, payload_json, created_at FROM tenant_events
WHERE tenant_id = @tenant_id AND created_at >= @since AND event_type = 'REQUEST'
  AND replace(CAST(payload_json AS TEXT), CAST(@request_id AS TEXT), '') <> CAST(payload_json AS TEXT)
ORDER BY created_at DESC, id DESC LIMIT @max_rows;

-- name: InsertSettings :exec
INSERT INTO tenant_settings (id, tenant_id, version, state, settings_json, flow_yaml, author, created_at, published_at)
VALUES (@id, @tenant_id, @version, @state, @settings_json, @flow_yaml, @author, @created_at, @published_at);

-- name: UpdateDraft :exec
UPDATE tenant_settings SET settings_json = @settings_json, flow_yaml = @flow_yaml, author = @author, created_at = @created_at
WHERE id = @id AND state = 'DRAFT';

-- name: DiscardDraft :exec
DELETE FROM tenant_settings WHERE tenant_id = @tenant_id AND state = 'DRAFT';

-- name: SettingsInState :one
SELECT id, tenant_id, version, state, settings_json, flow_yaml, author, created_at, published_at FROM tenant_settings
WHERE tenant_id = @tenant_id AND state = @state;

-- name: SettingsOfVersion :one
SELECT id, tenant_id, version, state, settings_json, flow_yaml, author, created_at, published_at FROM tenant_settings
WHERE tenant_id = @tenant_id AND version = @version;

-- name: SettingsVersions :many
SELECT id, tenant_id, version, state, settings_json, flow_yaml, author, created_at, published_at FROM tenant_settings
WHERE tenant_id = @tenant_id AND version < @before_version ORDER BY version DESC LIMIT @max_rows;

-- name: LastSettingsVersion :one
SELECT version FROM tenant_settings WHERE tenant_id = @tenant_id ORDER BY version DESC LIMIT 1;

-- name: RetireSettings :exec
UPDATE tenant_settings SET state = 'OLD' WHERE tenant_id = @tenant_id AND state = 'PUBLISHED';

-- name: PublishSettings :exec
UPDATE tenant_settings SET state = 'PUBLISHED', author = @author, published_at = @published_at WHERE id = @id;

-- name: InsertUser :exec
INSERT INTO users (id, tenant_id, name, email, phone, role, created_at, updated_at)
VALUES (@id, @tenant_id, @name, @email, @phone, @role, @created_at, @updated_at);

-- name: SetUserTenant :exec
UPDATE users SET tenant_id = @tenant_id, updated_at = @updated_at WHERE id = @id;

-- name: ReleaseUser :exec
UPDATE users SET tenant_id = NULL, updated_at = @updated_at WHERE tenant_id = @tenant_id;

-- name: Users :many
SELECT id, tenant_id, name, email, phone, role, created_at, updated_at FROM users
WHERE (created_at, id) < (@before_at, CAST(@before_id AS TEXT))
ORDER BY created_at DESC, id DESC LIMIT @max_rows;

-- name: GetUser :one
SELECT id, tenant_id, name, email, phone, role, created_at, updated_at FROM users WHERE id = @id;

-- name: UserByEmail :one
SELECT id, tenant_id, name, email, phone, role, created_at, updated_at FROM users WHERE email = @email;

-- name: UserByFoldedEmail :one
SELECT id, tenant_id, name, email, phone, role, created_at, updated_at FROM users WHERE lower(email) = @email ORDER BY created_at, id LIMIT 1;

-- name: UserOfTenant :one
SELECT id, tenant_id, name, email, phone, role, created_at, updated_at FROM users WHERE tenant_id = @tenant_id;

-- name: DeleteUser :execrows
DELETE FROM users WHERE id = @id;

-- name: SetupRequestsOfUser :many
SELECT id FROM setup_requests WHERE user_id = @user_id LIMIT 1;

-- name: UsersOfSetupRequests :many
SELECT id, tenant_id, name, email, phone, role, created_at, updated_at FROM users
WHERE id IN (SELECT r.user_id FROM setup_requests r
  WHERE (r.created_at, r.id) <= (@first_at, CAST(@first_id AS TEXT)) AND (r.created_at, r.id) >= (@last_at, CAST(@last_id AS TEXT))
    AND (CAST(@decided AS INTEGER) = 0 OR r.status NOT IN ('SUBMITTED', 'REVIEWING'))
    AND (CAST(@waiting AS INTEGER) = 0 OR r.status IN ('SUBMITTED', 'REVIEWING')));

-- name: InsertSetupRequest :exec
INSERT INTO setup_requests (id, tenant_id, user_id, template_type, whatsapp_number, status, notes, created_at, updated_at)
VALUES (@id, @tenant_id, @user_id, @template_type, @whatsapp_number, @status, @notes, @created_at, @updated_at);

-- name: SetupRequests :many
SELECT id, tenant_id, user_id, template_type, whatsapp_number, status, notes, created_at, updated_at FROM setup_requests
WHERE (created_at, id) < (@before_at, CAST(@before_id AS TEXT))
  AND (CAST(@decided AS INTEGER) = 0 OR status NOT IN ('SUBMITTED', 'REVIEWING'))
ORDER BY created_at DESC, id DESC LIMIT @max_rows;

-- name: OpenSetupRequests :many
SELECT id, tenant_id, user_id, template_type, whatsapp_number, status, notes, created_at, updated_at FROM setup_requests
WHERE status IN ('SUBMITTED', 'REVIEWING') AND (created_at, id) > (@after_at, CAST(@after_id AS TEXT))
ORDER BY created_at, id LIMIT @max_rows;

-- What else is known of those that wait: every one of them, and what was rejected of the same tenants.
-- name: SetupRivals :many
SELECT id, tenant_id, user_id, template_type, whatsapp_number, status, notes, created_at, updated_at FROM setup_requests
WHERE status IN ('SUBMITTED', 'REVIEWING')
UNION ALL
SELECT d.id, d.tenant_id, d.user_id, d.template_type, d.whatsapp_number, d.status, d.notes, d.created_at, d.updated_at FROM setup_requests d
WHERE d.status = 'REJECTED' AND d.tenant_id IN (SELECT o.tenant_id FROM setup_requests o WHERE o.status IN ('SUBMITTED', 'REVIEWING'));

-- name: GetSetupRequest :one
SELECT id, tenant_id, user_id, template_type, whatsapp_number, status, notes, created_at, updated_at FROM setup_requests WHERE id = @id;

-- name: LatestSetupRequest :one
SELECT id, tenant_id, user_id, template_type, whatsapp_number, status, notes, created_at, updated_at FROM setup_requests
WHERE tenant_id = @tenant_id ORDER BY created_at DESC, id DESC LIMIT 1;

-- name: PendingSetupRequests :many
SELECT id FROM setup_requests WHERE tenant_id = @tenant_id AND CAST(status AS TEXT) IN ('SUBMITTED', 'REVIEWING', 'APPROVED') LIMIT 1;

-- name: SetSetupRequest :exec
UPDATE setup_requests SET status = @status, notes = @notes, updated_at = @updated_at WHERE id = @id;

-- name: ActivateSetupRequests :exec
UPDATE setup_requests SET status = 'ACTIVE', updated_at = @updated_at WHERE tenant_id = @tenant_id AND status = 'APPROVED';

-- name: DeleteSetupRequests :exec
DELETE FROM setup_requests WHERE tenant_id = @tenant_id;

-- name: InsertPortalEvent :exec
INSERT INTO portal_event_logs (id, tenant_id, user_id, event_type, payload_json, created_at)
VALUES (@id, @tenant_id, @user_id, @event_type, @payload_json, @created_at);

-- name: PortalEvents :many
SELECT id, tenant_id, user_id, event_type, payload_json, created_at FROM portal_event_logs
WHERE tenant_id = @tenant_id AND (created_at, id) < (@before_at, CAST(@before_id AS TEXT))
ORDER BY created_at DESC, id DESC LIMIT @max_rows;

-- name: DeletePortalEvents :exec
DELETE FROM portal_event_logs WHERE tenant_id = @tenant_id;

-- name: Acked :one
SELECT acked_seq FROM journal_marks WHERE tenant_id = @tenant_id AND journal = @journal;

-- name: TenantMark :one
SELECT COALESCE(m.acked_seq, 0) AS acked_seq FROM tenants t
LEFT JOIN journal_marks m ON m.tenant_id = t.id AND m.journal = @journal
WHERE t.id = @tenant_id;

-- name: SetAcked :exec
INSERT INTO journal_marks (tenant_id, journal, acked_seq, created_at, updated_at)
VALUES (@tenant_id, @journal, @acked_seq, @created_at, @updated_at)
ON CONFLICT (tenant_id, journal) DO UPDATE SET acked_seq = excluded.acked_seq, updated_at = excluded.updated_at;

-- name: MessagesPage :many
SELECT id, tenant_id, direction, from_number, to_number, message_text, wa_message_id, created_at, chat, author, kind, target, sent_at, edited_at, deleted_at
FROM message_logs
WHERE tenant_id = @tenant_id AND (created_at, id) < (@before_at, CAST(@before_id AS TEXT))
ORDER BY created_at DESC, id DESC LIMIT @max_rows;

-- name: ChatMessagesPage :many
SELECT id, tenant_id, direction, from_number, to_number, message_text, wa_message_id, created_at, chat, author, kind, target, sent_at, edited_at, deleted_at
FROM message_logs
WHERE tenant_id = @tenant_id AND chat = @chat AND chat <> '' AND (created_at, id) < (@before_at, CAST(@before_id AS TEXT))
ORDER BY created_at DESC, id DESC LIMIT @max_rows;

-- name: TracesPage :many
SELECT m.id AS message_id, t.entries_json
FROM message_logs m
JOIN message_traces t ON t.tenant_id = m.tenant_id AND t.wa_message_id = m.wa_message_id
WHERE m.tenant_id = @tenant_id AND (m.created_at, m.id) < (@before_at, CAST(@before_id AS TEXT)) AND (m.created_at, m.id) >= (@last_at, CAST(@last_id AS TEXT))
ORDER BY t.id;

-- name: ChatTracesPage :many
SELECT m.id AS message_id, t.entries_json
FROM message_logs m
JOIN message_traces t ON t.tenant_id = m.tenant_id AND t.wa_message_id = m.wa_message_id
WHERE m.tenant_id = @tenant_id AND m.chat = @chat AND m.chat <> ''
  AND (m.created_at, m.id) < (@before_at, CAST(@before_id AS TEXT)) AND (m.created_at, m.id) >= (@last_at, CAST(@last_id AS TEXT))
ORDER BY t.id;

-- name: MarkEdited :exec
UPDATE message_logs SET edited_at = @edited_at WHERE tenant_id = @tenant_id AND chat = @chat AND wa_message_id = @wa_message_id AND chat <> '';

-- name: MarkDeleted :exec
UPDATE message_logs SET deleted_at = @deleted_at WHERE tenant_id = @tenant_id AND chat = @chat AND wa_message_id = @wa_message_id AND chat <> '';

-- name: DropRepeatedMessages :exec
DELETE FROM message_logs WHERE id IN (
  SELECT f.id FROM message_logs f
  JOIN message_logs o ON o.tenant_id = f.tenant_id AND o.wa_message_id = f.wa_message_id AND o.direction = f.direction AND o.kind = f.kind
  WHERE f.tenant_id = @tenant_id AND f.chat = @from_chat AND f.chat <> '' AND o.chat = @into_chat AND o.chat <> '');

-- name: MoveMessages :exec
UPDATE message_logs SET chat = @into_chat WHERE tenant_id = @tenant_id AND chat = @from_chat AND chat <> '';

-- name: CustomerByChat :one
SELECT id, tenant_id, chat, number, name, language, labels_json, opted_out_at, handed_over_at, handoff_cause, handoff_ends_at, first_seen_at, last_seen_at
FROM customers WHERE tenant_id = @tenant_id AND chat = @chat;

-- name: SaveCustomer :exec
UPDATE customers SET chat = @chat, number = @number, name = @name, language = @language, labels_json = @labels_json, opted_out_at = @opted_out_at,
  handed_over_at = @handed_over_at, handoff_cause = @handoff_cause, handoff_ends_at = @handoff_ends_at,
  first_seen_at = @first_seen_at, last_seen_at = @last_seen_at
WHERE id = @id;

-- name: DeleteCustomer :exec
DELETE FROM customers WHERE id = @id;

-- name: Customers :many
SELECT id, tenant_id, chat, number, name, language, labels_json, opted_out_at, handed_over_at, handoff_cause, handoff_ends_at, first_seen_at, last_seen_at
FROM customers
WHERE tenant_id = @tenant_id AND (last_seen_at, id) < (@before_at, CAST(@before_id AS TEXT))
  AND (CAST(@part AS TEXT) = ''
    OR replace(lower(name), CAST(@folded AS TEXT), '') <> lower(name) OR replace(name, CAST(@part AS TEXT), '') <> name
    OR replace(number, CAST(@part AS TEXT), '') <> number OR replace(chat, CAST(@part AS TEXT), '') <> chat)
  AND (CAST(@label AS TEXT) = '' OR replace(CAST(labels_json AS TEXT), CAST(@label AS TEXT), '') <> CAST(labels_json AS TEXT))
  AND (CAST(@opted_out AS INTEGER) = 0 OR opted_out_at IS NOT NULL)
  AND (CAST(@handed_over AS INTEGER) = 0 OR (handed_over_at IS NOT NULL AND (handoff_ends_at IS NULL OR handoff_ends_at > @now)))
ORDER BY last_seen_at DESC, id DESC LIMIT @max_rows;

-- name: LastMessage :one
SELECT id, tenant_id, direction, from_number, to_number, message_text, wa_message_id, created_at, chat, author, kind, target, sent_at, edited_at, deleted_at
FROM message_logs
WHERE tenant_id = @tenant_id AND chat = @chat AND chat <> ''
ORDER BY created_at DESC, id DESC LIMIT 1;

-- name: SetLabels :execrows
UPDATE customers SET labels_json = @labels_json WHERE tenant_id = @tenant_id AND chat = @chat;

-- name: MergedInto :one
SELECT into_chat FROM customer_merges WHERE tenant_id = @tenant_id AND from_chat = @from_chat;

-- name: InsertMerge :exec
INSERT INTO customer_merges (tenant_id, from_chat, into_chat, created_at) VALUES (@tenant_id, @from_chat, @into_chat, @created_at)
ON CONFLICT (tenant_id, from_chat) DO UPDATE SET into_chat = excluded.into_chat;

-- name: RedirectMerges :exec
UPDATE customer_merges SET into_chat = @into_chat WHERE tenant_id = @tenant_id AND into_chat = @from_chat;

-- name: MoveRequests :exec
UPDATE customer_requests SET customer_id = @into_id, chat = @into_chat WHERE tenant_id = @tenant_id AND customer_id = @from_id;

-- name: UpsertRequest :exec
INSERT INTO customer_requests (id, tenant_id, customer_id, chat, request_type, status, fields_json, created_at, updated_at)
VALUES (@id, @tenant_id, @customer_id, @chat, @request_type, @status, @fields_json, @created_at, @updated_at)
ON CONFLICT (id) DO UPDATE SET status = excluded.status, fields_json = excluded.fields_json, updated_at = excluded.updated_at
WHERE customer_requests.tenant_id = excluded.tenant_id AND customer_requests.updated_at < excluded.updated_at;

-- name: GetRequest :one
SELECT id, tenant_id, customer_id, chat, request_type, status, fields_json, notes, created_at, updated_at FROM customer_requests
WHERE tenant_id = @tenant_id AND id = @id;

-- name: SaveRequest :exec
UPDATE customer_requests SET status = @status, notes = @notes, updated_at = @updated_at WHERE id = @id;

-- name: Requests :many
SELECT id, tenant_id, customer_id, chat, request_type, status, fields_json, notes, created_at, updated_at FROM customer_requests
WHERE tenant_id = @tenant_id AND (created_at, id) < (@before_at, CAST(@before_id AS TEXT)) AND created_at >= @from_at AND created_at < @to_at
  AND (CAST(@request_type AS TEXT) = '' OR request_type = @request_type)
  AND (CAST(@status AS TEXT) = '' OR status = @status)
  AND (CAST(@chat AS TEXT) = '' OR chat = @chat)
  AND (CAST(@day AS TEXT) = '' OR replace(CAST(fields_json AS TEXT), CAST(@day AS TEXT), '') <> CAST(fields_json AS TEXT))
  AND (CAST(@part AS TEXT) = ''
    OR replace(lower(CAST(fields_json AS TEXT)), CAST(@folded AS TEXT), '') <> lower(CAST(fields_json AS TEXT))
    OR replace(chat, CAST(@part AS TEXT), '') <> chat OR replace(lower(notes), CAST(@folded AS TEXT), '') <> lower(notes))
ORDER BY created_at DESC, id DESC LIMIT @max_rows;

-- name: InsertAdminSession :exec
INSERT INTO admin_sessions (id, token_hash, address, user_agent, created_at, last_seen_at, expires_at)
VALUES (@id, @token_hash, @address, @user_agent, @created_at, @last_seen_at, @expires_at);

-- name: AdminSessionByHash :one
SELECT id, token_hash, address, user_agent, created_at, last_seen_at, expires_at FROM admin_sessions WHERE token_hash = @token_hash;

-- name: AdminSessions :many
SELECT id, token_hash, address, user_agent, created_at, last_seen_at, expires_at FROM admin_sessions
WHERE (last_seen_at, id) < (@before_at, CAST(@before_id AS TEXT)) AND expires_at > @alive_at AND last_seen_at > @seen_since
ORDER BY last_seen_at DESC, id DESC LIMIT @max_rows;

-- name: TouchAdminSession :execrows
UPDATE admin_sessions SET last_seen_at = @last_seen_at WHERE id = @id;

-- name: DeleteAdminSession :execrows
DELETE FROM admin_sessions WHERE id = @id;

-- name: DeleteExpiredAdminSessions :execrows
DELETE FROM admin_sessions WHERE expires_at <= @now;

-- name: InsertInvite :exec
INSERT INTO link_invites (id, tenant_id, token_hash, author, created_at, expires_at)
VALUES (@id, @tenant_id, @token_hash, @author, @created_at, @expires_at);

-- name: InviteByHash :one
SELECT id, tenant_id, token_hash, author, created_at, expires_at, revoked_at, opened_at FROM link_invites WHERE token_hash = @token_hash;

-- name: Invites :many
SELECT id, tenant_id, token_hash, author, created_at, expires_at, revoked_at, opened_at FROM link_invites
WHERE tenant_id = @tenant_id AND (created_at, id) < (@before_at, CAST(@before_id AS TEXT))
ORDER BY created_at DESC, id DESC LIMIT @max_rows;

-- name: RevokeInvite :execrows
UPDATE link_invites SET revoked_at = COALESCE(revoked_at, @revoked_at) WHERE tenant_id = @tenant_id AND id = @id;

-- name: OpenInvite :exec
UPDATE link_invites SET opened_at = @opened_at WHERE id = @id AND opened_at IS NULL;

-- name: DeleteOldInvites :exec
DELETE FROM link_invites WHERE tenant_id = @tenant_id AND expires_at <= @before_at;

-- name: SavePause :exec
INSERT INTO tenant_pauses (tenant_id, reason, author, created_at, until_at)
VALUES (@tenant_id, @reason, @author, @created_at, @until_at)
ON CONFLICT (tenant_id) DO UPDATE SET reason = excluded.reason, author = excluded.author, until_at = excluded.until_at;

-- name: GetPause :one
SELECT tenant_id, reason, author, created_at, until_at FROM tenant_pauses WHERE tenant_id = @tenant_id;

-- name: DeletePause :exec
DELETE FROM tenant_pauses WHERE tenant_id = @tenant_id;

-- name: DuePauses :many
SELECT tenant_id FROM tenant_pauses WHERE until_at <= @now;

-- name: RetentionRules :many
SELECT t.id, s.settings_json FROM tenants t
LEFT JOIN tenant_settings s ON s.tenant_id = t.id AND s.state = 'PUBLISHED'
WHERE t.id > @after_id ORDER BY t.id LIMIT @max_rows;

-- name: DeleteOldMessages :execrows
DELETE FROM message_logs WHERE id IN (
  SELECT o.id FROM message_logs o WHERE o.tenant_id = @tenant_id AND o.created_at < @before_at ORDER BY o.created_at, o.id LIMIT @max_rows);

-- name: DeleteOldTraces :execrows
DELETE FROM message_traces WHERE id IN (
  SELECT o.id FROM message_traces o WHERE o.tenant_id = @tenant_id AND o.created_at < @before_at ORDER BY o.created_at, o.id LIMIT @max_rows);

-- name: DeleteOldEvents :execrows
DELETE FROM tenant_events WHERE id IN (
  SELECT o.id FROM tenant_events o WHERE o.tenant_id = @tenant_id AND o.created_at < @before_at ORDER BY o.created_at, o.id LIMIT @max_rows);

-- name: DeleteOldRequests :execrows
DELETE FROM customer_requests WHERE id IN (
  SELECT o.id FROM customer_requests o
  WHERE o.tenant_id = @tenant_id AND o.updated_at < @before_at AND o.status IN ('DONE', 'CANCELLED', 'NO_SHOW') LIMIT @max_rows);

-- name: LatestActivity :many
SELECT last_seen_at FROM whatsapp_sessions WHERE last_seen_at IS NOT NULL ORDER BY last_seen_at DESC LIMIT 1;

-- name: LatestSignIn :many
SELECT last_seen_at FROM admin_sessions ORDER BY last_seen_at DESC LIMIT 1;

-- name: TenantSummaries :many
SELECT t.id, t.name, t.phone_number, t.status, t.created_at, c.template_type, c.business_name, c.language,
  s.phase, s.linked_jid, s.last_seen_at, s.wa_heard_at, w.status AS worker_status, w.wish, w.last_error
FROM tenants t
LEFT JOIN tenant_configs c ON c.tenant_id = t.id
LEFT JOIN whatsapp_sessions s ON s.tenant_id = t.id
LEFT JOIN worker_processes w ON w.tenant_id = t.id
ORDER BY t.created_at DESC, t.id DESC;

-- name: MessageHours :many
SELECT tenant_id, hour, received, sent, answered, wait_ms FROM message_hours WHERE hour >= @since;

-- name: OpenRequests :many
SELECT tenant_id, COUNT(*) AS open FROM customer_requests WHERE status IN ('NEW', 'CONFIRMED') GROUP BY tenant_id;

-- name: DropMessageHours :execrows
DELETE FROM message_hours WHERE hour < @before;

-- name: InsertRestoreHold :exec
INSERT INTO tenant_fences (tenant_id, backup_id, backup_host, taken_at, wish, linked_jid, staged, created_at)
VALUES (@tenant_id, @backup_id, @backup_host, @taken_at, @wish, @linked_jid, @staged, @created_at);

-- name: GetRestoreHold :one
SELECT tenant_id, backup_id, backup_host, taken_at, wish, linked_jid, staged, created_at FROM tenant_fences WHERE tenant_id = @tenant_id;

-- name: RestoreHolds :many
SELECT tenant_id, backup_id, backup_host, taken_at, wish, linked_jid, staged, created_at FROM tenant_fences
WHERE (created_at, tenant_id) > (@after_at, CAST(@after_id AS TEXT))
ORDER BY created_at, tenant_id LIMIT @max_rows;

-- name: SettleRestoreHold :exec
UPDATE tenant_fences SET staged = '' WHERE tenant_id = @tenant_id;

-- name: DeleteRestoreHold :exec
DELETE FROM tenant_fences WHERE tenant_id = @tenant_id;

-- name: LinkedElsewhere :many
SELECT t.name FROM tenants t JOIN whatsapp_sessions s ON s.tenant_id = t.id JOIN worker_processes w ON w.tenant_id = t.id
WHERE s.linked_jid = @linked_jid AND w.wish = 'running' AND t.id <> @tenant_id;

-- name: WaitingSetupRequests :one
SELECT COUNT(*) FROM setup_requests WHERE status IN ('SUBMITTED', 'REVIEWING');
