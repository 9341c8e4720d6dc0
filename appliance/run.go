package appliance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"flowhq"
	"flowhq/appliance/backup"
	"flowhq/appliance/config"
	"flowhq/appliance/host"
	"flowhq/appliance/localapi"
	"flowhq/appliance/release"
	"flowhq/appliance/retention"
	"flowhq/appliance/services"
	"flowhq/appliance/website"
	"flowhq/appliance/workers"
	"flowhq/procman"
	"flowhq/storage"
	"flowhq/wire"
	"flowhq/worker/bot/tryout"
)

// managerFolder is the process manager's, in RUNTIME_DIR.
const managerFolder = "processes"

// stopTimeout bounds the end of all workers; what does not end in time is killed.
const stopTimeout = 25 * time.Second

// appliance is everything that runs, in the order in which it was made.
type appliance struct {
	source    config.Source
	exe       string // the own program's file, wherever the one in force is by now
	config    *config.Config
	log       *host.Log
	manager   *procman.Manager
	processes *workers.Processes
	listener  net.Listener
	store     *storage.Store
	unlock    func() // marks the store as no longer used
	services  *services.Services
	keeper    *backup.Scheduler

	dropSpools sync.Once
	workers    *wire.Server
	control    *localapi.Server
	website    *website.Server

	inherited *procman.Inherited // from the program before, nil when started afresh

	background sync.WaitGroup
	failed     chan error         // the first part that ended by itself
	reloads    chan reloadRequest // from the control socket
	reloading  atomic.Bool
	pulse      chan struct{} // of run, see vitals
}

// Run runs the appliance with the configuration of src until SIGTERM or SIGINT, or until ctx ends; then it stops everything,
// workers included. SIGHUP makes it read its configuration afresh, and hand over to the program in force when that is another one by
// now. A wrong configuration is config.Faults.
//
// When the appliance itself fails it leaves its workers running, for the next one to find.
func Run(ctx context.Context, src config.Source) (err error) {
	inherited, err := procman.TakeOver() // before anything else: what was handed over must reach no child
	if err != nil {
		return err
	}
	c, err := Settings(src)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)

	a := newAppliance(src, c)
	a.inherited = inherited
	if err := a.make(ctx); err != nil {
		a.abandon()
		return err
	}
	return a.run(ctx, hangup)
}

func newAppliance(src config.Source, c *config.Config) *appliance {
	return &appliance{source: src, config: c, failed: make(chan error, 1), reloads: make(chan reloadRequest), pulse: make(chan struct{})}
}

// make makes all parts and lets none of them begin. Nothing of the outside world is touched before it is certain that no
// other appliance is at it.
func (a *appliance) make(ctx context.Context) error {
	if err := a.folders(); err != nil {
		return err
	}
	var err error
	if a.log, err = host.OpenLog(a.config, os.Stderr); err != nil {
		return fmt.Errorf("the log cannot be opened (LOGS_PATH): %w", err)
	}
	a.log.Info("Flow HQ starts", "version", Version, "pid", os.Getpid(), "file", a.config.File)
	for _, w := range a.config.Warnings {
		a.log.Warn(w)
	}
	if err := a.makeProcesses(); err != nil {
		return err
	}
	if a.listener = website.TakeSocket(a.inherited, a.config.Addr()); a.listener == nil {
		if a.listener, err = website.Listen(ctx, a.config.Addr()); err != nil {
			return err
		}
	}
	if err := a.openStore(ctx); err != nil {
		return fmt.Errorf("the database cannot be used (DATABASE_URL): %w", err)
	}
	a.log.Info("database open", "database", a.store.String())
	if err := a.makeFleet(ctx); err != nil {
		return err
	}
	if a.website, err = website.New(a.config, a.listener, a.services, a.store, a.log.Logger); err != nil {
		return err
	}
	a.control, err = newLocal(a)
	return err
}

