package storage_test

import (
	"context"
	"testing"
	"time"

	"flowhq"
	"flowhq/storage/pgtest"
)

func TestPostgresGoesAndComesBack(t *testing.T) {
	t.Parallel()
	server := pgtest.Private(t)
	h := open(t, server.DSN(t))
	id := h.tenant(t, "Asha", "").ID
	h.apply(t, id, "j", text(1, "+1", "A"))
	noError(t, server.Stop())
	for name, call := range map[string]func() error{
		"Ping":    func() error { return h.Ping(h.ctx) },
		"Tenants": func() error { _, err := h.Tenants(h.ctx, flowhq.TenantFilter{}); return err },
		"SetWish": func() error { return h.SetDesired(h.ctx, id, flowhq.DesiredRunning) },
		"ApplyEvents": func() error {
			_, err := h.ApplyEvents(h.ctx, id, "j", []flowhq.WorkerEvent{text(2, "+1", "B")})
			return err
		},
		"Heartbeats":    func() error { return h.Heartbeats(h.ctx, []flowhq.Heartbeat{{TenantID: id, SeenAt: noon}}) },
		"SetupRequests": func() error { _, err := h.SetupRequests(h.ctx, flowhq.SetupQuery{}); return err },
	} {
		t.Run(name, func(t *testing.T) { refused(t, call(), flowhq.CodeUnavailable) })
	}
	noError(t, server.Start())
	// Connections that died are told so once, at most; the pool makes new ones.
	deadline := time.Now().Add(10 * time.Second)
	for h.Ping(h.ctx) != nil {
		if time.Now().After(deadline) {
			t.Fatal("the store does not come back")
		}
	}
	equal(t, "acknowledged before", must(h.Acked(h.ctx, id, "j"))(t), 1)
	h.apply(t, id, "j", text(1, "+1", "A"), text(2, "+1", "B"))
	equal(t, "messages", len(must(h.Messages(h.ctx, id, flowhq.MessageQuery{}))(t)), 2)
}

func TestPostgresReadOnly(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	h := open(t, dsn)
	id := h.tenant(t, "Asha", "").ID
	ro := open(t, dsn+"&default_transaction_read_only=on")
	equal(t, "reads", must(ro.Tenant(ro.ctx, id))(t).Name, "Asha")
	refused(t, ro.SetDesired(ro.ctx, id, flowhq.DesiredRunning), flowhq.CodeUnavailable)
}

func TestSlowDatabase(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		other := raw(t, h.dsn)
		conn, err := other.Conn(h.ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { noError(t, conn.Close()) }()
		lock := "BEGIN IMMEDIATE"
		if h.Engine() == "postgresql" {
			lock = "BEGIN; LOCK TABLE worker_processes"
		}
		if _, err := conn.ExecContext(h.ctx, lock); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(h.ctx, 100*time.Millisecond)
		defer cancel()
		refused(t, h.SetDesired(ctx, id, flowhq.DesiredRunning), flowhq.CodeUnavailable)
		if _, err := conn.ExecContext(h.ctx, "ROLLBACK"); err != nil {
			t.Fatal(err)
		}
		noError(t, h.SetDesired(h.ctx, id, flowhq.DesiredRunning))
	})
}

func TestClosedStore(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		noError(t, h.Close())
		refused(t, h.Ping(h.ctx), flowhq.CodeUnavailable)
		refused(t, h.SetDesired(h.ctx, id, flowhq.DesiredRunning), flowhq.CodeUnavailable)
	})
}

// Reading goes on while another process holds SQLite's one place to write.
func TestSQLiteReadsBesideAWriter(t *testing.T) {
	t.Parallel()
	h := open(t, dsns()["sqlite"](t))
	h.tenant(t, "Asha", "")
	conn, err := raw(t, h.dsn).Conn(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { noError(t, conn.Close()) }()
	if _, err := conn.ExecContext(h.ctx, "BEGIN IMMEDIATE; UPDATE tenants SET name = 'X'"); err != nil {
		t.Fatal(err)
	}
	equal(t, "name before the other's commit", must(h.Tenants(h.ctx, flowhq.TenantFilter{}))(t)[0].Name, "Asha")
	if _, err := conn.ExecContext(h.ctx, "COMMIT"); err != nil {
		t.Fatal(err)
	}
	equal(t, "name after it", must(h.Tenants(h.ctx, flowhq.TenantFilter{}))(t)[0].Name, "X")
}
