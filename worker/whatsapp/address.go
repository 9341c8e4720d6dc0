package whatsapp

import (
	"context"
	"strings"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// Address is one person. WhatsApp knows people by phone number and by LID, a number that hides it. Either form may be
// missing, never both.
type Address struct {
	PN  string // phone number, "+255700000001"
	LID string // digits of the LID's user part
}

// IsZero tells whether the address names nobody.
func (a Address) IsZero() bool { return a == Address{} }

// String gives the form in which the address is logged: the phone number, else "lid:<digits>".
func (a Address) String() string {
	switch {
	case a.PN != "":
		return a.PN
	case a.LID != "":
		return "lid:" + a.LID
	default:
		return ""
	}
}

// same tells whether two addresses share a form, and so are one person.
func (a Address) same(b Address) bool {
	return a.PN != "" && a.PN == b.PN || a.LID != "" && a.LID == b.LID
}

// with adds what is missing from b.
func (a Address) with(b Address) Address {
	if a.PN == "" {
		a.PN = b.PN
	}
	if a.LID == "" {
		a.LID = b.LID
	}
	return a
}

// pnJID and lidJID give the address as whatsmeow writes it; the empty JID when that form is missing.
func (a Address) pnJID() types.JID {
	if a.PN == "" {
		return types.EmptyJID
	}
	return types.NewJID(strings.TrimPrefix(a.PN, "+"), types.DefaultUserServer)
}

func (a Address) lidJID() types.JID {
	if a.LID == "" {
		return types.EmptyJID
	}
	return types.NewJID(a.LID, types.HiddenUserServer)
}

// addressOf reads an address from JIDs that name the same person in different forms. JIDs of groups, broadcasts and the
// like name nobody and are left out.
func addressOf(jids ...types.JID) Address {
	var a Address
	for _, jid := range jids {
		if jid.User == "" {
			continue
		}
		switch jid.Server {
		case types.DefaultUserServer, types.LegacyUserServer, types.HostedServer:
			a = a.with(Address{PN: "+" + jid.User})
		case types.HiddenUserServer, types.HostedLIDServer:
			a = a.with(Address{LID: jid.User})
		}
	}
	return a
}

// complete adds the missing form from what the device already knows. A map that cannot be read leaves the address as it
// is: half an address is better than a lost message.
func complete(ctx context.Context, known store.LIDStore, a Address) Address {
	if known == nil {
		return a
	}
	switch {
	case a.PN != "" && a.LID == "":
		if lid, err := known.GetLIDForPN(ctx, a.pnJID()); err == nil {
			a = a.with(addressOf(lid))
		}
	case a.LID != "" && a.PN == "":
		if pn, err := known.GetPNForLID(ctx, a.lidJID()); err == nil {
			a = a.with(addressOf(pn))
		}
	}
	return a
}
