package flowhq

import "time"

// Limits bound what a worker sends and how it behaves towards WhatsApp.
type Limits struct {
	RepliesPerMinute int           `json:"replies_per_minute"` // per tenant, sliding minute
	ContactReplies   int           `json:"contact_replies"`    // per contact in ContactWindow; 0: no cap
	ContactWindow    time.Duration `json:"contact_window"`     // nanoseconds in JSON
	Typing           bool          `json:"typing"`             // wait a human length of time before each reply
	ReadReceipts     bool          `json:"read_receipts"`      // mark messages read
	CatchUp          time.Duration `json:"catch_up"`           // older messages are not answered any more
	// how long the bot is silent after a human took over
	Handoff              time.Duration `json:"handoff"`
	Heartbeat            time.Duration `json:"heartbeat"`              // how often the worker reports
	OrphanGrace          time.Duration `json:"orphan_grace"`           // how long a worker runs on without an appliance
	SilenceBeforeRebuild time.Duration `json:"silence_before_rebuild"` // a connection silent for so long is made anew
}