// openStore opens the database, and waits for one that can't be reached yet: its server may come up later than the appliance,
// at boot above all. Meanwhile the address answers, and says so.
func (a *appliance) openStore(ctx context.Context) (err error) {
	page := website.OpenStartupPage(a.listener, a.log.Logger)
	a.store, err = storage.Open(ctx, a.config.DatabaseURL.Reveal(), storage.Options{
		Logger: a.log.Logger, Wait: a.config.DatabaseWait, Waiting: page.SayWhy,
	})
	if cerr := page.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	a.unlock, err = a.store.LockShared(ctx)
	return err
}

func (a *appliance) folders() error {
	for dir, name := range map[string]string{a.config.RuntimeDir: "RUNTIME_DIR", a.config.SessionsPath: "SESSIONS_PATH"} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("a folder cannot be made (%s): %w", name, err)
		}
	}
	return os.Chmod(a.config.SessionsPath, 0o700)
}

func (a *appliance) makeProcesses() error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	settings := procman.Config{
		StateDir: filepath.Join(a.config.RuntimeDir, managerFolder), LogDir: a.config.LogsPath,
		CgroupRoot: host.WorkerSlice(), Logger: a.log.Logger, Inherited: a.inherited,
	}
	store := host.TakePipeStore(os.Getenv, os.Unsetenv)
	if store != nil {
		settings.PipeStore = store
		defer store.Done()
	}
	a.manager, err = procman.New(settings)
	if errors.Is(err, procman.ErrInUse) {
		return &flowhq.Error{
			Code: flowhq.CodeConflict, Cause: err,
			Message: "Another appliance is running with RUNTIME_DIR " + a.config.RuntimeDir + ". Stop it first, or use another folder.",
		}
	}
	if err != nil {
		return fmt.Errorf("the process manager cannot work (RUNTIME_DIR): %w", err)
	}
	if store != nil {
		store.ForgetUnknown(a.manager.List())
	}
	a.exe = exe
	a.processes, err = workers.New(a.manager, workers.EngineOf(exe), filepath.Join(a.config.RuntimeDir, "tokens"), a.config)
	if err != nil {
		return fmt.Errorf("the workers' tokens cannot be kept (RUNTIME_DIR): %w", err)
	}
	return nil
}

func (a *appliance) makeFleet(ctx context.Context) (err error) {
	if a.keeper, err = a.newKeeper(); err != nil {
		return err
	}
	handler := new(workers.Handler)
	a.workers = wire.NewServer(wire.Config{
		Socket: a.config.WorkerSocket(), Handler: handler, Authenticate: a.processes.Authenticate, Logger: a.log.Logger,
	})
	a.services = services.New(services.Config{
		Version: Version, Stores: services.StoresOf(a.store), Processes: a.processes, Links: a.workers, Logger: a.log.Logger,
		Box: &host.Machine{Version: Version, Sessions: a.config.SessionsPath, PublicURL: a.config.PublicURL, Store: a.store,
			LastBackup: func() *time.Time { return a.keeper.State().LastAt }},
		Limits: a.config.Limits, StaleAfter: a.config.StaleThreshold, StaleCheck: a.config.StaleCheck,
		Bot:           tryout.Desk{},
		RemoveFolders: a.removeFolders, CopyFolder: a.copyFolder, EraseChat: a.eraseChat, LastBackup: a.keeper.LastName, Settle: a.settle, Backups: a.keeper,
		RemoveDevice: a.processes.RemoveDevice, Logs: a.processes, PublicURL: a.config.PublicURL,
	})
	handler.Services, handler.Processes = a.services, a.processes
	return a.settle(ctx)
}

