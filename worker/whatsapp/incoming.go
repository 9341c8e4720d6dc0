package whatsapp

import (
	"context"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"flowhq/worker/message"
)

// incoming translates an event; ok is false for messages that say nothing to a person.
func (n *connection) incoming(ctx context.Context, evt *events.Message) (in message.Incoming, ok bool) {
	said := read(evt.RawMessage)
	if said.kind == "" || evt.Info.ID == "" {
		return in, false
	}
	own := n.client.Self()
	in = message.Incoming{
		ID: evt.Info.ID, FromMe: evt.Info.IsFromMe,
		Kind: said.kind, Text: said.text, Target: said.target,
		Name: evt.Info.PushName, SentAt: evt.Info.Timestamp,
		Late: n.before(evt.Info.Timestamp),
	}
	if evt.Info.VerifiedName != nil && in.Name == "" {
		in.Name = evt.Info.VerifiedName.Details.GetVerifiedName()
	}
	if in.FromMe {
		in.From = own
		in.To = complete(ctx, n.device.LIDs, recipient(&evt.Info, own))
	} else {
		in.From = complete(ctx, n.device.LIDs, personOf(evt.Info.Sender, evt.Info.SenderAlt))
	}
	in.Place = placeOf(&evt.Info, in.To, own)
	if in.Place != message.PlaceDirect && in.Place != message.PlaceSelf {
		in.To = message.Person{}
	}
	return in, true
}

// recipient finds whom a message of the account was written to. Where the stanza names the account itself, the message
// may still name somebody else: that is how other devices of the account pass on what they sent.
func recipient(info *types.MessageInfo, own message.Person) message.Person {
	to := personOf(info.Chat, info.RecipientAlt)
	if to.Same(own) && info.DeviceSentMeta != nil {
		if jid, err := types.ParseJID(info.DeviceSentMeta.DestinationJID); err == nil {
			if dest := personOf(jid); !dest.IsZero() {
				return dest
			}
		}
	}
	return to
}

// placeOf tells where a message was written. to is known for messages of the account itself only.
func placeOf(info *types.MessageInfo, to, own message.Person) message.Place {
	chat := info.Chat
	switch chat.Server {
	case types.GroupServer:
		return message.PlaceGroup
	case types.NewsletterServer:
		return message.PlaceNewsletter
	case types.BroadcastServer:
		if chat.User == types.StatusBroadcastJID.User {
			return message.PlaceStatus
		}
		return message.PlaceBroadcast
	}
	if chat.IsBot() || chat.User == types.PSAJID.User || chat.Server == types.BotServer {
		return message.PlaceBroadcast
	}
	if info.IsFromMe && to.Same(own) {
		return message.PlaceSelf
	}
	return message.PlaceDirect
}
