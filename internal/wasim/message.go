package wasim

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// Kind is what a message carries.
type Kind string

// The kinds that customers send.
const (
	KindText     Kind = "text"
	KindImage    Kind = "image"
	KindVoice    Kind = "voice"
	KindSticker  Kind = "sticker"
	KindLocation Kind = "location"
	KindReaction Kind = "reaction"
	KindEdit     Kind = "edit"
	KindDelete   Kind = "delete"
	kindOther    Kind = "other"
)

// Chat is where a message is written.
type Chat string

// The places that customers write in.
const (
	ChatDirect     Chat = "direct"
	ChatGroup      Chat = "group"
	ChatStatus     Chat = "status"
	ChatNewsletter Chat = "newsletter"
)

// Message is what a customer sends.
type Message struct {
	To     string    `json:"to"`           // a phone's number
	Text   string    `json:"text"`         // or the caption, the reaction, the place's name, the new text
	ID     string    `json:"id,omitempty"` // default: a fresh one
	Kind   Kind      `json:"kind,omitempty"`
	Chat   Chat      `json:"chat,omitempty"`
	At     time.Time `json:"at,omitzero"`      // the message's own time; default now
	Target string    `json:"target,omitempty"` // what a reaction, edit or delete is about; default the newest one
}

// composed is a message ready to be encrypted.
type composed struct {
	attrs waBinary.Attrs
	enc   waBinary.Attrs
	body  *waE2E.Message
	open  bool
}

// messageID makes an id such as phones make them.
func (s *Server) messageID() string {
	if s.cfg.Seed == 0 {
		return "3A" + strings.ToUpper(hex.EncodeToString(randomBytes(9)))
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "message %d %d %d", s.cfg.Seed, s.run, s.ids.Add(1)))
	return "3A" + strings.ToUpper(hex.EncodeToString(sum[:9]))
}

// compose fills in m's defaults and builds the stanza's parts.
func (c *Customer) compose(m *Message, phone *Phone) (*composed, error) {
	if m.ID == "" {
		m.ID = c.srv.messageID()
	}
	if m.Kind == "" {
		m.Kind = KindText
	}
	if m.Chat == "" {
		m.Chat = ChatDirect
	}
	if m.At.IsZero() {
		m.At = c.srv.now()
	}
	built := &composed{attrs: waBinary.Attrs{"id": m.ID, "type": "text", "t": m.At.Unix()}, enc: waBinary.Attrs{}}
	if name := c.displayName(); name != "" {
		built.attrs["notify"] = name
	}
	if err := c.addressStanza(built, m, phone); err != nil {
		return nil, err
	}
	return built, c.fillBody(built, m, phone)
}

func (c *Customer) addressStanza(b *composed, m *Message, phone *Phone) error {
	sender, altName, alt := c.addressedAs()
	from, prefix := "from", "sender_"
	switch m.Chat {
	case ChatDirect:
	case ChatGroup:
		b.attrs["from"], from, prefix = groupOf(phone.digits), "participant", "participant_"
	case ChatStatus:
		b.attrs["from"], from, prefix = types.StatusBroadcastJID, "participant", "participant_"
	case ChatNewsletter:
		b.attrs["from"], b.attrs["server_id"], b.open = newsletterOf(c.digits), "101", true
		return nil
	default:
		return errBad("chat %q: want direct, group, status or newsletter", m.Chat)
	}
	b.attrs[from] = sender
	if altName == "pn" || altName == "" {
		b.attrs["addressing_mode"] = "lid"
	}
	if altName != "" {
		b.attrs[prefix+altName] = alt
	}
	return nil
}

func derivedUser(prefix, label string) string {
	sum := sha256.Sum256([]byte(label))
	return fmt.Sprintf("%s%012d", prefix, binary.BigEndian.Uint64(sum[:8])%1_000_000_000_000)
}

// groupOf is the one group that a phone and all who write to it there are in.
func groupOf(digits string) types.JID {
	return types.NewJID(derivedUser("120363", "group:"+digits), types.GroupServer)
}

func newsletterOf(digits string) types.JID {
	return types.NewJID(derivedUser("120363", "newsletter:"+digits), types.NewsletterServer)
}

func (c *Customer) fillBody(b *composed, m *Message, phone *Phone) error {
	b.body = &waE2E.Message{}
	switch m.Kind {
	case KindText:
		b.body.Conversation = proto.String(m.Text)
	case KindImage, KindVoice, KindSticker:
		b.attach(m)
	case KindLocation:
		b.mediaType("location")
		b.body.LocationMessage = &waE2E.LocationMessage{DegreesLatitude: proto.Float64(-6.7924),
			DegreesLongitude: proto.Float64(39.2083), Name: orNil(m.Text)}
	case KindReaction, KindEdit, KindDelete:
		return c.fillReference(b, m, phone)
	default:
		return errBad("kind %q: want text, image, voice, sticker, location, reaction, edit or delete", m.Kind)
	}
	c.recMu.Lock()
	defer c.recMu.Unlock()
	c.lastSent[phone.digits] = m.ID
	return nil
}

