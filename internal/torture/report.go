package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// summary is how one store fared.
type summary struct {
	store              string
	messages, late     int // written by customers; of them such that came too late to be answered
	repeated           int64
	undecryptable      int64 // answers and messages that could not be decrypted at first
	unhealed           int   // and never
	refused, banned    int64 // messages and logins that WhatsApp refused because of a pause
	appliance          int64 // starts of it after the first
	faults             map[string]int
	settled            time.Duration
	problems           []string
	tenants, customers int
	length             time.Duration
	seed               uint64
}

func (w *world) summary(problems []string) (s summary, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	st, err := w.sim.Stats(ctx)
	if err != nil {
		return s, err
	}
	s = summary{
		store: w.store, repeated: st.Redelivered, undecryptable: st.Undecryptable + st.Retries,
		unhealed: st.Placeholders + st.Unread,
		refused:  st.Refused, banned: st.Banned, appliance: w.app.starts.Load(), faults: maps.Clone(w.counts),
		settled:  w.settled,
		problems: problems, tenants: w.tenants, customers: w.customers, length: w.length, seed: w.seed,
	}
	for _, c := range w.all {
		s.messages += len(c.sent)
		s.late += len(c.sent) - len(c.answerable())
	}
	return s, nil
}

// report tells how it went.
func (w *world) report(s summary) {
	w.say("%d messages of %d customers, %d of them too late to be answered; %d deliveries repeated; the appliance "+
		"was started %d times again",
		s.messages, s.customers, s.late, s.repeated, s.appliance)
	w.say("%d messages and answers undecryptable at first, %d never healed; %d messages refused in %d restrictions, "+
		"%d logins in %d bans",
		s.undecryptable, s.unhealed, s.refused, s.faults["restricted"], s.banned, s.faults["banned"])
	for i, p := range s.problems {
		if i == 40 {
			w.say("… and %d more", len(s.problems)-i)
			break
		}
		w.say("BROKEN  %s", p)
	}
	if len(s.problems) == 0 {
		w.say("every message in time was answered once, in order, and is in the log; every other is marked and on " +
			"the owner's list")
	}
}

// writePage writes what was found as a page of the documentation.
func writePage(path, commit string, all []summary) error {
	var b strings.Builder
	s := all[0]
	fmt.Fprintf(&b, "# Torture\n\n    bin/torture --seed %d --tenants %d --customers %d --length %s --out "+
		"docs/benchmarks/torture.md\n\n", s.seed, s.tenants, s.customers, s.length)
	fmt.Fprintf(&b, "The real appliance, a worker process for each of %d businesses and %d customers on the "+
		"simulator, while faults of all kinds\n"+
		"happen, several at a time. %s, commit %s, %s, %d processors shared with other work. Checked afterwards, for "+
		"each customer: what the phone\n"+
		"shows, in order; the log; the decisions; the records; the owner's list of what came too late; that each "+
		"business has one worker.\n\n",
		s.tenants, s.customers, time.Now().UTC().Format(time.DateOnly), commit, runtime.Version(), runtime.NumCPU())
	row := func(what string, value func(summary) string) {
		fmt.Fprintf(&b, "| %s |", what)
		for _, s := range all {
			fmt.Fprintf(&b, " %s |", value(s))
		}
		b.WriteString("\n")
	}
	row("", func(s summary) string { return s.store })
	b.WriteString("| --- |" + strings.Repeat(" ---: |", len(all)) + "\n")
	number := func(of func(summary) int64) func(summary) string {
		return func(s summary) string { return fmt.Sprint(of(s)) }
	}
	row("messages of customers", number(func(s summary) int64 { return int64(s.messages) }))
	row("of them older than a bot may answer when they arrived", number(func(s summary) int64 { return int64(s.late) }))
	row("**promises broken**", func(s summary) string { return fmt.Sprintf("**%d**", len(s.problems)) })
	row("deliveries repeated", number(func(s summary) int64 { return s.repeated }))
	row("messages and answers undecryptable at first", number(func(s summary) int64 { return s.undecryptable }))
	row("**of them never healed**", func(s summary) string { return fmt.Sprintf("**%d**", s.unhealed) })
	row("messages refused during restrictions", number(func(s summary) int64 { return s.refused }))
	row("logins refused during bans", number(func(s summary) int64 { return s.banned }))
	row("everything in order after the last fault, s", func(s summary) string {
		return fmt.Sprintf("%.0f", s.settled.Seconds())
	})
	names := make(map[string]bool)
	for _, s := range all {
		for name := range s.faults {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		row("fault: "+name, number(func(s summary) int64 { return int64(s.faults[name]) }))
	}
	return os.WriteFile(path, []byte(b.String()), 0o644)
}
