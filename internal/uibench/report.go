package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// result is all that was measured.
type result struct {
	tenants, views         int
	first, again, overview view
	list, fresh, summary   times
	alone, streaming, busy float64 // percent of a core
	fetched                int
	felt                   []reaction
}

func (r *result) markdown() string {
	var s strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&s, format+"\n", args...) }
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	kb := func(b float64) float64 { return b / 1000 }
	line("# The pages, measured")
	line("")
	line("`make bench-ui` makes this page: the appliance on SQLite with %d businesses, each with a day of messages, "+
		"and Chromium on the same", r.tenants)
	line("machine. Times are what the reader waits: from asking until the last byte, compressed, over loopback, HTTP " +
		"Basic checked each time. A load average above the number of processors")
	line("means that others worked on the machine meanwhile: medians hold then, the highest values do not.")
	line("")
	line("%s, %s, %d processors, load average at the end %s.", time.Now().UTC().Format(time.DateOnly),
		runtime.Version(), runtime.NumCPU(), load())
	line("")
	line("| what | measured | aim |")
	line("| --- | --- | --- |")
	line("| first view of the list of businesses, all that comes over the wire | %.1f KB in %d answers | at "+
		"most 100 KB |", kb(r.first.bytes), r.first.requests)
	line("| the same, seen before | %.1f KB | |", kb(r.again.bytes))
	line("| overview, seen before | %.1f KB | |", kb(r.overview.bytes))
	line("| layout shift: list first, list again, overview | %.4f, %.4f, %.4f | 0 |", r.first.shift, r.again.shift,
		r.overview.shift)
	line("| first drawn: list first, list again | %.0f ms, %.0f ms | |", ms(r.first.drawn), ms(r.again.drawn))
	line("| list of businesses, %d views in nine orders, searches and pages: median | %.1f ms | |", r.views,
		ms(r.list.median))
	line("| the same: p99 (max) | %.1f ms (%.1f) | p99 below 50 ms |", ms(r.list.p99), ms(r.list.max))
	line("| right after a change, when all %d are read anew: median, p99 | %.1f ms, %.1f ms | |", r.tenants,
		ms(r.fresh.median), ms(r.fresh.p99))
	line("| overview: median, p99 | %.1f ms, %.1f ms | |", ms(r.summary.median), ms(r.summary.p99))
	line("| appliance's processor use, nobody looks | %.2f %% of a core | |", r.alone)
	line("| with %d open event streams, nothing happens | %.2f %% of a core | next to nothing |", openPages,
		r.streaming)
	line("| two changes a second, each of %d pages fetching the list once a second | %.1f %% of a core for %d "+
		"fetches a second | |", openPages, r.busy, r.fetched/int(changing/time.Second))
	line("")
	line("## From a press to what is seen")
	line("")
	line("Chromium with its line slowed to %d ms for a round trip and %d kbit/s (DevTools protocol). The first time "+
		"is from the browser's own", slowLatency, slowBytes*8/1000)
	line("time of the press until a frame was drawn that shows a reaction (the button turns and is disabled, the " +
		"link turns, the bar runs along the")
	line("top); the second until what was asked for stood there. %d presses each.", presses)
	line("")
	line("| press | reaction: median (max) | aim | final state: median (max) |")
	line("| --- | --- | --- | --- |")
	for _, f := range r.felt {
		line("| %s | %.0f ms (%.0f) | at most %d ms | %.2f s (%.2f) |", f.what, ms(f.shown.median), ms(f.shown.max),
			promised.Milliseconds(), f.settled.median.Seconds(), f.settled.max.Seconds())
	}
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
