package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"flowhq"
	"flowhq/wire"
	"flowhq/worker/journal"
	"flowhq/worker/message"
	"flowhq/worker/whatsapp"
)

// How long an orderly end may take: first the messages that are being answered, then the connection. The contract
// allows 10 s for both.
const (
	finishLimit = 8 * time.Second
	leaveLimit  = 1500 * time.Millisecond
)

// Run is the worker: it returns nil after an orderly end, because ctx ended, the appliance drained it, or no appliance
// was seen for too long. ErrLocked means that another process has the tenant's folder.
func Run(ctx context.Context, c Config) error {
	forget(wire.EnvToken, wire.EnvSimulatorKey)
	logs := newLogBuffer(os.Stdout)
	log := logs.logger(c.LogLevel, c.TenantID)
	defer func() {
		stalled, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
		defer cancel()
		logs.close(stalled.Done())
	}()
	err := run(ctx, c, log, logs.dropped.Load)
	if err != nil {
		log.Error("the worker ends", "error", err)
	}
	return err
}

func run(ctx context.Context, c Config, log *slog.Logger, droppedLogs func() int64) (err error) {
	if err := ensureDir(c.Dir); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	confined := ""
	if c.Sandbox {
		if confined, err = Isolate(c, log); err != nil {
			return fmt.Errorf("worker: %w", err)
		}
	}
	release, err := lock(c.Dir)
	if err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	defer release()
	j, damaged, err := journal.Open(ctx, c.Dir, time.Now)
	if err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	w := &worker{config: c, log: log}
	if err := w.build(j, droppedLogs); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	defer func() { err = errors.Join(err, w.engine.dev.Close()) }()
	if confined != "" {
		log.Info(confined)
	}
	w.engine.noteOnce("confined", confined)
	if remark := asideNote(damaged); remark != "" {
		log.Warn(remark)
		w.engine.note(flowhq.TenantEventWorker, remark)
	}
	return w.serve(ctx)
}

func asideNote(path string) string {
	if path == "" {
		return ""
	}
	return "The journal was damaged and was put aside as " + path +
		"; a new one was begun. Messages that were not answered yet may be missing."
}

// worker is the parts of the process.
type worker struct {
	config Config
	log    *slog.Logger
	engine *engine
	link   *uplink

	kill   context.CancelFunc // ends the engine's work at once
	end    context.CancelFunc // begins the orderly end
	ending context.Context    // done when the orderly end is to begin
}

func (w *worker) build(j *journal.Journal, droppedLogs func() int64) error {
	talk := w.config.loader
	if talk == nil {
		talk = botLoader{}
	}
	var forced context.Context
	forced, w.kill = context.WithCancel(context.Background())
	w.ending, w.end = context.WithCancel(context.Background())
	e, err := newEngine(forced, j, talk, w.log)
	if err != nil {
		return err
	}
	w.engine = e
	if w.config.missedDelay > 0 {
		e.missedDelay = w.config.missedDelay
	}
	do := &commands{engine: e, dir: w.config.Dir, finish: w.end}
	w.link = newUplink(w.config, e, do, w.log)
	w.link.logs = droppedLogs
	do.link, do.acked = w.link.configure, w.link.awaitAcked
	e.onEvents, e.onReport, e.acked = w.link.wake, w.link.report, w.link.ackedSeq
	return w.openDevice()
}

func (w *worker) openDevice() error {
	e := w.engine
	silence := time.Duration(0)
	if c := e.config.Load(); c != nil {
		silence = c.Limits.SilenceBeforeRebuild
	}
	open := w.config.open
	if open == nil {
		open = openWhatsApp
	}
	ready := make(chan struct{}) // the device calls back only once the engine has it
	dev, err := open(whatsapp.Config{
		Dir: w.config.Dir, Simulator: w.config.Simulator, Version: w.config.WhatsAppVersion, Logger: w.log,
		Receive: func(ctx context.Context, m message.Incoming) error { <-ready; return e.receive(ctx, m) },
		Report:  func(r flowhq.SessionReport) { <-ready; e.reported(r) },
		Sent: func(id string) (message.Person, string, bool) {
			<-ready
			return e.sentText(id)
		},
		Merged:  func(p message.Person) { <-ready; e.addressesJoined(p) },
		Silence: silence, Timing: w.config.timing, Pauses: e.pauses.last(e),
	})
	if err != nil {
		return err
	}
	e.dev = dev
	close(ready)
	return nil
}

// serve runs everything until ctx ends or the end is asked for. Then it refuses new messages, finishes those in hand
// and disconnects.
func (w *worker) serve(ctx context.Context) error {
	background, stop := context.WithCancel(context.Background())
	defer stop()
	var parts sync.WaitGroup
	defer parts.Wait()
	defer stop()
	parts.Go(func() { w.link.run(background, w.end) })
	parts.Go(func() { w.engine.background(background) })

	online, leave := context.WithCancel(context.Background())
	defer leave()
	gone := make(chan error, 1)
	go func() { gone <- w.engine.dev.Run(online) }()
	if err := w.engine.resume(); err != nil {
		w.log.Error("what was left over could not be read", "error", err)
	}
	w.log.Info("the worker runs", "pid", os.Getpid(), "version", w.config.Version)
	var err error
	select {
	case <-ctx.Done():
	case <-w.ending.Done():
	case err = <-gone:
		gone <- nil
		if err == nil {
			err = errors.New("the device ended by itself")
		}
	}
	w.log.Info("the worker finishes what is in hand")
	w.engine.stop(finishLimit, w.kill)
	leave()
	late := time.NewTimer(leaveLimit)
	defer late.Stop()
	select {
	case leftErr := <-gone:
		err = errors.Join(err, leftErr)
	case <-late.C:
		w.log.Warn("the connection did not end in time")
	}
	w.kill()
	w.end()
	w.flush(background)
	return err
}

// flush gives the appliance the last events when it is there. Otherwise the next process sends them.
func (w *worker) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 400*time.Millisecond)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for w.link.conn.Connected() && w.link.ackedSeq() < w.engine.j.LastSeq() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
