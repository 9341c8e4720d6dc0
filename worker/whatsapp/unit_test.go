package whatsapp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"flowhq/worker/message"
)

func TestReconnectBackOff(t *testing.T) {
	t.Parallel()
	for range 100 { // chance must not matter
		b := reconnectBackOff(5*time.Second, 5*time.Minute)
		for i, middle := range []time.Duration{5, 10, 20, 40, 80, 160, 200, 200} {
			middle *= time.Second
			if got := b.NextBackOff(); got < middle/2 || got > middle*3/2+1 {
				t.Fatalf("try %d: %v, want %v and half of it more or less", i, got, middle)
			}
		}
		b.Reset()
		if got := b.NextBackOff(); got > 7500*time.Millisecond+1 {
			t.Fatalf("first again: %v", got)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	pn, lid := types.NewJID("255700000001", types.DefaultUserServer), types.NewJID("101", types.HiddenUserServer)
	both := message.Person{PN: "+255700000001", LID: "101"}
	device := pn
	device.Device = 7
	for name, c := range map[string]struct {
		jids []types.JID
		want message.Person
	}{
		"number":    {[]types.JID{pn}, message.Person{PN: both.PN}},
		"device":    {[]types.JID{device, lid}, both},
		"lid first": {[]types.JID{lid, pn}, both},
		"lid alone": {[]types.JID{lid, types.EmptyJID}, message.Person{LID: "101"}},
		"group":     {[]types.JID{types.NewJID("1-2", types.GroupServer)}, message.Person{}},
		"hosted": {[]types.JID{
			types.NewJID("255700000001", types.HostedServer), types.NewJID("101", types.HostedLIDServer)}, both},
		"status":         {[]types.JID{types.StatusBroadcastJID}, message.Person{}},
		"server itself":  {[]types.JID{types.ServerJID}, message.Person{}},
		"first one wins": {[]types.JID{pn, types.NewJID("2", types.DefaultUserServer)}, message.Person{PN: both.PN}},
	} {
		if got := personOf(c.jids...); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if pnJID(both) != pn || lidJID(both) != lid || !pnJID(message.Person{}).IsEmpty() ||
		!lidJID(message.Person{}).IsEmpty() {
		t.Error("back to JIDs")
	}
	if both.String() != "+255700000001" || (message.Person{LID: "101"}).String() != "lid:101" ||
		(message.Person{}).String() != "" {
		t.Error("as text")
	}
	if (message.Person{}).Same(message.Person{}) || !both.Same(message.Person{LID: "101"}) ||
		both.Same(message.Person{PN: "+1"}) {
		t.Error("same")
	}
}

func TestChatKinds(t *testing.T) {
	t.Parallel()
	own := message.Person{PN: "+255700000001", LID: "101"}
	jid := types.NewJID
	for want, infos := range map[message.Place][]types.MessageSource{
		message.PlaceDirect: {
			{Chat: jid("255711", types.DefaultUserServer)}, {Chat: jid("202", types.HiddenUserServer)},
			{Chat: jid("255711", types.DefaultUserServer), IsFromMe: true}, {Chat: jid("255711", types.HostedServer)},
		},
		message.PlaceSelf: {
			{Chat: jid("255700000001", types.DefaultUserServer), IsFromMe: true},
			{Chat: jid("101", types.HiddenUserServer), IsFromMe: true},
		},
		message.PlaceGroup: {
			{Chat: jid("1-2", types.GroupServer), IsGroup: true},
			{Chat: jid("1-2", types.GroupServer), IsFromMe: true},
		},
		message.PlaceStatus: {{Chat: types.StatusBroadcastJID, IsGroup: true}},
		message.PlaceBroadcast: {
			{Chat: jid("123", types.BroadcastServer)}, {Chat: types.PSAJID},
			{Chat: types.MetaAIJID}, {Chat: types.NewMetaAIJID},
		},
		message.PlaceNewsletter: {{Chat: jid("123", types.NewsletterServer)}},
	} {
		for _, source := range infos {
			info := types.MessageInfo{MessageSource: source}
			if got := placeOf(&info, recipient(&info, own), own); got != want {
				t.Errorf("%+v: %s, want %s", source, got, want)
			}
		}
	}
	passedOn := types.MessageInfo{
		MessageSource:  types.MessageSource{Chat: jid("255700000001", types.DefaultUserServer), IsFromMe: true},
		DeviceSentMeta: &types.DeviceSentMeta{DestinationJID: "255711@s.whatsapp.net"},
	}
	if to := recipient(&passedOn, own); to.PN != "+255711" {
		t.Errorf("passed on to %+v", to)
	}
}

// TestLogKeepsSecrets: no stanza, no frame, whatever the level; below info whatsmeow is not heard at all.
func TestLogKeepsSecrets(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	at := func(level slog.Level) *logger {
		out.Reset()
		return newLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level})), nil, nil, nil)
	}
	node := &waBinary.Node{
		Tag: "message", Attrs: waBinary.Attrs{"id": "3A", "notify": "Asha"}, Content: []byte("SECRET"),
	}
	l := at(levelTrace)
	l.Warnf("handling %s took long", node)
	l.Errorf("cannot handle %v", *node)
	l.Sub("Recv").Debugf("%s", node)
	l.Debugf("Errored frame hex: %s", "SECRET")
	if s := out.String(); strings.Contains(s, "SECRET") || strings.Contains(s, "Asha") ||
		!strings.Contains(s, "<message id=3A>") {
		t.Errorf("logged: %s", s)
	}
	l = at(slog.LevelInfo)
	l.Infof("hello %d", 1)
	l.Debugf("hello %d", 2)
	if out.Len() != 0 {
		t.Errorf("logged at info: %s", out.String())
	}
	l.Errorf("failed: %v", fmt.Errorf("reading: %w", errNotKept))
	if out.Len() != 0 {
		t.Errorf("what is left out on purpose is logged: %s", out.String())
	}
	l.Errorf("failed: %v", errors.New("disk"))
	if !strings.Contains(out.String(), "level=WARN") {
		t.Errorf("an error is not logged as warning: %s", out.String())
	}
	signal := signalLogger{log: l.log}
	out.Reset()
	signal.Debug("x", "SECRET")
	signal.Error("x", "no session")
	if out.Len() != 0 {
		t.Errorf("libsignal logs at info: %s", out.String())
	}
}

