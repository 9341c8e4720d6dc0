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
				if m.Info.ID != id || m.Message.GetConversation() != fmt.Sprint("habari ", i) || m.Info.PushName != "Asha" {
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
