package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"flowhq"
	"flowhq/internal/harness"
)

// reload runs `flowhq reload` as an admin does.
func (w *world) reload(t *testing.T, args ...string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), w.bin.Flowhq,
		append([]string{"reload", "--env-file", w.EnvFile()}, args...)...).CombinedOutput()
	return string(out), err
}

// lastLogin tells when the salon's one device logged in last.
func (w *world) lastLogin(t *testing.T) time.Time {
	t.Helper()
	p, err := w.sim.Phone(t.Context(), salonNumber)
	if err != nil || len(p.Devices) != 1 {
		t.Fatalf("%s has %d devices, %v", salonNumber, len(p.Devices), err)
	}
	return p.Devices[0].LastLogin
}

// Another program takes the place of the running one: same process, no session dropped, then each worker moved by one
// reconnect.
func TestHandOver(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, database string) {
		var own harness.Binaries
		w := newWorldAfter(t, database, nil, func(a *harness.Appliance, bin harness.Binaries) {
			var err error
			if own, err = a.OwnPrograms(bin); err != nil {
				t.Fatal(err)
			}
		})
		salon := w.business(t, "Neema Salon", salonNumber, flowhq.TemplateBooking, flowhq.Swahili)
		w.customer(t, asha, "Asha", "pn")
		w.ask(t, asha, salonNumber, "Habari", "Neema Salon")
		h := handOver{world: w, own: own, salon: salon.ID, worker: w.workerPID(t, salon.ID)}
		t.Run("settings that need a new start are applied in place", h.newSettings)
		t.Run("a program that refuses itself does not take over", h.badProgram)
		t.Run("another program takes over and no worker is touched", h.newProgram)
		t.Run("another engine alone moves the worker", h.newEngine)
	})
}

// handOver is an appliance whose programs are replaced while one worker runs.
type handOver struct {
	*world
	own    harness.Binaries
	salon  string // the tenant's id
	worker int    // its process
}

// workerUntouched wants the worker to be the same process with the same login.
func (w handOver) workerUntouched(t *testing.T, login time.Time) {
	t.Helper()
	if now := w.workerPID(t, w.salon); now != w.worker || !w.lastLogin(t).Equal(login) {
		t.Errorf("the worker was touched: process %d, was %d", now, w.worker)
	}
}

func (w handOver) newSettings(t *testing.T) {
	login := w.lastLogin(t)
	appendTo(t, w.EnvFile(), "STALE_THRESHOLD_MINUTES=3\n")
	if out, err := w.reload(t); err != nil || !strings.Contains(out, "STALE_THRESHOLD_MINUTES") {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := w.reload(t, "--all"); err != nil || !strings.Contains(out, "took over") {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := w.reload(t); err != nil || strings.Contains(out, "STALE_THRESHOLD_MINUTES") {
		t.Errorf("%v\n%s", err, out)
	}
	w.ask(t, asha, salonNumber, "Mambo", "Neema Salon")
	w.workerUntouched(t, login)
}

func (w handOver) badProgram(t *testing.T) {
	if err := os.WriteFile(w.own.Flowhq+".new", []byte(
		"#!/bin/sh\necho 'problem  database: the disk is on fire'\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(w.own.Flowhq+".new", w.own.Flowhq); err != nil {
		t.Fatal(err)
	}
	if out, err := w.reload(t); err == nil || !strings.Contains(out, "the disk is on fire") {
		t.Fatalf("%v\n%s", err, out)
	}
	w.ask(t, asha, salonNumber, "Bei gani?", "")
}

func (w handOver) newProgram(t *testing.T) {
	if err := harness.CopyProgram(w.bin.Flowhq, w.own.Flowhq, "another"); err != nil {
		t.Fatal(err)
	}
	login := w.lastLogin(t)
	if out, err := w.reload(t); err != nil || !strings.Contains(out, "took over") {
		t.Fatalf("%v\n%s", err, out)
	}
	if exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", w.PID())); err != nil || exe != w.own.Flowhq {
		t.Errorf("process %d runs %s, %v", w.PID(), exe, err)
	}
	w.ask(t, asha, salonNumber, "Habari za asubuhi", "Neema Salon")
	w.workerUntouched(t, login)
}

func (w handOver) newEngine(t *testing.T) {
	appliance, login := w.PID(), w.lastLogin(t)
	if err := harness.CopyProgram(w.bin.Worker, w.own.Worker, "another"); err != nil {
		t.Fatal(err)
	}
	w.awaitMoved(t, w.salon, w.worker)
	// the page may still say what was before
	err := harness.Until(limit(t, 30*time.Second), 50*time.Millisecond, func() error {
		if !w.lastLogin(t).After(login) {
			return errors.New("the device did not log in again")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if now := w.PID(); now != appliance {
		t.Errorf("the appliance was process %d, is %d", appliance, now)
	}
	w.ask(t, asha, salonNumber, "Habari tena", "")
	if got, err := w.Tenant(t.Context(), w.salon); err != nil || got.Status != flowhq.TenantActive {
		t.Errorf("the tenant is %s, %v", got.Status, err)
	}
}

func (w *world) workerPID(t *testing.T, id string) int {
	t.Helper()
	p, err := w.WorkerProcess(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p.PID
}

// awaitMoved waits until a worker is another process, and connected.
func (w *world) awaitMoved(t *testing.T, id string, was int) {
	t.Helper()
	err := harness.Until(limit(t, 40*time.Second), 50*time.Millisecond, func() error {
		if p, err := w.WorkerProcess(context.Background(), id); err != nil || p.PID == 0 || p.PID == was {
			return fmt.Errorf("process %d, %w", p.PID, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WaitConnected(limit(t, 30*time.Second), id); err != nil {
		t.Fatal(err)
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
