package main

import (
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

// table is rows of cells under a header. On a terminal it is drawn with lines and colours, as process managers do; into
// a pipe it goes as columns with two spaces between them, without colours, for grep and awk.
type table struct {
	header []string
	rows   [][]cell
}

// cell is a text and how it is to stand out.
type cell struct {
	text string
	look look
}

type look string

// Looks, as ANSI knows them.
const (
	plainly look = ""
	good    look = "32"
	waiting look = "33"
	bad     look = "31"
	faint   look = "2"
	strong  look = "1"
)

func text(s string) cell { return cell{text: s} }

// dressed tells whether out is a terminal, and whether colours are welcome there (https://no-color.org).
func dressed(out io.Writer) (lines, colours bool) {
	if !isTerminal(out) {
		return false, false
	}
	return true, os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func (t *table) widths() []int {
	widths := make([]int, len(t.header))
	for i, h := range t.header {
		widths[i] = utf8.RuneCountInString(h)
	}
	for _, r := range t.rows {
		for i, c := range r {
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	return widths
}

// fit leaves columns out, in the order of expendable, until the drawn table is at most so wide.
func (t *table) fit(columns int, expendable ...string) {
	for _, name := range expendable {
		wide := 1
		for _, w := range t.widths() {
			wide += w + 3
		}
		if wide <= columns {
			return
		}
		if i := slices.Index(t.header, name); i >= 0 {
			t.header = slices.Delete(slices.Clone(t.header), i, i+1)
			for n, r := range t.rows {
				t.rows[n] = slices.Delete(r, i, i+1)
			}
		}
	}
}

// print writes the table as out deserves it; on a narrow terminal without the expendable columns.
func (t *table) print(out io.Writer, expendable ...string) error {
	lines, colours := dressed(out)
	var b strings.Builder
	if lines {
		if f, ok := out.(*os.File); ok {
			columns, _ := screenSize(f)
			t.fit(columns, expendable...)
		}
		t.draw(&b, colours)
	} else {
		t.columns(&b)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (t *table) columns(b *strings.Builder) {
	widths := t.widths()
	line := func(cells []string) {
		var l strings.Builder
		for i, c := range cells {
			l.WriteString(pad(c, widths[i]) + "  ")
		}
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	line(t.header)
	for _, r := range t.rows {
		cells := make([]string, len(r))
		for i, c := range r {
			cells[i] = c.text
		}
		line(cells)
	}
}

func (t *table) draw(b *strings.Builder, colours bool) {
	widths := t.widths()
	rule := func(left, middle, right string) {
		parts := make([]string, len(widths))
		for i, w := range widths {
			parts[i] = strings.Repeat("─", w+2)
		}
		b.WriteString(left + strings.Join(parts, middle) + right + "\n")
	}
	line := func(cells []cell) {
		for i, c := range cells {
			b.WriteString("│ " + paint(pad(c.text, widths[i]), c.look, colours) + " ")
		}
		b.WriteString("│\n")
	}
	head := make([]cell, len(t.header))
	for i, h := range t.header {
		head[i] = cell{h, strong}
	}
	rule("┌", "┬", "┐")
	line(head)
	rule("├", "┼", "┤")
	for _, r := range t.rows {
		line(r)
	}
	rule("└", "┴", "┘")
}

func paint(s string, l look, colours bool) string {
	if !colours || l == plainly {
		return s
	}
	return "\x1b[" + string(l) + "m" + s + "\x1b[0m"
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}
