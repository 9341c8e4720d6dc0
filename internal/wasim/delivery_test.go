package wasim_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"flowhq/internal/wasim"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

func linked(t *testing.T, change ...func(*wasim.Config)) (*wasim.Server, *bot, *wasim.Customer) {
	t.Helper()
	srv := start(t, change...)
	return srv, newBot(t, srv).link(makePhone(t, srv, phoneNo)), makeCustomer(t, srv, customerNo, wasim.AddressPN)
}

func TestOfflineMessagesAreDeliveredAfterLogin(t *testing.T) {
	srv, b, c := linked(t)
	phone := makePhone(t, srv, phoneNo)
	b.cli.Disconnect()
	eventually(t, "offline", func() bool { return !phone.Info().Devices[0].Online })
	const count = 20
	for i := range count {
		write(t, c, fmt.Sprint(i))
	}
	b = b.again()
	must(t, b.cli.Connect())
	if p := await[*events.OfflineSyncPreview](b); p.Total != count || p.Messages != count {
		t.Fatalf("preview %+v", p)
	}
	for i := range count {
		if m := await[*events.Message](b); m.Message.GetConversation() != fmt.Sprint(i) {
			t.Fatalf("message %d is %q", i, m.Message.GetConversation())
		}
	}
	if done := await[*events.OfflineSyncCompleted](b); done.Count != count {
		t.Fatalf("completed %+v", done)
	}
	eventually(t, "all confirmed", func() bool { return srv.Stats().Waiting == 0 })
}

func TestUnconfirmedMessageComesAgain(t *testing.T) {
	srv, b, c := linked(t)
	b.cli.Disconnect()
	b = b.again()
	b.cli.SynchronousAck, b.cli.EnableDecryptedEventBuffer = true, true
	refused := make(chan string, 16)
	b.cli.AddEventHandlerWithSuccessStatus(func(e any) bool {
		m, is := e.(*events.Message)
		if is {
			refused <- m.Info.ID
		}
		return !is // the message is not safe yet: no receipt
	})
	must(t, b.cli.Connect())
	await[*events.Connected](b)
	id := write(t, c, "keep me")
	if got := <-refused; got != id {
		t.Fatalf("got %s, want %s", got, id)
	}
	b.cli.Disconnect()
	b = b.again()
	b.cli.EnableDecryptedEventBuffer = true
	must(t, b.cli.Connect())
	if m := await[*events.Message](b); m.Info.ID != id || m.Message.GetConversation() != "keep me" {
		t.Fatalf("got %+v", m.Info)
	}
	eventually(t, "confirmed", func() bool { return srv.Stats().Waiting == 0 })
	if srv.Stats().Redelivered == 0 {
		t.Fatal("the repeated delivery was not counted")
	}
}

func TestMessageKeepsItsOwnTime(t *testing.T) {
	_, b, c := linked(t)
	at := time.Now().Add(-3 * time.Hour).Truncate(time.Second)
	_, err := c.Send(wasim.Message{To: phoneNo, Text: "late", At: at})
	must(t, err)
	if m := await[*events.Message](b); !m.Info.Timestamp.Equal(at) {
		t.Fatalf("time %v, want %v", m.Info.Timestamp, at)
	}
}

func TestPhoneSeesEverything(t *testing.T) {
	srv, b, c := linked(t)
	phone := makePhone(t, srv, phoneNo)
	write(t, c, "one")
	await[*events.Message](b)
	b.say(c.JID(), "two")
	b.say(types.NewJID(phoneNo[1:], types.DefaultUserServer), "note to myself")
	var rows []wasim.InboxRow
	eventually(t, "three rows", func() bool { rows = phone.Inbox(0); return len(rows) == 3 })
	for i, want := range []wasim.InboxRow{
		{From: customerNo, Text: "one", Chat: "direct"},
		{From: phoneNo, To: customerNo, Text: "two", Chat: "direct", Device: 1},
		{From: phoneNo, To: phoneNo, Text: "note to myself", Chat: "self", Device: 1},
	} {
		got := rows[i]
		if got.From != want.From || got.To != want.To || got.Text != want.Text || got.Chat != want.Chat ||
			got.Device != want.Device {
			t.Errorf("row %d is %+v, want %+v", i, got, want)
		}
	}
}