// fillReference builds the kinds that are about another message.
func (c *Customer) fillReference(b *composed, m *Message, phone *Phone) error {
	b.enc["decrypt-fail"] = "hide"
	chat := c.pn
	if c.Address() != AddressPN {
		chat = c.lid
	}
	key := &waCommon.MessageKey{RemoteJID: proto.String(chat.String()), FromMe: proto.Bool(m.Kind != KindReaction),
		ID: proto.String(c.target(m, phone))}
	switch m.Kind {
	case KindReaction:
		b.attrs["type"] = "reaction"
		b.body.ReactionMessage = &waE2E.ReactionMessage{Key: key, Text: proto.String(m.Text),
			SenderTimestampMS: proto.Int64(m.At.UnixMilli())}
	case KindEdit:
		b.attrs["edit"] = string(types.EditAttributeMessageEdit)
		b.body.ProtocolMessage = &waE2E.ProtocolMessage{Key: key, Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(),
			EditedMessage: &waE2E.Message{Conversation: proto.String(m.Text)},
			TimestampMS:   proto.Int64(m.At.UnixMilli())}
	case KindDelete:
		b.attrs["edit"] = string(types.EditAttributeSenderRevoke)
		b.body.ProtocolMessage = &waE2E.ProtocolMessage{Key: key, Type: waE2E.ProtocolMessage_REVOKE.Enum()}
	}
	if *key.ID == "" {
		return errConflict("a %s needs an earlier message: none was written", m.Kind)
	}
	return nil
}

// target is the message that a reaction (the newest reply), an edit or a delete (the newest own) is about.
func (c *Customer) target(m *Message, phone *Phone) string {
	if m.Target != "" {
		return m.Target
	}
	if m.Kind == KindReaction {
		rows := c.Inbox(0)
		for i := len(rows) - 1; i >= 0; i-- {
			if rows[i].From == phone.Number() {
				return rows[i].ID
			}
		}
	}
	c.recMu.Lock()
	defer c.recMu.Unlock()
	return c.lastSent[phone.digits]
}

func (b *composed) mediaType(name string) {
	b.attrs["type"] = "media"
	b.enc["mediatype"] = name
}

// attach makes the message one with a file.
func (b *composed) attach(m *Message) {
	file := media{id: m.ID, kind: m.Kind}
	plainHash, sealedHash := file.hashes()
	url, path, size := proto.String(file.url()), proto.String(file.path()), proto.Uint64(uint64(len(file.file())))
	switch m.Kind {
	case KindImage:
		b.mediaType("image")
		b.body.ImageMessage = &waE2E.ImageMessage{Caption: orNil(m.Text), Mimetype: proto.String("image/jpeg"),
			Width: proto.Uint32(640), Height: proto.Uint32(480),
			URL: url, DirectPath: path, MediaKey: file.key(), FileSHA256: plainHash, FileEncSHA256: sealedHash,
			FileLength: size}
	case KindVoice:
		b.mediaType("ptt")
		b.body.AudioMessage = &waE2E.AudioMessage{PTT: proto.Bool(true), Seconds: proto.Uint32(4),
			Mimetype: proto.String("audio/ogg; codecs=opus"),
			URL:      url, DirectPath: path, MediaKey: file.key(), FileSHA256: plainHash, FileEncSHA256: sealedHash,
			FileLength: size}
	case KindSticker:
		b.mediaType("sticker")
		b.body.StickerMessage = &waE2E.StickerMessage{Mimetype: proto.String("image/webp"),
			URL: url, DirectPath: path, MediaKey: file.key(), FileSHA256: plainHash, FileEncSHA256: sealedHash,
			FileLength: size}
	}
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// describe says what a received message is, in the words of an inbox row.
func describe(m *waE2E.Message) (kind Kind, text string) {
	switch {
	case m.GetEditedMessage().GetMessage() != nil:
		return describe(m.GetEditedMessage().GetMessage())
	case m.GetEphemeralMessage().GetMessage() != nil:
		return describe(m.GetEphemeralMessage().GetMessage())
	case m.Conversation != nil:
		return KindText, m.GetConversation()
	case m.ExtendedTextMessage != nil:
		return KindText, m.GetExtendedTextMessage().GetText()
	case m.ImageMessage != nil:
		return KindImage, m.GetImageMessage().GetCaption()
	case m.AudioMessage != nil:
		return KindVoice, ""
	case m.StickerMessage != nil:
		return KindSticker, ""
	case m.LocationMessage != nil:
		return KindLocation, m.GetLocationMessage().GetName()
	case m.ReactionMessage != nil:
		return KindReaction, m.GetReactionMessage().GetText()
	case m.GetProtocolMessage().GetType() == waE2E.ProtocolMessage_MESSAGE_EDIT:
		_, text = describe(m.GetProtocolMessage().GetEditedMessage())
		return KindEdit, text
	case m.ProtocolMessage != nil && m.GetProtocolMessage().GetKey() != nil &&
		m.GetProtocolMessage().GetType() == waE2E.ProtocolMessage_REVOKE:
		return KindDelete, ""
	}
	return kindOther, ""
}
