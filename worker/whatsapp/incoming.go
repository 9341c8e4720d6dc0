package whatsapp

import (
	"context"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"flowhq"
)

// ChatKind says where a message was written.
type ChatKind string

// The kinds of chats.
const (
	ChatDirect     ChatKind = "direct"
	ChatGroup      ChatKind = "group"
	ChatStatus     ChatKind = "status"
	ChatBroadcast  ChatKind = "broadcast" // broadcast lists, and WhatsApp's own announcements and assistants
	ChatNewsletter ChatKind = "newsletter"
	ChatSelf       ChatKind = "self" // the account's chat with itself
)

// Incoming is one message as it arrives.
type Incoming struct {
	ID      string
	Chat    ChatKind
	From    Address
	To      Address // of messages of the account itself: whom they were written to
	FromMe  bool    // written by the account holder on another device
	Kind    flowhq.MessageKind
	Text    string    // the text, a caption, a pressed button, a reaction's sign
	Name    string    // the sender's own name for himself
	SentAt  time.Time // by WhatsApp's clock, to the second
	Target  string    // id of the message that is edited, deleted or reacted to
	Offline bool      // sent before this login, and so delivered late
}

// incoming translates an event; ok is false for messages that say nothing to a person.
func (n *connection) incoming(ctx context.Context, evt *events.Message) (in Incoming, ok bool) {
	said := read(evt.RawMessage)
	if said.kind == "" || evt.Info.ID == "" {
		return in, false
	}
	own := n.client.Self()
	in = Incoming{
		ID: evt.Info.ID, FromMe: evt.Info.IsFromMe,
		Kind: said.kind, Text: said.text, Target: said.target,
		Name: evt.Info.PushName, SentAt: evt.Info.Timestamp,
		Offline: n.before(evt.Info.Timestamp),
	}
	if evt.Info.VerifiedName != nil && in.Name == "" {
		in.Name = evt.Info.VerifiedName.Details.GetVerifiedName()
	}
	if in.FromMe {
		in.From = own
		in.To = complete(ctx, n.device.LIDs, recipient(&evt.Info, own))
	} else {
		in.From = complete(ctx, n.device.LIDs, addressOf(evt.Info.Sender, evt.Info.SenderAlt))
	}
	in.Chat = chatKind(&evt.Info, in.To, own)
	if in.Chat != ChatDirect && in.Chat != ChatSelf {
		in.To = Address{}
	}
	return in, true
}

// recipient finds whom a message of the account was written to. Where the stanza names the account itself, the message
// may still name somebody else: that is how other devices of the account pass on what they sent.
func recipient(info *types.MessageInfo, own Address) Address {
	to := addressOf(info.Chat, info.RecipientAlt)
	if to.same(own) && info.DeviceSentMeta != nil {
		if jid, err := types.ParseJID(info.DeviceSentMeta.DestinationJID); err == nil {
			if dest := addressOf(jid); !dest.IsZero() {
				return dest
			}
		}
	}
	return to
}

// chatKind tells where a message was written. to is known for messages of the account itself only.
func chatKind(info *types.MessageInfo, to, own Address) ChatKind {
	chat := info.Chat
	switch chat.Server {
	case types.GroupServer:
		return ChatGroup
	case types.NewsletterServer:
		return ChatNewsletter
	case types.BroadcastServer:
		if chat.User == types.StatusBroadcastJID.User {
			return ChatStatus
		}
		return ChatBroadcast
	}
	if chat.IsBot() || chat.User == types.PSAJID.User || chat.Server == types.BotServer {
		return ChatBroadcast
	}
	if info.IsFromMe && to.same(own) {
		return ChatSelf
	}
	return ChatDirect
}
