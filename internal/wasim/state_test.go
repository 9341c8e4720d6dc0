package wasim_test

import (
	"fmt"
	"testing"

	"flowhq/internal/wasim"

	"go.mau.fi/whatsmeow/types/events"
)

// onState runs a simulator on a folder, on the same port as the last one.
func onState(t *testing.T, dir, listen string) *wasim.Server {
	t.Helper()
	return start(t, func(c *wasim.Config) { c.StateDir, c.Listen = dir, listen })
}

func TestStateSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	srv := onState(t, dir, "")
	b := newBot(t, srv).link(makePhone(t, srv, phoneNo))
	var chats []*wasim.Customer
	for i, form := range []wasim.AddressForm{wasim.AddressPN, wasim.AddressLID, wasim.AddressLIDOnly} {
		c := makeCustomer(t, srv, fmt.Sprint(customerNo, i), form)
		write(t, c, "before")
		b.say(await[*events.Message](b).Info.Chat, "reply before")
		chats = append(chats, c)
	}
	b.cli.Disconnect()
	eventually(t, "offline", func() bool { return srv.Stats().Connections == 0 })
	var waiting []string
	for _, c := range chats {
		waiting = append(waiting, write(t, c, "while away"))
	}
	key, addr := srv.RootKey(), srv.Addr()
	must(t, srv.Close())

	srv = onState(t, dir, addr)
	if srv.RootKey() != key {
		t.Fatal("another root key")
	}
	b = b.again()
	must(t, b.cli.Connect())
	for i, id := range waiting {
		if m := await[*events.Message](b); m.Info.ID != id || m.Message.GetConversation() != "while away" {
			t.Fatalf("message %d is %+v", i, m.Info)
		}
	}
	for i, old := range chats {
		c := makeCustomer(t, srv, old.Number(), "")
		if c.Info() != old.Info() {
			t.Fatalf("customer is %+v, was %+v", c.Info(), old.Info())
		}
		if rows := c.Inbox(0); len(rows) != 1 || rows[0].Text != "reply before" {
			t.Fatalf("inbox %+v", rows)
		}
		b.say(c.LID(), "reply after")
		if row := waitRow(t, c, 1); row.N != 2 || row.Text != "reply after" {
			t.Fatalf("customer %d got %+v", i, row)
		}
	}
	if st := srv.Stats(); st.Undecryptable != 0 || st.Retries != 0 {
		t.Fatalf("stats %+v", st)
	}
}

func TestUnlinkedDeviceStaysUnlinked(t *testing.T) {
	dir := t.TempDir()
	srv := onState(t, dir, "")
	phone := makePhone(t, srv, phoneNo)
	newBot(t, srv).link(phone).cli.Disconnect()
	must(t, phone.Unlink(1))
	must(t, srv.Close())
	if p := makePhone(t, onState(t, dir, ""), phoneNo); len(p.Info().Devices) != 0 {
		t.Fatalf("got %+v", p.Info())
	}
}

func TestSeededIDsDoNotComeBack(t *testing.T) {
	dir := t.TempDir()
	seen := map[string]bool{}
	for range 3 {
		srv := onState(t, dir, "")
		makePhone(t, srv, phoneNo)
		id := write(t, makeCustomer(t, srv, customerNo, ""), "hello")
		if seen[id] {
			t.Fatalf("%s was used in an earlier run", id)
		}
		seen[id] = true
		must(t, srv.Close())
	}
}

func TestStateIsForOneSimulator(t *testing.T) {
	dir := t.TempDir()
	onState(t, dir, "")
	if srv, err := wasim.New(wasim.Config{StateDir: dir}); err == nil {
		_ = srv.Close()
		t.Fatal("two simulators on one folder")
	}
}

func TestSeedMakesTheSameKeys(t *testing.T) {
	one, two := start(t), start(t)
	other := start(t, func(c *wasim.Config) { c.Seed = testSeed + 1 })
	if one.RootKey() != two.RootKey() || one.RootKey() == other.RootKey() {
		t.Fatal("keys do not follow the seed")
	}
	if makePhone(t, one, phoneNo).LID() != makePhone(t, two, phoneNo).LID() {
		t.Fatal("LIDs differ")
	}
}

func TestLoopbackOnly(t *testing.T) {
	for _, cfg := range []wasim.Config{{Listen: "0.0.0.0:0"}, {Control: ":0"}, {Listen: "192.0.2.1:0"},
		{Control: "example.com:0"}, {Listen: "nonsense"}} {
		if srv, err := wasim.New(cfg); err == nil {
			_ = srv.Close()
			t.Errorf("%+v was taken", cfg)
		}
	}
}
