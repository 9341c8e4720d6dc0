// Command wasim runs the WhatsApp simulator as a program, for demos, benches and tests of whole processes. It is no
// part of the product and never in its package. It may import internal/wasim and the standard library, and libsignal's
// logger to silence it.
package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"flowhq/internal/wasim"

	signalLog "go.mau.fi/libsignal/logger"
)

const help = `wasim is a WhatsApp server on loopback for whatsmeow clients, with simulated phones and customers.

  wasim [--listen 127.0.0.1:7001] [--control 127.0.0.1:7002] [--state DIR] [--seed N] [-v]

The first line on standard output says where it listens, as JSON:

  {"listen":"127.0.0.1:7001","control":"http://127.0.0.1:7002","root_key":"<64 hex digits>"}

Point Flow HQ at it with WHATSAPP_SIMULATOR (listen) and WHATSAPP_SIMULATOR_KEY (root_key).
It serves this machine only: other addresses than loopback are refused. SIGTERM or Ctrl-C ends it.

The control interface:

  GET    /control/stats
  POST   /control/phones                {"number","name"?}
  GET    /control/phones/N
  POST   /control/phones/N/scan         {"qr"}
  POST   /control/phones/N/code         {"code"}
  POST   /control/phones/N/unlink       {"device"?}
  POST   /control/phones/N/send         {"to","text"}
  GET    /control/phones/N/inbox        ?after=K&wait=5s
  POST   /control/customers             {"number","name"?,"address"?: pn, lid or lid-only}
  POST   /control/customers/N/send      {"to","text","id"?,"kind"?,"chat"?,"at"?,"target"?}
  POST   /control/customers/N/burst     {"to","count","interval_ms"?,"text"}
  GET    /control/customers/N/inbox     ?after=K&wait=5s
  GET    /control/customers/N/receipts
  POST   /control/faults                {"number"?,"fault", ...}
  DELETE /control/faults
  POST   /control/outage                {"seconds"}

Flags:
`

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "wasim:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	cfg, verbose, err := parse(args, stderr)
	if err != nil {
		return err
	}
	level := slog.LevelInfo
	if verbose {
		level = slog.LevelDebug
	}
	cfg.Logger = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	var quiet signalLog.Loggable = noLog{}
	signalLog.Setup(&quiet) // libsignal prints to standard output by itself

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	srv, err := wasim.New(cfg)
	if err != nil {
		return err
	}
	if err := announce(stdout, srv); err != nil {
		return errors.Join(err, srv.Close())
	}
	<-ctx.Done()
	return srv.Close()
}

func parse(args []string, stderr io.Writer) (cfg wasim.Config, verbose bool, err error) {
	flags := flag.NewFlagSet("wasim", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, help)
		flags.PrintDefaults()
	}
	flags.StringVar(&cfg.Listen, "listen", "127.0.0.1:7001", "where clients connect; port 0 picks a free one")
	flags.StringVar(&cfg.Control, "control", "127.0.0.1:7002",
		"where the control interface listens; port 0 picks a free one")
	flags.StringVar(&cfg.StateDir, "state", "", "folder for keys, accounts, devices and undelivered messages; "+
		"without it nothing is kept")
	flags.Uint64Var(&cfg.Seed, "seed", 0, "the same keys and ids in each run; 0 makes fresh ones")
	flags.DurationVar(&cfg.QRFirst, "qr-first", time.Minute, "how long the first QR code of six is current")
	flags.DurationVar(&cfg.QRNext, "qr-next", 20*time.Second, "how long each other QR code is current")
	flags.BoolVar(&cfg.Bare, "bare", false, "phones send nothing to a device right after linking it")
	flags.BoolVar(&cfg.FewKeys, "few-keys", false,
		"let clients upload 50 one-time keys at first instead of 812: quicker linking")
	flags.BoolVar(&verbose, "v", false, "log every stanza")
	if err := flags.Parse(args); err != nil {
		return cfg, false, err
	}
	if flags.NArg() > 0 {
		return cfg, false, fmt.Errorf("unexpected argument %q; see --help", flags.Arg(0))
	}
	return cfg, verbose, nil
}

func announce(w io.Writer, srv *wasim.Server) error {
	key := srv.RootKey()
	return json.NewEncoder(w).Encode(struct {
		Listen  string `json:"listen"`
		Control string `json:"control"`
		RootKey string `json:"root_key"`
	}{srv.Addr(), srv.ControlURL(), hex.EncodeToString(key[:])})
}

type noLog struct{}

func (noLog) Debug(_, _ string)   {}
func (noLog) Info(_, _ string)    {}
func (noLog) Warning(_, _ string) {}
func (noLog) Error(_, _ string)   {}
func (noLog) Configure(string)    {}