func TestTapsSeeStanzas(t *testing.T) {
	t.Parallel()
	var in, out []string
	l := newLogger(slog.New(slog.DiscardHandler), nil,
		func(n *waBinary.Node) { in = append(in, n.Tag) }, func(n *waBinary.Node) { out = append(out, n.Tag) })
	l.Sub("Recv").Debugf("%s", &waBinary.Node{Tag: "ack"})
	l.Sub("Send").Debugf("%s", &waBinary.Node{Tag: "iq"})
	l.Sub("Socket").Debugf("%s", &waBinary.Node{Tag: "other"})
	l.Sub("Recv").Debugf("text %s", "x")
	if len(in) != 1 || in[0] != "ack" || len(out) != 1 || out[0] != "iq" {
		t.Errorf("in %v, out %v", in, out)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	asked, answer, fails := 0, store.WAVersionContainer{2, 3000, 1}, error(nil)
	v := &versions{path: versionPath(t.TempDir()), now: func() time.Time { return now },
		ask: func(context.Context) (store.WAVersionContainer, error) { asked++; return answer, fails }}
	find := func(what string, fresh bool, want store.WAVersionContainer, wantAsked int, wantErr bool) {
		t.Helper()
		got, err := v.find(t.Context(), fresh)
		if got != want || asked != wantAsked || (err != nil) != wantErr {
			t.Errorf("%s: %v, asked %d, err %v", what, got, asked, err)
		}
	}
	one, two := answer, store.WAVersionContainer{2, 3000, 2}
	fails = errors.New("no network")
	answer = store.WAVersionContainer{}
	find("nothing known, nobody answers", false, store.WAVersionContainer{}, 1, true)
	fails, answer = nil, one
	find("first answer", false, one, 2, false)
	answer = two
	find("young enough", false, one, 2, false)
	find("asked anew", true, two, 3, false)
	now = now.Add(7 * time.Hour)
	fails = errors.New("no network")
	find("old, but nobody answers", false, two, 4, true)
	must(t, os.WriteFile(v.path, []byte("{"), 0o600))
	find("file is broken", false, store.WAVersionContainer{}, 5, true)
	v.fixed = "2.3000.7"
	find("configured", true, store.WAVersionContainer{2, 3000, 7}, 5, false)
}

func TestAcksAreBounded(t *testing.T) {
	t.Parallel()
	var a acks
	at := time.Unix(1_800_000_000, 0)
	a.came("never missed", at)
	if _, ok := a.known("never missed"); ok {
		t.Error("remembers what nobody waits for")
	}
	for i := range 3 * maxMissed {
		a.miss(fmt.Sprint(i))
		a.miss(fmt.Sprint(i))
	}
	if len(a.missed) != maxMissed || len(a.order) != maxMissed {
		t.Errorf("%d and %d remembered", len(a.missed), len(a.order))
	}
	last := fmt.Sprint(3*maxMissed - 1)
	a.came("0", at)
	a.came(last, at)
	if _, ok := a.known("0"); ok {
		t.Error("the oldest is still there")
	}
	if got, ok := a.known(last); !ok || !got.Equal(at) {
		t.Error("the newest is not known")
	}
}

func TestReadReceiptsUseTheFormOfTheMessage(t *testing.T) {
	t.Parallel()
	var c receiptChats
	pn, lid := types.NewJID("255711", types.DefaultUserServer), types.NewJID("202", types.HiddenUserServer)
	for i := range 2 * maxChats {
		c.note(fmt.Sprint(i), pn)
	}
	c.note("by lid", lid)
	if len(c.of) != maxChats || len(c.order) != maxChats {
		t.Errorf("%d and %d remembered", len(c.of), len(c.order))
	}
	last := fmt.Sprint(2*maxChats - 1)
	parts := c.split([]string{"0", last, "by lid"}, message.Person{PN: "+255711", LID: "303"})
	fallback := types.NewJID("303", types.HiddenUserServer)
	if len(parts) != 3 || parts[pn][0] != last || parts[lid][0] != "by lid" || parts[fallback][0] != "0" {
		t.Errorf("split: %v", parts)
	}
}

func TestServerCodes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"server returned error 463": 463, "server returned error": 0} {
		if got := serverCode(errors.New(text)); got != want {
			t.Errorf("%q: %d", text, got)
		}
	}
}

func TestMessageIDs(t *testing.T) {
	t.Parallel()
	c := &Client{}
	seen := map[string]bool{}
	for range 1000 {
		id := c.NewMessageID()
		if seen[id] || len(id) != 22 || !strings.HasPrefix(id, "3EB0") || id != strings.ToUpper(id) {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
}

func TestDataSource(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/a folder?#%"
	must(t, os.Mkdir(dir, 0o700))
	ds, err := openDeviceStore(t.Context(), dir, nil)
	must(t, err)
	defer func() { must(t, ds.close()) }()
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "foreign_keys": "1", "busy_timeout": "10000", "synchronous": "1",
		"journal_size_limit": "524288", "cache_size": "-96",
	} {
		var got string
		must(t, ds.db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
		if got != want {
			t.Errorf("%s = %s, want %s", pragma, got, want)
		}
	}
	if _, err := os.Stat(dir + "/device.db"); err != nil {
		t.Error(err)
	}
	if n := ds.db.Stats().MaxOpenConnections; n != 1 {
		t.Errorf("%d connections", n)
	}
}
