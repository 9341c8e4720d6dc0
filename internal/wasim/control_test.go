package wasim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"flowhq/internal/wasim"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"
)

func dial(t *testing.T, srv *wasim.Server) *wasim.Client {
	t.Helper()
	c := wasim.NewClient(srv.ControlURL())
	t.Cleanup(c.Close)
	return c
}

// TestControlInterface goes through every call as an outside script would.
func TestControlInterface(t *testing.T) {
	srv := start(t)
	ctl, ctx := dial(t, srv), ctxFor(t)
	phone, err := ctl.MakePhone(ctx, phoneNo, "Duka")
	must(t, err)
	if phone.Number != phoneNo || phone.Name != "Duka" || len(phone.Devices) != 0 {
		t.Fatalf("got %+v", phone)
	}
	b := newBot(t, srv)
	_, err = ctl.Scan(ctx, phoneNo, b.qr())
	must(t, err)
	await[*events.Connected](b)
	_, err = ctl.MakeCustomer(ctx, customerNo, wasim.CustomerOptions{Name: "Asha", Address: wasim.AddressLIDOnly})
	must(t, err)

	customerWrites(t, ctl, b)
	phoneWrites(t, ctl)
	if n, err := ctl.Inject(ctx, wasim.Fault{Fault: "slow", MS: 1}); err != nil || n != 1 {
		t.Fatalf("%d %v", n, err)
	}
	must(t, ctl.Outage(ctx, time.Hour))
	must(t, ctl.EndFaults(ctx))
	await[*events.Connected](b)
	checkStats(t, ctl)
	must(t, ctl.Unlink(ctx, phoneNo, 0))
	await[*events.LoggedOut](b)
	if phone, err = ctl.Phone(ctx, phoneNo); err != nil || len(phone.Devices) != 0 {
		t.Fatalf("got %+v %v", phone, err)
	}
}

// customerWrites has the customer write four messages, the client answer and the customer read.
func customerWrites(t *testing.T, ctl *wasim.Client, b *bot) {
	t.Helper()
	ctx := ctxFor(t)
	id, err := ctl.Send(ctx, customerNo, wasim.Text(phoneNo, "habari"))
	must(t, err)
	m := await[*events.Message](b)
	if m.Info.ID != id {
		t.Fatalf("got %+v", m.Info)
	}
	ids, err := ctl.Burst(ctx, customerNo, wasim.Burst{To: phoneNo, Count: 3, Text: "nr %d", IntervalMS: 1})
	must(t, err)
	for i, want := range ids {
		if m := await[*events.Message](b); m.Info.ID != want || m.Message.GetConversation() != fmt.Sprint("nr ", i+1) {
			t.Fatalf("got %+v", m.Info)
		}
	}
	sent := b.say(m.Info.Chat, "karibu")
	rows, err := ctl.Inbox(ctx, customerNo, 0, patience)
	must(t, err)
	if len(rows) != 1 || rows[0].ID != sent || rows[0].N != 1 {
		t.Fatalf("got %+v", rows)
	}
	receipts, err := ctl.Receipts(ctx, customerNo)
	must(t, err)
	// The client sends its receipts beside each other: their order says nothing.
	if !slices.ContainsFunc(receipts, func(r wasim.Receipt) bool { return r.ID == id && r.From == phoneNo }) {
		t.Fatalf("got %+v", receipts)
	}
}

// phoneWrites has the account's owner write, and the customer and the phone read.
func phoneWrites(t *testing.T, ctl *wasim.Client) {
	t.Helper()
	ctx := ctxFor(t)
	own, err := ctl.PhoneSend(ctx, phoneNo, customerNo, "me again")
	must(t, err)
	rows, err := ctl.Inbox(ctx, customerNo, 1, patience)
	must(t, err)
	if len(rows) != 1 || rows[0].ID != own {
		t.Fatalf("got %+v", rows)
	}
	rows, err = ctl.PhoneInbox(ctx, phoneNo, 0, 0)
	must(t, err)
	if len(rows) != 5 {
		t.Fatalf("the phone got %+v", rows)
	}
}

func checkStats(t *testing.T, ctl *wasim.Client) {
	t.Helper()
	st, err := ctl.Stats(ctxFor(t))
	must(t, err)
	if st.Accounts != 1 || st.Customers != 1 || st.Devices != 1 || st.MessagesIn != 4 {
		t.Fatalf("got %+v", st)
	}
	if st.BytesIn == 0 || st.BytesOut == 0 {
		t.Fatalf("got %+v", st)
	}
}

