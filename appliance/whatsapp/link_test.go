package whatsapp

import (
	"testing"

	"flowhq"
	"flowhq/internal/wasim"
)

func TestLinkByQRAndAnswer(t *testing.T) {
	srv := simulator(t)
	r := newRig(t, srv)
	r.link()
	if self := r.Self(); self.PN != phoneNo || self.LID == "" {
		t.Fatalf("self: %+v", self)
	}
	asha := r.customer(wasim.AddressPN)
	write(t, asha, "Habari")
	m := r.message("Habari")
	if m.From.PN != customerNo || m.From.LID == "" || m.Chat != ChatDirect || m.Kind != flowhq.KindText || m.Name != "Asha" || m.FromMe {
		t.Fatalf("taken: %+v", m)
	}
	_, err := r.say(m.From, "Karibu")
	must(t, err)
	arrives(t, asha, "Karibu")
	if r.Undecryptable() != 0 {
		t.Fatal("undecryptable messages")
	}
}

func TestRestartNeedsNoNewCode(t *testing.T) {
	srv := simulator(t)
	r := newRig(t, srv)
	r.link()
	r.restart()
	r.phase(0, flowhq.PhaseConnected)
	for _, s := range r.reports {
		if s.QRCode != "" {
			t.Fatal("a code was shown again")
		}
	}
	write(t, r.customer(wasim.AddressPN), "Tena")
	r.message("Tena")
}
