-- Until when, and why, WhatsApp keeps a number from sending: a ban or a restriction, as its worker reported it.

-- +goose Up
ALTER TABLE whatsapp_sessions ADD COLUMN IF NOT EXISTS blocked_until TIMESTAMP(3);
ALTER TABLE whatsapp_sessions ADD COLUMN IF NOT EXISTS blocked_cause TEXT;
