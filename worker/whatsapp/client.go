package whatsapp

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store"

	"flowhq"

	"flowhq/worker/message"
)

// Client is one linked device, or one that waits to be linked. Its methods may be called from several goroutines.
type Client struct {
	cfg         Config
	log         *slog.Logger
	store       *deviceStore
	sessionLock *sessionLock
	versions    *versions

	status       status
	conn         atomic.Pointer[connection] // the one that is ready to send; nil otherwise
	sending      chan struct{}              // one send at a time
	acks         acks
	receiptChats receiptChats
	retry        backoff.ExponentialBackOff // pauses between logins
	intake       backoff.ExponentialBackOff // pauses before what could not be taken in is fetched again
	restriction  restriction

	undecryptable atomic.Int64

	wake  chan struct{}    // Relink
	codes chan codeRequest // LinkCode
	gone  chan struct{}    // closed with the Client

	mu      sync.Mutex
	self    message.Person
	stop    context.CancelFunc // ends Run
	running chan struct{}      // closed when Run has ended; nil before it began
	calls   sync.WaitGroup     // calls of methods that use the store
	closed  bool
}

// Open opens the device store in c.Dir and makes it current. It does not connect.
func Open(ctx context.Context, c Config) (*Client, error) {
	cfg, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	if cfg.Version != "" {
		if _, err := store.ParseVersion(cfg.Version); err != nil {
			return nil, err
		}
	}
	prepareProcess(cfg)
	ds, err := openDeviceStore(ctx, cfg.Dir, newLogger(cfg.Logger.With("part", "store"), nil, nil, nil))
	if err != nil {
		return nil, err
	}
	cl := &Client{
		cfg:         cfg,
		log:         cfg.Logger,
		store:       ds,
		sessionLock: newSessionLock(),
		versions:    &versions{path: versionPath(cfg.Dir), fixed: cfg.Version, now: cfg.Now, ask: askWhatsApp},
		sending:     make(chan struct{}, 1),
		retry:       reconnectBackOff(cfg.Timing.ReconnectFirst, cfg.Timing.ReconnectMax),
		intake:      reconnectBackOff(cfg.Timing.ReconnectFirst, cfg.Timing.ReconnectMax),
		restriction: restriction{
			pause: restrictionBackOff(cfg.Timing.Restricted, max(cfg.Timing.Restricted, maxRestricted)),
		},
		wake:  make(chan struct{}, 1),
		codes: make(chan codeRequest),
		gone:  make(chan struct{}),
	}
	cl.status.begin(cfg)
	cl.restoreRestriction()
	device, err := ds.linked(ctx)
	if err != nil {
		return nil, errors.Join(err, ds.close())
	}
	if device != nil {
		cl.setDevice(device)
	}
	return cl, nil
}

// setDevice sets the linked device; nil for none.
func (c *Client) setDevice(d *store.Device) {
	var self message.Person
	jid := ""
	if d != nil {
		self, jid = personOf(d.GetJID(), d.GetLID()), d.GetJID().String()
	}
	c.mu.Lock()
	c.self = self
	c.mu.Unlock()
	c.status.link(jid)
}

// Self gives the account's own address, nobody when no device is linked.
func (c *Client) Self() message.Person {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.self
}

// Report gives the present state of the session.
func (c *Client) Report() flowhq.SessionReport { return c.status.now() }

// Undecryptable counts the messages that could not be decrypted at first. WhatsApp's retries heal nearly all of them.
func (c *Client) Undecryptable() int64 { return c.undecryptable.Load() }

// NewMessageID makes an id for Send, of the form that WhatsApp's own web client uses.
func (c *Client) NewMessageID() string {
	var random [9]byte
	_, _ = rand.Read(random[:]) // never fails
	return whatsmeow.WebMessageIDPrefix + strings.ToUpper(hex.EncodeToString(random[:]))
}

// Relink asks for new codes when nobody scanned the earlier ones, and for another try when the device was replaced or
// the client is outdated. Otherwise it does nothing.
func (c *Client) Relink() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// begin marks the beginning of a call that uses the store; the call must end with end.
func (c *Client) begin() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrClosed
	}
	c.calls.Add(1)
	return nil
}

func (c *Client) end() { c.calls.Done() }

// Close ends Run, waits for it and for calls in progress, and closes the device store. A second Close is a success.
func (c *Client) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	stop, running := c.stop, c.running
	c.mu.Unlock()
	close(c.gone)
	if stop != nil {
		stop()
		<-running
	}
	c.calls.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c.store.checkpoint(ctx)
	return c.store.close()
}
