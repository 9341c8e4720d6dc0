package bot

// Signal is what a message means to the one who decides whether the bot is asked at all.
type Signal string

// The signals.
const (
	SignalNone   Signal = ""
	SignalOptOut Signal = "opt_out" // STOP and its kin, as the whole message
	SignalOptIn  Signal = "opt_in"  // START and its kin, as the whole message
	SignalHuman  Signal = "human"   // asks for a person
)

// Signal reads a text for the words that count even while a human has the chat or the customer has opted out: a worker
// then asks here first, and calls Step for what concerns the register alone.
func (f *Flow) Signal(text string) Signal {
	tokens := cut(text)
	hits, _ := f.words.find(tokens, f.words.listen(tokens))
	found := map[int]bool{}
	for _, h := range hits {
		found[h.meaning] = true
	}
	switch {
	case found[f.means.stop]:
		return SignalOptOut
	case found[f.means.start]:
		return SignalOptIn
	case found[f.means.human]:
		return SignalHuman
	}
	return SignalNone
}
