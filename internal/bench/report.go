package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

func (r result) markdown(b *bench) string {
	var s strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&s, format+"\n", args...) }
	mib := func(kib int) float64 { return float64(kib) / 1024 }
	ms := func(us int) float64 { return float64(us) / 1000 }
	line("# The fleet, measured")
	line("")
	line("`make bench` makes this page: simulator, appliance and one worker process a business, all on one machine, SQLite, typing")
	line("delay and limits off. The simulator's own work (it encrypts for every customer) shares the processors.")
	line("")
	line("%s, %s, kernel %s, %d processors, %s; load average at the end %s.", time.Now().UTC().Format(time.DateOnly), runtime.Version(), kernel(), runtime.NumCPU(), processor(), load())
	line("")
	line("| what | measured | aim |")
	line("| --- | --- | --- |")
	line("| idle linked worker among %d: PSS, median (min to max) | %.1f MiB (%.1f to %.1f) | at most 6 MiB |", b.tenants, mib(r.idlePSS.median), mib(r.idlePSS.min), mib(r.idlePSS.max))
	line("| the same after %d messages each | %.1f MiB (%.1f to %.1f) | at most 10 MiB |", r.sent/b.tenants, mib(r.busyPSS.median), mib(r.busyPSS.min), mib(r.busyPSS.max))
	line("| appliance with %d idle workers: RSS (PSS) | %.1f MiB (%.1f) | at most 80 MiB with 500 |", b.tenants, mib(r.applianceRSS), mib(r.applianceSS))
	line("| appliance after the load: RSS | %.1f MiB | |", mib(r.busyRSS))
	line("| appliance's processor use, idle fleet | %.2f %% of a core | at most 1 %% with 500 |", 100*r.idleCPU)
	line("| all %d workers' processor use, idle | %.2f %% of a core | |", b.tenants, 100*r.fleetCPU)
	line("| customer's message to reply at the simulator, %d a second: median | %.1f ms | 10 ms at 100 a second over 200 |", b.rate, ms(r.latency.median))
	line("| the same: p99 (max) | %.1f ms (%.1f) | 50 ms |", ms(r.latency.p99), ms(r.latency.max))
	line("| messages answered | %d of %d | all |", r.answered, r.sent)
	line("| %d businesses created, started, linked | %.1f s | |", b.tenants, r.linked.Seconds())
	return s.String()
}

// load gives the load average of the last minute: on a shared machine it tells how far the times can be trusted.
func load() string {
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