// run lets everything begin, waits for the end, and ends everything.
func (a *appliance) run(ctx context.Context, hangup <-chan os.Signal) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	sub := a.manager.Subscribe(workers.EventBuffer) // first: what happens to a worker from here on is told
	if err := a.processes.Adopt(a.services.Supervisor.Events.ProcessChanged); err != nil {
		a.abandon()
		return err
	}
	a.start(func() error {
		workers.Watch(work, a.manager, sub, a.services.Supervisor.Events.ProcessChanged)
		return nil
	})
	a.start(func() error { return a.workers.Serve(work) })
	a.start(a.control.Serve)
	a.start(func() error { return a.services.Run(work) })
	a.start(func() error { a.sweeper().Run(work); return nil })
	a.start(func() error { a.keeper.Run(work); return nil })
	a.start(a.website.Serve)
	a.start(func() error {
		watchRefusals(work, a.services.Alarms, release.Appliance(), release.Engine())
		return nil
	})
	vitals := a.vitals()
	a.start(func() error { host.FeedWatchdog(work, a.log.Logger, vitals); return nil })
	a.log.Info("ready", "url", a.config.URL(), "simulator", a.config.Simulator != nil)
	host.TellSystemd(a.log.Logger, daemon.SdNotifyReady+"\nSTATUS=Ready at "+a.config.URL())

	for {
		select {
		case <-ctx.Done():
			return a.stop(cancel)
		case <-a.pulse: // somebody looks whether this loop turns
		case <-hangup:
			if _, to, err := a.reload(work, false); err == nil && to != "" { // the log says what it came to
				return a.handOver(cancel, to)
			}
		case r := <-a.reloads:
			done, to, err := a.reload(work, r.all)
			r.answer <- reloadAnswer{done, err}
			if err == nil && to != "" {
				return a.handOver(cancel, to)
			}
		case err := <-a.failed:
			a.log.Error("the appliance cannot go on; its workers run on", "error", err)
			cancel()
			a.abandon()
			return err
		}
	}
}

// sweepPause is what others get between two steps of removing old rows.
const sweepPause = 100 * time.Millisecond

func (a *appliance) sweeper() *retention.Sweeper {
	return retention.New(retention.Config{
		Store: a.store, Keep: a.config.Retention, Quiet: a.config.Quiet, Logger: a.log.Logger, Pause: sweepPause,
	})
}

// start runs one part; one that ends by itself with an error ends the appliance.
func (a *appliance) start(part func() error) {
	a.background.Go(func() {
		if err := part(); err != nil {
			select {
			case a.failed <- err:
			default:
			}
		}
	})
}

// stop ends everything in order: nothing new comes in, workers finish and end while they can still tell the rest, then the
// appliance's own parts.
func (a *appliance) stop(cancel context.CancelFunc) error {
	a.log.Info("stopping")
	host.TellSystemd(a.log.Logger, daemon.SdNotifyStopping)
	ctx, done := context.WithTimeout(context.Background(), stopTimeout+website.CloseTimeout)
	defer done()
	a.website.Close(ctx)
	a.services.Ending()
	workers, workersDone := context.WithTimeout(ctx, stopTimeout)
	err := a.manager.Shutdown(workers)
	workersDone()
	if err != nil {
		a.log.Error("workers could not be stopped", "error", err)
	}
	a.services.Ended(ctx)
	cancel()
	a.closeRest()
	a.log.Info("stopped")
	return errors.Join(err, a.log.Close())
}

// abandon ends the appliance's own parts and leaves workers running.
func (a *appliance) abandon() {
	if a.website != nil {
		a.website.Close(context.Background())
	} else if a.listener != nil {
		_ = a.listener.Close()
	}
	if a.manager != nil {
		a.manager.Detach()
	}
	a.closeRest()
	if a.log != nil {
		_ = a.log.Close()
	}
}

func (a *appliance) closeRest() {
	if a.control != nil {
		a.control.Close()
	}
	if a.workers != nil {
		_ = a.workers.Close()
	}
	a.background.Wait()
	if a.unlock != nil {
		a.unlock()
	}
	if a.store != nil {
		if err := a.store.Close(); err != nil {
			a.log.Warn("the database could not be closed", "error", err)
		}
	}
}
