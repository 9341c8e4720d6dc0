package wasim_test

import (
	"fmt"
	"testing"

	"flowhq/internal/wasim"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

func TestTextBothWays(t *testing.T) {
	for _, form := range []wasim.AddressForm{wasim.AddressPN, wasim.AddressLID, wasim.AddressLIDOnly} {
		t.Run(string(form), func(t *testing.T) {
			srv := start(t)
			b := newBot(t, srv).link(makePhone(t, srv, phoneNo))
			c := makeCustomer(t, srv, customerNo, form)
			for i := range 3 {
				id := write(t, c, fmt.Sprint("habari ", i))
				m := await[*events.Message](b)
				if m.Info.ID != id || m.Message.GetConversation() != fmt.Sprint("habari ", i) ||
					m.Info.PushName != "Asha" {
					t.Fatalf("got %+v %v", m.Info, m.Message)
				}
				checkAddress(t, c, form, m.Info.MessageSource)
				sent := b.say(m.Info.Chat, fmt.Sprint("karibu ", i))
				row := waitRow(t, c, i)
				if row.ID != sent || row.Text != fmt.Sprint("karibu ", i) || row.From != phoneNo || row.Copies != 1 {
					t.Fatalf("the customer got %+v", row)
				}
			}
			if st := srv.Stats(); st.Undecryptable != 0 || st.Retries != 0 || st.MessagesIn != 3 {
				t.Fatalf("stats %+v", st)
			}
		})
	}
}

func checkAddress(t *testing.T, c *wasim.Customer, form wasim.AddressForm, got types.MessageSource) {
	t.Helper()
	want, alt := c.JID(), c.LID()
	switch form {
	case wasim.AddressLID:
		want, alt = c.LID(), c.JID()
	case wasim.AddressLIDOnly:
		want, alt = c.LID(), types.EmptyJID
	}
	if got.Sender != want || got.SenderAlt != alt || got.Chat != want {
		t.Fatalf("sender %s alt %s chat %s, want %s and %s", got.Sender, got.SenderAlt, got.Chat, want, alt)
	}
}

func TestKinds(t *testing.T) {
	_, b, c := linked(t)
	write(t, c, "first")
	chat := await[*events.Message](b).Info.Chat
	reply := b.say(chat, "reply")
	waitRow(t, c, 0)
	var lastMedia string
	for _, tc := range []struct {
		kind  wasim.Kind
		check func(m *events.Message) bool
	}{
		{wasim.KindImage, func(m *events.Message) bool {
			return m.Message.GetImageMessage().GetCaption() == "words" && m.Info.MediaType == "image"
		}},
		{wasim.KindVoice, func(m *events.Message) bool { return m.Message.GetAudioMessage().GetPTT() }},
		{wasim.KindSticker, func(m *events.Message) bool { return m.Message.GetStickerMessage() != nil }},
		{wasim.KindLocation, func(m *events.Message) bool {
			return m.Message.GetLocationMessage().GetName() == "words"
		}},
		{wasim.KindReaction, func(m *events.Message) bool {
			r := m.Message.GetReactionMessage()
			return r.GetText() == "words" && r.GetKey().GetID() == reply && m.Info.Type == "reaction"
		}},
		{wasim.KindEdit, func(m *events.Message) bool {
			p := m.Message.GetProtocolMessage()
			return m.Info.Edit == types.EditAttributeMessageEdit && p.GetKey().GetID() == lastMedia &&
				p.GetEditedMessage().GetConversation() == "words"
		}},
		{wasim.KindDelete, func(m *events.Message) bool {
			return m.Info.Edit == types.EditAttributeSenderRevoke &&
				m.Message.GetProtocolMessage().GetKey().GetID() == lastMedia
		}},
	} {
		id, err := c.Send(wasim.Message{To: phoneNo, Text: "words", Kind: tc.kind})
		must(t, err)
		if m := await[*events.Message](b); m.Info.ID != id || !tc.check(m) {
			t.Fatalf("%s: got %+v %v", tc.kind, m.Info, m.Message)
		}
		if tc.kind == wasim.KindLocation {
			lastMedia = id
		}
	}
}

func TestChats(t *testing.T) {
	srv, b, _ := linked(t)
	for _, form := range []wasim.AddressForm{wasim.AddressPN, wasim.AddressLID} {
		c := makeCustomer(t, srv, customerNo, form)
		for chat, server := range map[wasim.Chat]string{
			wasim.ChatGroup: types.GroupServer, wasim.ChatStatus: types.BroadcastServer,
			wasim.ChatNewsletter: types.NewsletterServer,
		} {
			id, err := c.Send(wasim.Message{To: phoneNo, Text: "to all", Chat: chat})
			must(t, err)
			m := await[*events.Message](b)
			if m.Info.ID != id || m.Info.Chat.Server != server || m.Message.GetConversation() != "to all" {
				t.Fatalf("%s: got %+v", chat, m.Info)
			}
			if m.Info.IsGroup != (chat != wasim.ChatNewsletter) {
				t.Fatalf("%s: got %+v", chat, m.Info)
			}
		}
	}
	eventually(t, "confirmed", func() bool { return srv.Stats().Waiting == 0 })
	if st := srv.Stats(); st.Retries != 0 {
		t.Fatalf("stats %+v", st)
	}
}

func TestSendSaysWhatIsWrong(t *testing.T) {
	_, _, c := linked(t)
	for _, tc := range []struct {
		m      wasim.Message
		status int
	}{
		{wasim.Message{To: "abc"}, 400},
		{wasim.Message{To: "+255700999999"}, 404},
		{wasim.Message{To: phoneNo, Kind: "fax"}, 400},
		{wasim.Message{To: phoneNo, Chat: "pub"}, 400},
		{wasim.Message{To: phoneNo, Kind: wasim.KindEdit}, 409},
	} {
		_, err := c.Send(tc.m)
		wantStatus(t, err, tc.status)
	}
}
