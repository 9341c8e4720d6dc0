-- Until when, and why, WhatsApp keeps a number from sending: a ban or a restriction, as its worker reported it.

-- +goose Up
ALTER TABLE whatsapp_sessions ADD COLUMN blocked_until TIMESTAMP;
ALTER TABLE whatsapp_sessions ADD COLUMN blocked_cause TEXT;
