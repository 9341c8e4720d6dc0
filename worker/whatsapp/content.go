package whatsapp

import (
	"strings"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/reflect/protoreflect"

	"flowhq"
)

// content is what a message says, once its wrappers are off. Kind is "" for messages that say nothing to a person:
// keys, settings, votes and other traffic between devices.
type content struct {
	kind   flowhq.MessageKind
	text   string
	target string // id of the message that is edited, deleted or reacted to
}

// maxWrappers bounds how deep wrappers may be nested; WhatsApp's own clients use three at most.
const maxWrappers = 8

// unwrap takes off what is around a message: sent by another device of the account, disappearing, view once, a
// document's caption, an edit, part of an album, and whatever wrapper comes next in the same form.
func unwrap(m *waE2E.Message) *waE2E.Message {
	for range maxWrappers {
		inner := m.GetDeviceSentMessage().GetMessage()
		if inner == nil {
			inner = wrapped(m)
		}
		if inner == nil {
			return m
		}
		m = inner
	}
	return m
}

// wrapped finds a set field of the type that WhatsApp uses for wrappers, and what is in it.
func wrapped(m *waE2E.Message) (inner *waE2E.Message) {
	if m == nil {
		return nil
	}
	m.ProtoReflect().Range(func(_ protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if sub, ok := v.Interface().(protoreflect.Message); ok {
			if f, ok := sub.Interface().(*waE2E.FutureProofMessage); ok && f.GetMessage() != nil {
				inner = f.GetMessage()
				return false
			}
		}
		return true
	})
	return inner
}

// read tells what a message says.
func read(m *waE2E.Message) content {
	m = unwrap(m)
	if m == nil {
		return content{}
	}
	for _, part := range []func(*waE2E.Message) (content, bool){readChange, readText, readMedia, readRest} {
		if c, ok := part(m); ok {
			return c
		}
	}
	return content{}
}

// readChange reads messages about an earlier message.
func readChange(m *waE2E.Message) (content, bool) {
	switch p := m.GetProtocolMessage(); {
	case p == nil:
	case p.EditedMessage != nil:
		edited := read(p.GetEditedMessage())
		return content{kind: flowhq.KindEdit, text: edited.text, target: p.GetKey().GetID()}, true
	case p.Type != nil && p.GetType() == waE2E.ProtocolMessage_REVOKE:
		return content{kind: flowhq.KindDelete, target: p.GetKey().GetID()}, true
	default:
		return content{}, true
	}
	switch {
	case m.ReactionMessage != nil:
		r := m.GetReactionMessage()
		return content{kind: flowhq.KindReaction, text: r.GetText(), target: r.GetKey().GetID()}, true
	case m.EncReactionMessage != nil:
		return content{kind: flowhq.KindReaction, target: m.GetEncReactionMessage().GetTargetMessageKey().GetID()}, true
	}
	return content{}, false
}

// readText reads texts, and answers given by pressing a button or choosing from a list.
func readText(m *waE2E.Message) (content, bool) {
	texts := []string{m.GetConversation(), m.GetExtendedTextMessage().GetText()}
	set := m.Conversation != nil || m.ExtendedTextMessage != nil
	if b := m.GetButtonsResponseMessage(); b != nil {
		texts, set = append(texts, b.GetSelectedDisplayText(), b.GetSelectedButtonID()), true
	}
	if b := m.GetTemplateButtonReplyMessage(); b != nil {
		texts, set = append(texts, b.GetSelectedDisplayText(), b.GetSelectedID()), true
	}
	if l := m.GetListResponseMessage(); l != nil {
		texts, set = append(texts, l.GetTitle(), l.GetSingleSelectReply().GetSelectedRowID()), true
	}
	if i := m.GetInteractiveResponseMessage(); i != nil {
		texts, set = append(texts, i.GetBody().GetText()), true
	}
	if !set {
		return content{}, false
	}
	return content{kind: flowhq.KindText, text: first(texts...)}, true
}

// readMedia reads pictures, sounds, files and the like; their caption or name is the text.
func readMedia(m *waE2E.Message) (content, bool) {
	switch {
	case m.ImageMessage != nil:
		return content{kind: flowhq.KindImage, text: m.GetImageMessage().GetCaption()}, true
	case m.VideoMessage != nil:
		return content{kind: flowhq.KindVideo, text: m.GetVideoMessage().GetCaption()}, true
	case m.PtvMessage != nil:
		return content{kind: flowhq.KindVideo, text: m.GetPtvMessage().GetCaption()}, true
	case m.AudioMessage != nil: // a recording and a sound file alike: neither can be read
		return content{kind: flowhq.KindVoice}, true
	case m.DocumentMessage != nil:
		d := m.GetDocumentMessage()
		return content{kind: flowhq.KindDocument, text: first(d.GetCaption(), d.GetFileName(), d.GetTitle())}, true
	case m.StickerMessage != nil:
		return content{kind: flowhq.KindSticker}, true
	case m.LocationMessage != nil:
		l := m.GetLocationMessage()
		return content{kind: flowhq.KindLocation, text: first(l.GetComment(), l.GetName(), l.GetAddress())}, true
	case m.LiveLocationMessage != nil:
		return content{kind: flowhq.KindLocation, text: m.GetLiveLocationMessage().GetCaption()}, true
	case m.ContactMessage != nil:
		return content{kind: flowhq.KindContact, text: m.GetContactMessage().GetDisplayName()}, true
	case m.ContactsArrayMessage != nil:
		return content{kind: flowhq.KindContact, text: m.GetContactsArrayMessage().GetDisplayName()}, true
	}
	return content{}, false
}

// readRest tells messages of an unknown kind that are meant for a person from those that only devices read.
func readRest(m *waE2E.Message) (content, bool) {
	switch {
	case m.AlbumMessage != nil: // an album's pictures follow as messages of their own
	case m.PollUpdateMessage != nil, m.EncEventResponseMessage != nil, m.EncCommentMessage != nil,
		m.SecretEncryptedMessage != nil, m.PollAddOptionMessage != nil, m.ConditionalRevealMessage != nil:
	case m.KeepInChatMessage != nil, m.PinInChatMessage != nil, m.PlaceholderMessage != nil, m.Call != nil,
		m.CallLogMesssage != nil, m.BcallMessage != nil, m.StickerSyncRmrMessage != nil, m.Chat != nil:
	case m.MessageHistoryBundle != nil, m.MessageHistoryNotice != nil, m.GroupRootKeyShare != nil,
		m.RootSecretDistributeMessage != nil, m.StatusNotificationMessage != nil:
	case onlyKeys(m):
	default:
		return content{kind: flowhq.KindOther}, true
	}
	return content{}, true
}

// onlyKeys tells whether a message carries nothing beyond keys and context for the devices.
func onlyKeys(m *waE2E.Message) bool {
	only := true
	m.ProtoReflect().Range(func(f protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		switch f.Name() {
		case "senderKeyDistributionMessage", "fastRatchetKeySenderKeyDistributionMessage", "messageContextInfo":
		default:
			only = false
		}
		return only
	})
	return only
}

// first gives the first text that is not blank.
func first(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}
