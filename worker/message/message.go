// Package message has what the linked device, the journal and the conversations all speak of: people and the messages
// that they write.
//
// It imports the root package alone and must stay so.
package message

import (
	"time"

	"flowhq"
)

// Person is somebody on WhatsApp, which knows people by phone number and by LID, a number that hides it. Either form
// may be missing; the zero Person is nobody.
type Person struct {
	PN  string // phone number, "+255700000001"
	LID string // digits of the LID's user part
}

// IsZero tells whether p is nobody.
func (p Person) IsZero() bool { return p == Person{} }

// Key is the name of the chat with p in events and logs: the number when it is known, else "lid:<digits>"; "" for
// nobody.
func (p Person) Key() string {
	switch {
	case p.PN != "":
		return p.PN
	case p.LID != "":
		return "lid:" + p.LID
	default:
		return ""
	}
}

// String is Key.
func (p Person) String() string { return p.Key() }

// Same tells whether two share a form, and so are one person.
func (p Person) Same(other Person) bool {
	return p.PN != "" && p.PN == other.PN || p.LID != "" && p.LID == other.LID
}

// With adds the form that is missing from other.
func (p Person) With(other Person) Person {
	if p.PN == "" {
		p.PN = other.PN
	}
	if p.LID == "" {
		p.LID = other.LID
	}
	return p
}

// Place says where a message was written.
type Place string

// The places.
const (
	PlaceDirect     Place = "direct" // a chat of two
	PlaceGroup      Place = "group"
	PlaceStatus     Place = "status"
	PlaceBroadcast  Place = "broadcast" // broadcast lists, and WhatsApp's own announcements and assistants
	PlaceNewsletter Place = "newsletter"
	PlaceSelf       Place = "self" // the account's chat with itself
)

// Incoming is one message that the device got. The device fills in the first part, the worker and the journal the
// second.
type Incoming struct {
	ID     string // on WhatsApp
	Place  Place
	From   Person
	To     Person // of a message of the account itself: whom it was written to
	FromMe bool   // written by the account holder on another device
	Kind   flowhq.MessageKind
	Text   string    // the text, a caption, a pressed button, the sign of a reaction
	Name   string    // the name that the sender gave himself
	SentAt time.Time // by WhatsApp's clock, to the second
	Target string    // id of the message that is edited, deleted or reacted to
	Late   bool      // sent before this login, and so delivered after an absence

	ReceivedAt time.Time // by the worker's clock
	Seq        int64     // order of arrival in the journal; 0 when it does not wait there
	ChatID     int64     // number of the chat in the journal
}
