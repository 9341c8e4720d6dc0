package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"flowhq/storage"
)

// printPlan says in plain words what bringing a database up to date would do.
func printPlan(out io.Writer, p storage.Plan) {
	switch {
	case p.Current > p.Wanted:
		fmt.Fprintf(out, "%s was made by a newer Flow HQ (version %d, this one knows %d): install that version "+
			"again, or restore a backup.\n",
			p.Database, p.Current, p.Wanted)
		return
	case p.UpToDate():
		fmt.Fprintf(out, "%s is up to date (version %d); nothing would be done.\n", p.Database, p.Current)
		return
	case p.Absent:
		fmt.Fprintf(out, "%s is not there yet and would be made.\n", p.Database)
	case p.Prisma && p.Current == 0:
		fmt.Fprintf(out, "%s is the former program's and would be taken over in place.\n", p.Database)
	default:
		fmt.Fprintf(out, "%s is at version %d and would be brought to %d.\n", p.Database, p.Current, p.Wanted)
	}
	for _, t := range p.Kept {
		gets := "gets nothing new"
		if len(t.Columns) > 0 {
			gets = "gets " + some("column", t.Columns)
		}
		fmt.Fprintf(out, "  kept      table %s with its %s; %s\n", t.Name, rows(t.Rows), gets)
	}
	if len(p.Tables) > 0 {
		fmt.Fprintf(out, "  made      %s\n", some("table", p.Tables))
	}
	if len(p.Indexes) > 0 {
		fmt.Fprintf(out, "  made      %d indexes\n", len(p.Indexes))
	}
	for _, enum := range slices.Sorted(maps.Keys(p.Labels)) {
		fmt.Fprintf(out, "  gets      %s of %s\n", some("value", p.Labels[enum]), enum)
	}
	if p.Relink > 0 {
		fmt.Fprintf(out, "  marked    %s: needs linking again, since the former program's keys cannot be taken over\n",
			businesses(p.Relink))
	}
	printStrange(out, p)
	fmt.Fprintln(out, "Nothing was changed. `flowhq migrate` does it; so does the next start of the appliance.")
}

// printStrange says what is there that this program does not know.
func printStrange(out io.Writer, p storage.Plan) {
	if len(p.Others) > 0 {
		fmt.Fprintf(out, "  left      %s\n", some("table", p.Others))
	}
	for _, table := range slices.Sorted(maps.Keys(p.Columns)) {
		fmt.Fprintf(out, "  left      %s of %s\n", some("column", p.Columns[table]), table)
	}
	for _, enum := range slices.Sorted(maps.Keys(p.Values)) {
		fmt.Fprintf(out, "  left      %s of %s, shown as it is\n", some("value", p.Values[enum]), enum)
	}
}

// some names one or several things of a kind.
func some(kind string, names []string) string {
	if len(names) == 1 {
		return "the " + kind + " " + names[0]
	}
	return "the " + kind + "s " + strings.Join(names, ", ")
}

func rows(n int64) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}

func businesses(n int) string {
	if n == 1 {
		return "1 business"
	}
	return fmt.Sprintf("%d businesses", n)
}
