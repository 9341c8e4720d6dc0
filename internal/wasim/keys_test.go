package wasim_test

import (
	"fmt"
	"testing"

	"flowhq/internal/wasim"

	"go.mau.fi/whatsmeow/types/events"
)

// TestClientRefillsItsKeys uses up the one-time keys: each new customer takes one. The server says when they run low,
// the client uploads more, and customers who come while none is left are served too.
func TestClientRefillsItsKeys(t *testing.T) {
	srv := start(t)
	phone := makePhone(t, srv, phoneNo)
	b := newBot(t, srv).link(phone)
	const customers = 70 // of 50 keys
	for i := range customers {
		write(t, makeCustomer(t, srv, fmt.Sprintf("+2557120%05d", i), wasim.AddressLID), "hi")
	}
	for range customers {
		await[*events.Message](b)
	}
	eventually(t, "refilled", func() bool { return phone.Info().Devices[0].Keys > 40 })
	if st := srv.Stats(); st.Retries != 0 {
		t.Fatalf("stats %+v", st)
	}
}
