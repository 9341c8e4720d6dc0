-- PostgreSQL's enums for sqlc, which does not look into the DO block of the first migration. A test compares them with a
-- migrated database.
CREATE TYPE "TenantStatus" AS ENUM ('NEW', 'QR_PENDING', 'ACTIVE', 'PAUSED', 'ERROR');
CREATE TYPE "TemplateType" AS ENUM ('BOOKING', 'ECOMMERCE', 'SUPPORT');
CREATE TYPE "Language" AS ENUM ('SW', 'EN');
CREATE TYPE "SessionState" AS ENUM ('DISCONNECTED', 'QR_READY', 'CONNECTED');
CREATE TYPE "MessageDirection" AS ENUM ('IN', 'OUT');
CREATE TYPE "WorkerStatus" AS ENUM ('RUNNING', 'STOPPED', 'ERROR');
CREATE TYPE "UserRole" AS ENUM ('OWNER', 'STAFF', 'ADMIN');
CREATE TYPE "SetupRequestStatus" AS ENUM ('SUBMITTED', 'REVIEWING', 'APPROVED', 'ACTIVE', 'REJECTED');
