package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"flowhq/internal/harness"
)

func (r result) markdown(b *bench, before *result) string {
	var s strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&s, format+"\n", args...) }
	ms := func(us int) float64 { return float64(us) / 1000 }
	line("# The fleet, measured")
	line("")
	line("`make bench-fleet` makes this page: simulator, appliance and one worker process a business, all on one " +
		"machine, SQLite, typing")
	line("delay and limits off. The simulator's own work (it encrypts for every customer) shares the processors.")
	line("")
	line("%s, %s, kernel %s, %d processors, %s; load average at the end %s.", time.Now().UTC().Format(time.DateOnly),
		runtime.Version(), kernel(), runtime.NumCPU(), processor(), loadAverage())
	line("")
	r.fleetTable(&s, b, before)
	line("")
	line("## From a customer's message to the reply in the inbox")
	line("")
	line("%d messages a second over %d businesses for %s; %d of %d were answered. The stages are read from the "+
		"decisions in the message", b.rate, b.tenants, b.period, r.answered, r.sent)
	line("log, which are kept to the millisecond.")
	line("")
	line("| stage | median | p99 | max | aim |")
	line("| --- | --- | --- | --- | --- |")
	row := func(what string, v spread, aim string) {
		line("| %s | %.1f ms | %.1f ms | %.1f ms | %s |", what, ms(v.median), ms(v.p99), ms(v.max), aim)
	}
	if before != nil {
		row("the version before: the whole way", before.latency, "")
	}
	row(fmt.Sprintf("each customer's first message, to a worker at rest, %d a second", firstRate), r.first, "")
	row("all later ones: the whole way", r.latency, "10 ms, p99 50 ms")
	row("sent by the customer until decrypted by the worker", r.stages.taken, "")
	row("until journalled, decided and handed to WhatsApp", r.stages.decided, "")
	row("until encrypted, sent and read in the inbox", r.stages.shown, "")
	if c := r.comeback; c.workers > 0 {
		line("")
		line("## Back after an outage")
		line("")
		line("WhatsApp was away for %s; %d workers returned. First try after 5 s, later ones double, each "+
			"moved by chance.", outage, c.workers)
		line("")
		line("| what | measured |")
		line("| --- | --- |")
		line("| first, median and last login after WhatsApp was back | %.1f s, %.1f s, %.1f s |", c.first.Seconds(),
			c.median.Seconds(), c.last.Seconds())
		line("| most logins in one second | %d |", c.inSecond)
		line("| peak processor use in a second: appliance and workers | %.0f %% of a core |", 100*c.peakCPU)
		line("| the simulator's in that second | %.0f %% of a core |", 100*c.simCPU)
	}
	s.WriteString(others)
	return s.String()
}

// fleetTable writes what the fleet costs at rest, beside the version before where that was measured too.
func (r result) fleetTable(s *strings.Builder, b *bench, before *result) {
	head, rule := "| what | measured | aim |", "| --- | --- | --- |"
	if before != nil {
		head = "| what | version before (" + harness.LastOneProgram + ") | measured | aim |"
		rule = "| --- | --- | --- | --- |"
	}
	fmt.Fprintf(s, "%s\n%s\n", head, rule)
	row := func(what, aim string, of func(result) string) {
		fmt.Fprintf(s, "| %s | ", what)
		if before != nil {
			fmt.Fprintf(s, "%s | ", of(*before))
		}
		fmt.Fprintf(s, "%s | %s |\n", of(r), aim)
	}
	mib := func(kib int) float64 { return float64(kib) / 1024 }
	memory := func(v spread) string {
		return fmt.Sprintf("%.1f MiB (%.1f to %.1f)", mib(v.median), mib(v.min), mib(v.max))
	}
	row(fmt.Sprintf("idle worker among %d, after a restart (as after a reboot or an upgrade): PSS, median (min to max)",
		b.tenants), "at most 5.6 MiB", func(r result) string { return memory(r.restartedPSS) })
	row("the same, where the process linked the device itself", "at most 8.5 MiB",
		func(r result) string { return memory(r.idlePSS) })
	row(fmt.Sprintf("at rest after %d messages each", r.sent/b.tenants), "at most 9 MiB",
		func(r result) string { return memory(r.busyPSS) })
	row(fmt.Sprintf("appliance with %d idle workers: RSS (PSS)", b.tenants), "at most 80 MiB with 500",
		func(r result) string { return fmt.Sprintf("%.1f MiB (%.1f)", mib(r.applianceRSS), mib(r.applianceSS)) })
	row("appliance after the load: RSS", "", func(r result) string { return fmt.Sprintf("%.1f MiB", mib(r.busyRSS)) })
	row("appliance's processor use, idle fleet", "at most 1 % of a core with 500",
		func(r result) string { return fmt.Sprintf("%.2f %% of a core", 100*r.idleCPU) })
	row(fmt.Sprintf("all %d workers' processor use, idle", b.tenants), "",
		func(r result) string { return fmt.Sprintf("%.2f %% of a core", 100*r.fleetCPU) })
	row(fmt.Sprintf("%d businesses created, started, linked", b.tenants), "",
		func(r result) string { return fmt.Sprintf("%.1f s", r.linked.Seconds()) })
}

// others is what other gateways publish; it was not measured here.
const others = `
## What others publish

These are their own figures for one session, as they publish them, not measured here: gateways that drive a Chromium
300 to 400 MB, gateways on Baileys (Node.js) 80 to 200 MB, WAHA's engine on whatsmeow about 50 MB at scale.
`

// loadAverage gives the load average of the last minute: on a shared machine it tells how far the times can be trusted.
func loadAverage() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(data), " ")
	return first
}

func kernel() string {
	data, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "unknown"
	}
	version, _, _ := strings.Cut(strings.TrimSpace(string(data)), "-")
	return version
}

func processor() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