func TestOwnerWritesFromThePhone(t *testing.T) {
	for _, form := range []wasim.AddressForm{wasim.AddressPN, wasim.AddressLID, wasim.AddressLIDOnly} {
		t.Run(string(form), func(t *testing.T) {
			srv, b, _ := linked(t)
			c := makeCustomer(t, srv, customerNo, form)
			id, err := makePhone(t, srv, phoneNo).Send(customerNo, "I take over")
			must(t, err)
			m := await[*events.Message](b)
			want := c.JID()
			if form != wasim.AddressPN {
				want = c.LID()
			}
			if !m.Info.IsFromMe || m.Info.ID != id || m.Info.Chat != want || m.Info.Sender.Device != 0 ||
				m.Message.GetConversation() != "I take over" {
				t.Fatalf("got %+v %v", m.Info, m.Message)
			}
			if row := waitRow(t, c, 0); row.ID != id || row.Text != "I take over" {
				t.Fatalf("the customer got %+v", row)
			}
			eventually(t, "confirmed", func() bool { return srv.Stats().Waiting == 0 })
		})
	}
}

func TestTwoDevicesSeeEachOther(t *testing.T) {
	srv, one, c := linked(t)
	two := newBot(t, srv).link(makePhone(t, srv, phoneNo))
	write(t, c, "to both")
	await[*events.Message](one)
	m := await[*events.Message](two)
	two.say(m.Info.Chat, "from the second")
	echo := await[*events.Message](one)
	if !echo.Info.IsFromMe || echo.Message.GetConversation() != "from the second" ||
		echo.Info.Sender.Device != two.cli.Store.ID.Device {
		t.Fatalf("the first device got %+v %v", echo.Info, echo.Message)
	}
	waitRow(t, c, 0)
}

func TestDeviceListsStayFresh(t *testing.T) {
	srv, one, c := linked(t)
	const other = "+255700000002"
	otherPhone := makePhone(t, srv, other)
	peer := newBot(t, srv).link(otherPhone)
	one.say(c.JID(), "fills the list of own devices")
	one.say(otherPhone.JID(), "fills the list of the other's devices")
	awaitWhere(peer, func(m *events.Message) bool { return m.Message.GetConversation() != "" })
	two, peer2 := newBot(t, srv).link(makePhone(t, srv, phoneNo)), newBot(t, srv).link(otherPhone)
	eventually(t, "told", func() bool { return srv.Stats().Waiting == 0 })
	one.say(c.JID(), "to all of mine")
	awaitWhere(two, func(m *events.Message) bool { return m.Message.GetConversation() == "to all of mine" })
	one.say(otherPhone.JID(), "misses the new one, and learns of it")
	one.say(otherPhone.JID(), "to all of yours")
	awaitWhere(peer2, func(m *events.Message) bool { return m.Message.GetConversation() == "to all of yours" })
}

func TestPhoneGreetsANewDevice(t *testing.T) {
	srv := start(t, func(c *wasim.Config) { c.Bare = false })
	b := newBot(t, srv)
	_, err := makePhone(t, srv, phoneNo).Scan(ctxFor(t), b.qr())
	must(t, err)
	for found, history := 0, false; found < 5 || !history; {
		e := await[any](b)
		if _, ok := e.(*events.AppStateSyncComplete); ok {
			found++
		}
		if _, ok := e.(*events.HistorySync); ok {
			history = true
		}
	}
	eventually(t, "confirmed", func() bool { return srv.Stats().Waiting == 0 })
	if st := srv.Stats(); st.Retries != 0 {
		t.Fatalf("stats %+v", st)
	}
}

// TestSynchronousClientAsksPhoneToo is about a client that acknowledges in step with its handlers: it asks its phone
// for a message that it could not read as well as the sender.
func TestSynchronousClientAsksPhoneToo(t *testing.T) {
	srv := start(t, func(c *wasim.Config) { c.Bare = false })
	b := newBot(t, srv)
	b.cli.SynchronousAck, b.cli.EnableDecryptedEventBuffer = true, true
	b.link(makePhone(t, srv, phoneNo))
	c := makeCustomer(t, srv, customerNo, wasim.AddressPN)
	write(t, c, "hi")
	chat := awaitWhere(b, notMine).Info.Chat
	b.say(chat, "hello")
	must(t, b.cli.Store.Sessions.DeleteSession(context.Background(), c.LID().SignalAddress().String()))
	id := write(t, c, "say that again")
	fromPhone, fromSender := false, false
	for !fromPhone || !fromSender {
		m := awaitWhere(b, notMine)
		if m.Info.ID != id || m.Message.GetConversation() != "say that again" {
			t.Fatalf("got %+v", m.Info)
		}
		if m.UnavailableRequestID != "" {
			fromPhone = true
		} else {
			fromSender = true
		}
	}
	eventually(t, "confirmed", func() bool { return srv.Stats().Waiting == 0 })
}

func notMine(m *events.Message) bool { return !m.Info.IsFromMe }

