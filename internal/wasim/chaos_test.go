package wasim_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"flowhq/internal/wasim"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"
)

// TestNothingIsLostInTrouble lets customers write to a client that answers each message, sending again until the server
// has taken the answer, while one fault follows the other. In the end every message has arrived and every answer too.
func TestNothingIsLostInTrouble(t *testing.T) {
	srv, b, _ := linked(t)
	b.cli.Disconnect()
	b = b.again()
	b.cli.SynchronousAck, b.cli.EnableDecryptedEventBuffer = true, true
	stop := answering(b)
	defer stop()
	must(t, b.cli.Connect())
	await[*events.Connected](b)

	forms := []wasim.AddressForm{wasim.AddressPN, wasim.AddressLID, wasim.AddressLIDOnly}
	var customers []*wasim.Customer
	for i, form := range forms {
		customers = append(customers, makeCustomer(t, srv, fmt.Sprint(customerNo, i), form))
	}
	const each = 8
	ids := map[string]bool{}
	faults := []wasim.Fault{{Fault: "slow", MS: 20}, {Fault: "drop"}, {Fault: "redeliver", Count: 5}, {Fault: "reset"},
		{Fault: "retry", Count: 3, Keys: true}, {Fault: "freeze", Seconds: 0.2}, {Fault: "restart"},
		{Fault: "hold-acks", Seconds: 0.2}, {Fault: "drop"}}
	for _, f := range faults {
		for i := range each {
			ids[write(t, customers[i%len(customers)], "hello")] = true
			if i == each/2 {
				inject(t, srv, f)
			}
		}
		if f.Fault == "drop" || f.Fault == "reset" || f.Fault == "restart" {
			eventually(t, "back after "+f.Fault, b.cli.IsLoggedIn)
		}
	}
	srv.EndFaults()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("written %v; %+v", ids, srv.Stats())
		}
	})
	checkAnswers(t, customers, ids)
	eventually(t, "all confirmed", func() bool { return srv.Stats().Waiting == 0 })
}

// checkAnswers waits until every message is answered, and wants no other answers.
func checkAnswers(t *testing.T, customers []*wasim.Customer, ids map[string]bool) {
	t.Helper()
	eventually(t, "every message is answered", func() bool {
		answered := 0
		for _, c := range customers {
			answered += len(c.Inbox(0))
		}
		return answered == len(ids)
	})
	for _, c := range customers {
		rows := c.Inbox(0)
		for _, row := range rows {
			if !ids[row.ID[len("ANSWER-"):]] {
				t.Errorf("an answer to nothing: %+v", row)
			}
		}
		if t.Failed() {
			t.Logf("%s: %+v", c.Number(), rows)
		}
	}
}

// answering makes the client reply to every message under an id that follows from the message's, until it is taken.
func answering(b *bot) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	work := make(chan *events.Message, 4096)
	b.cli.AddEventHandler(func(e any) {
		if m, ok := e.(*events.Message); ok && !m.Info.IsFromMe {
			work <- m
		}
	})
	var wg sync.WaitGroup
	wg.Go(func() { keepConnected(ctx, b) })
	wg.Go(func() {
		for {
			select {
			case m := <-work:
				replyUntilTaken(ctx, b, m)
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}
}

// keepConnected works around a gap in whatsmeow: when a connection ends after the last message of the handshake and
// before the handler for that is registered, the client does not notice and never connects again.
func keepConnected(ctx context.Context, b *bot) {
	look := time.NewTicker(500 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			if b.cli.Store.ID != nil && !b.cli.IsConnected() {
				_ = b.cli.Connect() // an error means that the next look tries again
			}
		case <-ctx.Done():
			return
		}
	}
}

func replyUntilTaken(ctx context.Context, b *bot, m *events.Message) {
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	extra := whatsmeow.SendRequestExtra{ID: "ANSWER-" + m.Info.ID, Timeout: time.Second}
	for {
		if _, err := b.cli.SendMessage(ctx, m.Info.Chat, text("answer"), extra); err == nil {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return
		}
	}
}