func TestControlPairingCode(t *testing.T) {
	srv := start(t)
	ctl, b := dial(t, srv), newBot(t, srv)
	_, err := ctl.MakePhone(ctxFor(t), phoneNo, "")
	must(t, err)
	b.qr()
	code, err := b.cli.PairPhone(ctxFor(t), phoneNo, true, whatsmeow.PairClientChrome, "Chrome (Linux)")
	must(t, err)
	_, err = ctl.EnterCode(ctxFor(t), phoneNo, code)
	must(t, err)
	await[*events.Connected](b)
}

func TestInboxWaits(t *testing.T) {
	srv := start(t)
	phone, ctl := makePhone(t, srv, phoneNo), dial(t, srv)
	c := makeCustomer(t, srv, customerNo, "")
	got := make(chan []wasim.InboxRow, 1)
	go func() {
		rows, _ := ctl.PhoneInbox(context.Background(), phoneNo, 0, patience)
		got <- rows
	}()
	write(t, c, "there you are")
	if rows := <-got; len(rows) != 1 || rows[0].Text != "there you are" {
		t.Fatalf("got %+v", rows)
	}
	if rows, err := ctl.PhoneInbox(ctxFor(t), phoneNo, 1, time.Millisecond); err != nil || rows == nil ||
		len(rows) != 0 {
		t.Fatalf("got %+v %v", rows, err)
	}
	_ = phone
}

func TestControlErrors(t *testing.T) {
	srv := start(t)
	makePhone(t, srv, phoneNo)
	makeCustomer(t, srv, customerNo, "")
	for _, tc := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/control/phones", `{"number":"12"}`, 400},
		{"POST", "/control/phones", `{"number":"+255 700 abc"}`, 400},
		{"POST", "/control/phones", `{"nummer":"+255700000009"}`, 400},
		{"POST", "/control/phones", `{`, 400},
		{"POST", "/control/phones", `{"number":"` + customerNo + `"}`, 409},
		{"POST", "/control/phones", `{"number":"` + phoneNo + `"}`, 200},
		{"POST", "/control/phones", `{"number":"255700000009"}`, 201},
		{"POST", "/control/phones", `{"number":"` + strings.Repeat("1", 1<<20) + `"}`, 413},
		{"GET", "/control/phones/+255700999999", "", 404},
		{"POST", "/control/phones/" + phoneNo + "/scan", `{"qr":"hello"}`, 422},
		{"POST", "/control/phones/" + phoneNo + "/code", `{"code":"1"}`, 422},
		{"POST", "/control/phones/" + phoneNo + "/unlink", `{"device":3}`, 404},
		{"POST", "/control/phones/" + phoneNo + "/send", `{"to":"+255700999999"}`, 404},
		{"GET", "/control/phones/" + phoneNo + "/inbox?after=x", "", 400},
		{"GET", "/control/phones/" + phoneNo + "/inbox?wait=1h", "", 400},
		{"POST", "/control/customers", `{"number":"+255711000002","address":"post"}`, 400},
		{"POST", "/control/customers", `{"number":"` + phoneNo + `"}`, 409},
		{"POST", "/control/customers", `{"number":"+255711000002"}`, 201},
		{"POST", "/control/customers", `{"number":"255711000002","address":"lid"}`, 200},
		{"POST", "/control/customers/" + customerNo + "/send", `{"to":"` + phoneNo + `","at":"yesterday"}`, 400},
		{"POST", "/control/customers/" + customerNo + "/send", `{"to":"` + phoneNo + `","text":"hi"}`, 202},
		{"POST", "/control/customers/" + customerNo + "/burst", `{"to":"` + phoneNo + `"}`, 400},
		{"GET", "/control/customers/" + phoneNo + "/inbox", "", 404},
		{"POST", "/control/faults", `{"fault":"x"}`, 400},
		{"DELETE", "/control/faults", "", 200},
		{"POST", "/control/outage", `{}`, 400},
		{"GET", "/control/nothing", "", 404},
	} {
		req, err := http.NewRequest(tc.method, srv.ControlURL()+tc.path, strings.NewReader(tc.body))
		must(t, err)
		resp, err := http.DefaultClient.Do(req)
		must(t, err)
		raw, err := io.ReadAll(resp.Body)
		must(t, err)
		must(t, resp.Body.Close())
		var body struct{ Error string }
		if tc.status >= 400 && (json.Unmarshal(raw, &body) != nil || body.Error == "") {
			t.Errorf("%s %s: no error in %q", tc.method, tc.path, raw)
		}
		if resp.StatusCode != tc.status {
			t.Errorf("%s %s %.60s: status %d, want %d: %s", tc.method, tc.path, tc.body, resp.StatusCode, tc.status,
				raw)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
