package worker

import (
	"fmt"
	"testing"
	"time"

	"flowhq"
	"flowhq/worker/journal"
	"flowhq/worker/message"
)

// BenchmarkAnswer is a customer's message from the device to the reply handed to the device, journal on the disk
// included.
func BenchmarkAnswer(b *testing.B) {
	dev := newFake()
	j, _, err := journal.Open(b.Context(), b.TempDir(), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	e, err := newEngine(b.Context(), j, botLoader{}, quietLog())
	if err != nil {
		b.Fatal(err)
	}
	e.dev = dev
	c := plain()
	c.Limits.RepliesPerMinute = 1 << 30
	c.Business.Template = flowhq.TemplateBooking
	if err := e.configure(c); err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		err := e.receive(b.Context(), message.Incoming{
			ID: fmt.Sprint(
				"B", i,
			),
			Place:  message.PlaceDirect,
			From:   message.Person{PN: fmt.Sprintf("+2557%08d", i%1000)},
			Kind:   flowhq.KindText,
			Text:   "Habari, mnafungua saa ngapi?",
			SentAt: time.Now(),
		})
		if err != nil {
			b.Fatal(err)
		}
		for i++; ; {
			dev.mu.Lock()
			n := len(dev.shown)
			dev.mu.Unlock()
			if n == i {
				break
			}
			time.Sleep(50 * time.Microsecond)
		}
	}
	b.StopTimer()
	e.stop(time.Second, func() {})
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
}
