package wire

import (
	"context"
	"time"

	"flowhq"
)

// Protocol is the version spoken here; OldestProtocol the oldest that either side still speaks with a peer that was not
// upgraded yet: the last two.
//
//	1  the first
//	2  take_over, release and opt_in are answered once the events of the change are acknowledged; errors carry the key
//	   and the arguments of their text beside the sentence
const (
	Protocol       = 2
	OldestProtocol = Protocol - 1
)

// MaxEvents is the most events that one call carries; MaxEventBytes bounds their JSON together, one event excepted.
const (
	MaxEvents     = 200
	MaxEventBytes = 1 << 20
)

// Methods that a worker calls.
const (
	methodHello     = "hello"
	methodReport    = "report"
	methodHeartbeat = "heartbeat"
	methodEvents    = "events"
)

// Methods that the appliance calls.
const (
	methodConfigure = "configure"
	methodPing      = "ping"
	methodRelink    = "relink"
	methodLinkCode  = "link_code"
	methodLogout    = "logout"
	methodSend      = "send"
	methodTakeOver  = "take_over"
	methodRelease   = "release"
	methodOptIn     = "opt_in"
	methodDrain     = "drain"
	methodSnapshot  = "snapshot"
)

// Hello is a worker's first call on a connection.
type Hello struct {
	Protocol int    `json:"protocol"` // filled in by the client
	TenantID string `json:"tenant_id"`
	Token    string `json:"token"`
	PID      int    `json:"pid"`
	Version  string `json:"version"`  // of the worker's binary
	Journal  string `json:"journal"`  // UUID of its journal
	LastSeq  int64  `json:"last_seq"` // highest event number that the journal has given out
}

// Welcome answers a hello.
type Welcome struct {
	Protocol int                 `json:"protocol"` // what both speak from here on
	Acked    int64               `json:"acked"`    // highest event of the journal that is durable in the store
	Config   flowhq.WorkerConfig `json:"config"`
}

// Heartbeat is a worker's regular sign of life.
type Heartbeat struct {
	Report      flowhq.SessionReport `json:"report"`
	Unacked     int64                `json:"unacked"`      // events that wait to be acknowledged
	DroppedLogs int64                `json:"dropped_logs"` // log lines dropped since the start

	// LeftOut counts messages that are not meant for a bot, since the start.
	LeftOut map[flowhq.IgnoredSource]int64 `json:"left_out,omitempty"`
}

// Batch is a run of events of one journal, by rising number.
type Batch struct {
	Journal string               `json:"journal"`
	Events  []flowhq.WorkerEvent `json:"events"`
}

// Receipt says up to which number events are durable.
type Receipt struct {
	Acked int64 `json:"acked"`
}

type linkCodeParams struct {
	Phone string `json:"phone"`
}

type linkCodeResult struct {
	Code      string    `json:"code"`
	ExpiresAt time.Time `json:"expires_at"`
}

type sendParams struct {
	ID   string `json:"id"`
	Chat string `json:"chat"`
	Text string `json:"text"`
	// AllowFirst says that an admin allows writing to somebody who has not written.
	AllowFirst bool `json:"allow_first,omitempty"`
}

type chatParams struct {
	Chat string `json:"chat"`
}

type snapshotParams struct {
	Path string `json:"path"`
}

// Handler is what a server does with what workers say. Calls of one worker may overlap; ctx ends with its connection.
type Handler interface {
	// Hello gives the worker's configuration and the highest durable event of its journal. The worker is connected by
	// then, so that a change made meanwhile reaches it too.
	Hello(ctx context.Context, h Hello) (c flowhq.WorkerConfig, acked int64, err error)
	Report(ctx context.Context, tenantID string, r flowhq.SessionReport) error
	Heartbeat(ctx context.Context, tenantID string, h Heartbeat) error
	Events(ctx context.Context, tenantID, journal string, events []flowhq.WorkerEvent) (acked int64, err error)
	// Gone tells that the worker's connection is lost; not when a newer connection took its place.
	Gone(tenantID string)
}

// Commands is what the appliance may ask of a worker. An error that is a *flowhq.Error crosses the wire with its code
// and text; any other becomes CodeInternal.
type Commands interface {
	Configure(ctx context.Context, c flowhq.WorkerConfig) error
	Ping(ctx context.Context) (flowhq.SessionReport, error)
	Relink(ctx context.Context) error
	LinkCode(ctx context.Context, phone string) (flowhq.LinkCode, error)
	Logout(ctx context.Context) error
	// Send sends text to a chat as an admin; a repeat with the same id changes nothing.
	Send(ctx context.Context, id, chat, text string, allowFirst bool) error
	// TakeOver, Release and OptIn return when the appliance has acknowledged the events of the change, or a moment
	// later.
	TakeOver(ctx context.Context, chat string) error
	Release(ctx context.Context, chat string) error
	OptIn(ctx context.Context, chat string) error
	// Drain makes the worker finish what is in hand and end; it returns when that has begun.
	Drain(ctx context.Context) error
	// Snapshot writes consistent copies of the worker's databases into the folder path.
	Snapshot(ctx context.Context, path string) error
}
