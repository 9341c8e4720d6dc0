package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

func (b *bench) markdown(results []result) string {
	var s strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&s, format+"\n", args...) }
	line("# The store, measured")
	line("")
	line("`make bench-store` makes this page (MESSAGES=%d PAGED=%d). PostgreSQL is a private server on the same "+
		"machine whose", b.rows, b.paged)
	line("commits reach the disk (512 MB shared buffers, otherwise as packaged); SQLite has its write-ahead log. " +
		"Pages are asked of")
	line("the running appliance over HTTP, one after the other, %d times each.", asked)
	line("")
	line("%s, %s, %d processors, load average at the end %s: a shared machine; trust ratios over single figures.",
		time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.NumCPU(), load())
	line("%d businesses. The message log has %d rows when it is backed up, restored and copied, and %d when pages "+
		"are asked for, a", b.tenants, b.rows, b.paged)
	line("hundredth of them one business's.")
	line("")
	row := func(what string, cell func(r result) string, aim string) {
		s.WriteString("| " + what)
		for _, r := range results {
			s.WriteString(" | " + cell(r))
		}
		s.WriteString(" | " + aim + " |\n")
	}
	row("what", func(r result) string { return r.engine }, "aim, beside it")
	s.WriteString("|" + strings.Repeat(" --- |", len(results)+2) + "\n")
	for _, n := range writers {
		row(fmt.Sprintf("message-log rows a second, %d writers, 50 messages a batch", n), func(r result) string {
			return whole(r.grouped[n])
		}, "")
		row(fmt.Sprintf("the same, one message a batch, %d writers", n), func(r result) string {
			return whole(r.single[n])
		}, "")
		row(fmt.Sprintf("floor: plain inserts by the driver alone, %d writers", n), func(r result) string {
			return whole(r.floor[n])
		}, "")
	}
	row("ceiling: bulk (COPY; many rows a statement, one transaction)", func(r result) string {
		return whole(r.ceiling)
	}, "")
	row("size on disk of a million messages, indexes and all", func(r result) string {
		return fmt.Sprintf("%d MB", r.perMillion/1_000_000)
	}, "")
	businesses := fmt.Sprintf("%d businesses", b.tenants)
	row("tenants page, "+businesses+": median, p99", func(r result) string {
		return r.board.String()
	}, "p99 50 ms with 1,000")
	row("the same with a search", func(r result) string { return r.boardFind.String() }, "")
	row("tenants as JSON, 100 of "+businesses, func(r result) string { return r.list.String() }, "")
	row("page of one business", func(r result) string { return r.page.String() }, "")
	row(fmt.Sprintf("log of one business among %d rows as JSON, newest 50", b.paged), func(r result) string {
		return r.log.String()
	}, "p99 10 ms")
	row("the same 50 rows with their decisions, from the store alone", func(r result) string {
		return r.logStore.String()
	}, "")
	row("50 rows from anywhere in the year, from the store alone", func(r result) string {
		return r.logDeep.String()
	}, "")
	row("backup, MB of rows a second", func(r result) string { return whole(r.backup) }, "")
	row("backup, size of the file", func(r result) string { return fmt.Sprintf("%d MB", r.backupSize/1_000_000) }, "")
	row("restore, MB of rows a second", func(r result) string { return whole(r.restore) }, "")
	row("copy to the other engine, checked on both sides, rows a second", func(r result) string {
		return whole(r.copied)
	}, "")
	row("old rows removed a second, 500 a step, without pauses", func(r result) string { return whole(r.removed) }, "")
	return s.String()
}

func (s spread) String() string { return fmt.Sprintf("%.1f ms, %.1f ms", ms(s.median), ms(s.p99)) }

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func whole(f float64) string { return fmt.Sprintf("%.0f", f) }

// load gives the load average of the last minute.
func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(data), " ")
	return first
}
