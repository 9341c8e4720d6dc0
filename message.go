package flowhq

import "time"

// Message is one row of a tenant's message log.
type Message struct {
	ID          string
	TenantID    string
	Direction   MessageDirection
	FromNumber  string // E.164 with "+", or "lid:<digits>" when the number is hidden
	ToNumber    string
	Text        string
	WAMessageID string
	Chat        string // the chat's key: see MessageEvent.Chat
	Author      Author
	Kind        MessageKind
	Target      string       // of an edit, a deletion or a reaction: the WAMessageID of the message it is about
	CreatedAt   time.Time    // by the worker's clock: the order in which it met them
	SentAt      *time.Time   // by WhatsApp's clock, where it is known
	EditedAt    *time.Time   // nil: never
	DeletedAt   *time.Time   // nil: never
	Trace       []TraceEntry // only where it was asked for
}

// MessageDirection is seen from the business.
type MessageDirection string

// The directions.
const (
	DirectionIn  MessageDirection = "IN"
	DirectionOut MessageDirection = "OUT"
)

// Author says who wrote a message.
type Author string

// The authors of messages.
const (
	AuthorCustomer Author = "customer"
	AuthorBot      Author = "bot"
	AuthorOwner    Author = "owner"  // the owner, on the phone
	AuthorAdmin    Author = "admin"  // somebody on the admin page
	AuthorNotice   Author = "notice" // the product to the owner: a new record, a call for a human
)

// MessageKind is what a message carries.
type MessageKind string

// The kinds of messages that are told apart; everything that is not known is KindOther.
const (
	KindText     MessageKind = "text"
	KindImage    MessageKind = "image"
	KindVideo    MessageKind = "video"
	KindVoice    MessageKind = "voice"
	KindDocument MessageKind = "document"
	KindSticker  MessageKind = "sticker"
	KindLocation MessageKind = "location"
	KindContact  MessageKind = "contact"
	KindReaction MessageKind = "reaction"
	KindEdit     MessageKind = "edit"
	KindDelete   MessageKind = "delete"
	KindOther    MessageKind = "other"
)

// MessageEvent is a message as a worker journals it. Chat identifies the customer within the tenant whatever address a
// message used: "+255700000001" when the number is known, else "lid:<digits>".
type MessageEvent struct {
	WAMessageID string           `json:"wa_message_id"`
	Chat        string           `json:"chat"`
	Direction   MessageDirection `json:"direction"`
	Author      Author           `json:"author"`
	Kind        MessageKind      `json:"kind"`
	From        string           `json:"from"`
	To          string           `json:"to"`
	Text        string           `json:"text"`
	Name        string           `json:"name,omitempty"` // the customer's own name for himself, when it came along
	SentAt      time.Time        `json:"sent_at"`        // by WhatsApp's clock
	Target      string           `json:"target,omitempty"`
}

// MessageQuery asks for a part of a tenant's message log, newest first.
type MessageQuery struct {
	Before Cursor
	Limit  int    // 1 to MaxLimit
	Chat   string // "": all chats
	Trace  bool   // with the decisions behind each message
}
