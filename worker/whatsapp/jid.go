package whatsapp

import (
	"context"
	"strings"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"flowhq/worker/message"
)

// pnJID and lidJID give a person as whatsmeow writes one; the empty JID when that form is missing.
func pnJID(p message.Person) types.JID {
	if p.PN == "" {
		return types.EmptyJID
	}
	return types.NewJID(strings.TrimPrefix(p.PN, "+"), types.DefaultUserServer)
}

func lidJID(p message.Person) types.JID {
	if p.LID == "" {
		return types.EmptyJID
	}
	return types.NewJID(p.LID, types.HiddenUserServer)
}

// personOf reads a person from JIDs that name the same one in different forms. JIDs of groups, broadcasts and the like
// name nobody and are left out.
func personOf(jids ...types.JID) message.Person {
	var p message.Person
	for _, jid := range jids {
		if jid.User == "" {
			continue
		}
		switch jid.Server {
		case types.DefaultUserServer, types.LegacyUserServer, types.HostedServer:
			p = p.With(message.Person{PN: "+" + jid.User})
		case types.HiddenUserServer, types.HostedLIDServer:
			p = p.With(message.Person{LID: jid.User})
		}
	}
	return p
}

// complete adds the missing form from what the device already knows. A map that cannot be read leaves the person as it
// is: half an address is better than a lost message.
func complete(ctx context.Context, known store.LIDStore, p message.Person) message.Person {
	if known == nil {
		return p
	}
	switch {
	case p.PN != "" && p.LID == "":
		if lid, err := known.GetLIDForPN(ctx, pnJID(p)); err == nil {
			p = p.With(personOf(lid))
		}
	case p.LID != "" && p.PN == "":
		if pn, err := known.GetPNForLID(ctx, lidJID(p)); err == nil {
			p = p.With(personOf(pn))
		}
	}
	return p
}
