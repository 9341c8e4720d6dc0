package e2e_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"flowhq"
	"flowhq/internal/harness"
)

// An appliance and the workers of the version before it go on talking, and an appliance of the version before with new
// workers: in an upgrade, and on the way back from it.
func TestHandOver_PreviousVersion(t *testing.T) {
	t.Parallel()
	previous, err := harness.BuildLastOneProgram(limit(t, 10*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	var own harness.Binaries
	w := newWorldAfter(t, "", nil, func(a *harness.Appliance, _ harness.Binaries) {
		if own, err = a.OwnPrograms(harness.Binaries{Flowhq: previous,
			Worker: previousEngine(t, previous)}); err != nil {
			t.Fatal(err)
		}
	})
	salon := w.business(t, "Neema Salon", salonNumber, flowhq.TemplateBooking, flowhq.Swahili)
	w.customer(t, asha, "Asha", "pn")
	w.ask(t, asha, salonNumber, "Habari", "Neema Salon")

	t.Run("the appliance over a worker of the version before", func(t *testing.T) {
		alike(t, own.Flowhq, own.Worker) // the worker is not moved: it counts as the engine in force
		w.takesOver(t, salon.ID, w.bin.Flowhq, own.Flowhq)
		w.talks(t, salon.ID, "Facial")
	})
	t.Run("the engine alone", func(t *testing.T) {
		was := w.workerPID(t, salon.ID)
		if err := harness.CopyProgram(w.bin.Worker, own.Worker, ""); err != nil {
			t.Fatal(err)
		}
		w.awaitMoved(t, salon.ID, was)
		w.talks(t, salon.ID, "Kusuka")
	})
	t.Run("the appliance of the version before over a new worker", func(t *testing.T) {
		back := filepath.Join(t.TempDir(), "flowhq")
		if err := harness.CopyProgram(previous, back, ""); err != nil {
			t.Fatal(err)
		}
		was := w.workerPID(t, salon.ID)
		alike(t, back, own.Worker)
		w.awaitMoved(t, salon.ID, was) // it is another file by its size
		w.takesOver(t, salon.ID, back, own.Flowhq)
		w.talks(t, salon.ID, "Manicure")
	})
}

// previousEngine makes a program that runs the worker of a version of which it was a mode of the one program.
func previousEngine(t *testing.T, program string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "flowhq-worker")
	text := fmt.Sprintf("#!/bin/sh\n[ \"$1\" != --protocol ] || { echo 1 1; exit; }\nexec '%s' worker\n", program)
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// alike makes two files of the same size and time: programs that no package brought are told from each other by these.
func alike(t *testing.T, a, b string) {
	t.Helper()
	var size int64
	for _, path := range []string{a, b} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		size = max(size, info.Size())
	}
	then := time.Now().Add(-time.Hour).Truncate(time.Second)
	for _, path := range []string{a, b} {
		if err := enlarge(path, size, then); err != nil {
			t.Fatal(err)
		}
	}
}

// enlarge replaces a file, which may be running, by a copy with zeros behind it.
func enlarge(path string, size int64, at time.Time) error {
	fresh := path + ".larger"
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(fresh, text, 0o755), os.Truncate(fresh, size), os.Chtimes(fresh, at, at),
		os.Rename(fresh, path))
}

// takesOver puts a program in the place of the running one and has it take over; the worker is not touched.
func (w *world) takesOver(t *testing.T, id, from, to string) {
	t.Helper()
	worker, login := w.workerPID(t, id), w.lastLogin(t)
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := harness.CopyProgram(from, to, ""); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(to, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if err := w.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	err = harness.Until(limit(t, 2*time.Minute), 50*time.Millisecond, func() error {
		running, err := os.Stat(fmt.Sprintf("/proc/%d/exe", w.PID()))
		if err != nil {
			return err
		}
		if wanted, err := os.Stat(to); err != nil || !os.SameFile(running, wanted) {
			return fmt.Errorf("another program still runs, %w\n%s", err, w.Output())
		}
		return nil
	})
	if err == nil {
		err = w.WaitReady(limit(t, time.Minute))
	}
	if err == nil {
		err = w.WaitConnected(limit(t, time.Minute), id)
	}
	if err != nil {
		t.Fatal(err)
	}
	if now := w.workerPID(t, id); now != worker || !w.lastLogin(t).Equal(login) {
		t.Errorf("the worker was touched: process %d, was %d", now, worker)
	}
}

// talks wants settings to reach the worker, and a message and its answer to reach the appliance, without a new process.
func (w *world) talks(t *testing.T, id, service string) {
	t.Helper()
	ctx := limit(t, 2*time.Minute)
	worker := w.workerPID(t, id)
	settings := flowhq.Settings{Services: []flowhq.Item{{Name: service, Price: 30000, Available: true}}}
	if err := w.PublishSettings(ctx, id, settings); err != nil {
		t.Fatal(err)
	}
	err := harness.Until(ctx, 50*time.Millisecond, func() error { // the settings are on their way
		if answer := w.ask(t, asha, salonNumber, "Bei gani?"); !strings.Contains(answer, service) {
			return fmt.Errorf("the answer lacks %s: %q", service, answer)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = harness.Until(ctx, 50*time.Millisecond, func() error {
		messages, err := w.Messages(ctx, id)
		kept := func(m harness.Message) bool { return strings.Contains(m.Text, service) }
		if err == nil && !slices.ContainsFunc(messages, kept) {
			err = fmt.Errorf("no message with %s is kept", service)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if now := w.workerPID(t, id); now != worker {
		t.Errorf("the worker is process %d, was %d", now, worker)
	}
}