func TestDeviceNumbersGoRound(t *testing.T) {
	srv, b, c := linked(t)
	phone := makePhone(t, srv, phoneNo)
	write(t, c, "to the first")
	b.say(await[*events.Message](b).Info.Chat, "from the first")
	for i := 2; i < 256; i++ { // pairings that come to nothing use up the numbers
		if _, err := phone.ReserveDevice(); err != nil {
			t.Fatal(err)
		}
	}
	must(t, phone.Unlink(1))
	again := newBot(t, srv).link(phone)
	if id := again.cli.Store.ID.Device; id != 1 {
		t.Fatalf("linked as device %d", id)
	}
	write(t, c, "to the second")
	again.say(await[*events.Message](again).Info.Chat, "from the second")
	if row := waitRow(t, c, 1); row.Text != "from the second" {
		t.Fatalf("got %+v", row)
	}
	if st := srv.Stats(); st.Retries != 0 || st.Undecryptable != 0 {
		t.Fatalf("stats %+v", st)
	}
}

// downloadable is the one part of a message that refers to a file.
func downloadable(m *waE2E.Message) whatsmeow.DownloadableMessage {
	switch {
	case m.ImageMessage != nil:
		return m.ImageMessage
	case m.AudioMessage != nil:
		return m.AudioMessage
	}
	return m.StickerMessage
}

func TestMedia(t *testing.T) {
	_, b, c := linked(t)
	for kind, want := range map[wasim.Kind]string{wasim.KindImage: "simulated image",
		wasim.KindVoice: "simulated voice", wasim.KindSticker: "simulated sticker"} {
		id, err := c.Send(wasim.Message{To: phoneNo, Kind: kind})
		must(t, err)
		m := await[*events.Message](b)
		data, err := b.cli.Download(ctxFor(t), downloadable(m.Message))
		must(t, err)
		if got := string(data); !strings.Contains(got, want) || !strings.Contains(got, id) {
			t.Fatalf("%s: downloaded %q", kind, got)
		}
	}
	up, err := b.cli.Upload(ctxFor(t), []byte("a price list"), whatsmeow.MediaDocument)
	must(t, err)
	data, err := b.cli.Download(ctxFor(t), &waE2E.DocumentMessage{URL: &up.URL, DirectPath: &up.DirectPath,
		MediaKey:      up.MediaKey,
		FileEncSHA256: up.FileEncSHA256, FileSHA256: up.FileSHA256, FileLength: &up.FileLength})
	must(t, err)
	if string(data) != "a price list" {
		t.Fatalf("downloaded %q", data)
	}
}

func TestTwoAccountsWriteToEachOther(t *testing.T) {
	srv := start(t)
	const other = "+255700000002"
	a, b := newBot(t, srv).link(makePhone(t, srv, phoneNo)), newBot(t, srv).link(makePhone(t, srv, other))
	a.say(b.cli.Store.ID.ToNonAD(), "hello there")
	m := await[*events.Message](b)
	if m.Message.GetConversation() != "hello there" {
		t.Fatalf("got %v", m.Message)
	}
	b.say(m.Info.Chat, "and back")
	if m := awaitWhere(a, func(m *events.Message) bool {
		return !m.Info.IsFromMe
	}); m.Message.GetConversation() != "and back" {
		t.Fatalf("got %v", m.Message)
	}
}

func TestSameIDIsACopy(t *testing.T) {
	_, b, c := linked(t)
	write(t, c, "hi")
	await[*events.Message](b)
	for range 3 {
		_, err := b.cli.SendMessage(ctxFor(t), c.JID(), text("once"), sendAs("FIXED1"))
		must(t, err)
	}
	b.say(c.JID(), "twice")
	rows := c.Inbox(0)
	if len(rows) != 2 || rows[0].Copies != 3 || rows[1].Copies != 1 {
		t.Fatalf("rows %+v", rows)
	}
}

func text(s string) *waE2E.Message { return &waE2E.Message{Conversation: proto.String(s)} }

func TestReceiptsAndTyping(t *testing.T) {
	_, b, c := linked(t)
	id := write(t, c, "hi")
	m := await[*events.Message](b)
	must(t, b.cli.SendChatPresence(context.Background(), m.Info.Chat, types.ChatPresenceComposing,
		types.ChatPresenceMediaText))
	must(t, b.cli.SendChatPresence(context.Background(), m.Info.Chat, types.ChatPresencePaused,
		types.ChatPresenceMediaText))
	must(t, b.cli.MarkRead(context.Background(), []string{id}, time.Now(), m.Info.Chat, m.Info.Sender))
	want := map[string]string{"inactive": id, "typing": "", "paused": "", "read": id}
	eventually(t, "all receipts", func() bool {
		got := map[string]string{}
		for _, r := range c.Receipts() {
			got[r.Type] = r.ID
		}
		return fmt.Sprint(got) == fmt.Sprint(want)
	})
	sent := b.say(m.Info.Chat, "reply")
	if r := await[*events.Receipt](b); r.MessageIDs[0] != sent || r.Type != types.ReceiptTypeDelivered {
		t.Fatalf("the client got %+v", r)
	}
}
