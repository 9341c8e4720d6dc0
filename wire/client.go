package wire

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/creachadair/jrpc2"

	"flowhq"
	"flowhq/locale/key"
)

const dialTimeout = 5 * time.Second

// dialBackOff gives the waits between dials, from 0.1 to 5 s. Chance moves each by up to a third, so that workers that
// lost their appliance together do not come back in one instant.
func dialBackOff() backoff.ExponentialBackOff {
	return backoff.ExponentialBackOff{
		InitialInterval: 150 * time.Millisecond, MaxInterval: 3750 * time.Millisecond, Multiplier: 2,
		RandomizationFactor: 1. / 3,
	}
}

// ClientConfig is what a worker's end works with. Greeted, Ready and Lost may be nil.
type ClientConfig struct {
	Socket   string
	Hello    func() Hello // asked at each connection
	Commands Commands
	Greeted  func(w Welcome) // after each answered hello, before the next call
	Ready    func()          // after Greeted, once calls go through
	Lost     func()          // after each lost connection that was greeted
	Logger   *slog.Logger
}

// Conn is a worker's end: it dials for as long as Run runs. Its calls fail with CodeUnavailable while it is not
// connected.
type Conn struct {
	config ClientConfig

	mu     sync.Mutex
	client *jrpc2.Client // nil while not greeted
}

// Dial makes the worker's end; Run does the dialling.
func Dial(c ClientConfig) *Conn { return &Conn{config: c} }

// Run dials, says hello and answers commands, again and again until ctx ends.
func (c *Conn) Run(ctx context.Context) {
	waits := dialBackOff()
	for ctx.Err() == nil {
		greeted, err := c.session(ctx)
		if greeted {
			waits.Reset()
		}
		if ctx.Err() != nil {
			return
		}
		wait := waits.NextBackOff()
		c.config.Logger.Debug("no appliance", "error", err, "wait", wait)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// session is one connection from dial to loss.
func (c *Conn) session(ctx context.Context) (greeted bool, err error) {
	d := net.Dialer{Timeout: dialTimeout}
	conn, err := d.DialContext(ctx, "unix", c.config.Socket)
	if err != nil {
		return false, err
	}
	lost := make(chan struct{})
	client := jrpc2.NewClient(newFrames(conn), &jrpc2.ClientOptions{
		OnCallback: c.command,
		OnStop:     func(*jrpc2.Client, error) { close(lost) },
	})
	defer func() { _ = client.Close() }()
	hello := c.config.Hello()
	hello.Protocol = Protocol
	var w Welcome
	if err := call(ctx, client, slowCall, methodHello, hello, &w); err != nil {
		return false, err
	}
	if w.Protocol < OldestProtocol || w.Protocol > Protocol {
		return false, flowhq.Fail(flowhq.CodeConflict, key.WorkerApplianceSpeaks, "protocol", w.Protocol)
	}
	if c.config.Greeted != nil {
		c.config.Greeted(w)
	}
	c.set(client)
	if c.config.Ready != nil {
		c.config.Ready()
	}
	defer func() {
		c.set(nil)
		if c.config.Lost != nil {
			c.config.Lost()
		}
	}()
	select {
	case <-ctx.Done():
		return true, ctx.Err()
	case <-lost:
		return true, flowhq.Errorf(flowhq.CodeUnavailable, "The appliance closed the connection")
	}
}

func (c *Conn) set(client *jrpc2.Client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.client = client
}

// Connected tells whether the appliance answered the last hello and is still there.
func (c *Conn) Connected() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.client != nil
}

// Report sends the state of the session.
func (c *Conn) Report(ctx context.Context, r flowhq.SessionReport) error {
	return c.call(ctx, quickCall, methodReport, r, nil)
}

// Heartbeat says that the worker is alive.
func (c *Conn) Heartbeat(ctx context.Context, h Heartbeat) error {
	return c.call(ctx, quickCall, methodHeartbeat, h, nil)
}

// Events sends events, at most MaxEvents, and gives the highest number that is durable.
func (c *Conn) Events(ctx context.Context, journal string, events []flowhq.WorkerEvent) (acked int64, err error) {
	var r Receipt
	err = c.call(ctx, slowCall, methodEvents, Batch{Journal: journal, Events: events}, &r)
	return r.Acked, err
}

func (c *Conn) call(ctx context.Context, limit time.Duration, method string, params, result any) error {
	c.mu.Lock()
	client := c.client
	c.mu.Unlock()
	if client == nil {
		return flowhq.Fail(flowhq.CodeUnavailable, key.WorkerApplianceAway)
	}
	return call(ctx, client, limit, method, params, result)
}

func call(ctx context.Context, client *jrpc2.Client, limit time.Duration, method string, params, result any) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	resp, err := client.Call(ctx, method, params)
	if err == nil && result != nil {
		err = resp.UnmarshalResult(result)
	}
	return decodeError(err, appliancePeer)
}
