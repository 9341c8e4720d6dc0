package main

import (
	"fmt"
	"math"
	"strings"
)

// figure is one number of a cell.
type figure struct {
	Name  string  `json:"name"` // the same in every cell of a row
	Value float64 `json:"value"`
	Text  string  `json:"text"` // as it stands in the cell
	// Judged figures are compared with the best peer's; lower is better. A
	// difference within Slack is none: the clock's tick, or what chance does.
	Judged bool    `json:"judged,omitempty"`
	Slack  float64 `json:"slack,omitempty"`
}

// cell is what one manager came to in one row.
type cell struct {
	Figures []figure `json:"figures,omitempty"`
	Words   string   `json:"words,omitempty"` // instead of figures, or behind them
	// Out says why this manager is not compared: it does not do the same thing.
	Out string `json:"out,omitempty"`
}

func (c cell) String() string {
	var parts []string
	for _, f := range c.Figures {
		parts = append(parts, f.Text)
	}
	if c.Words != "" {
		parts = append(parts, c.Words)
	}
	return strings.Join(parts, "; ")
}

func (c cell) figure(name string) (figure, bool) {
	for _, f := range c.Figures {
		if f.Name == name {
			return f, true
		}
	}
	return figure{}, false
}

func words(format string, args ...any) cell { return cell{Words: fmt.Sprintf(format, args...)} }

// judged makes a figure that is compared.
func judged(name string, value float64, format string, slack float64) figure {
	return figure{Name: name, Value: value, Text: fmt.Sprintf(format, value), Judged: true, Slack: slack}
}

// told makes a figure that is only shown.
func told(name string, value float64, format string) figure {
	return figure{Name: name, Value: value, Text: fmt.Sprintf(format, value)}
}

// behind lists our figures of a row that the best peer's are better than, and why.
func behind(r row, cells map[string]cell) (list []string) {
	for _, name := range []string{labelGroups, labelPlain} {
		for _, f := range cells[name].Figures {
			if best, whose := bestPeer(cells, f.Name); f.Judged && whose != "" && f.Value > best+f.Slack {
				list = append(list, fmt.Sprintf("**%s** of %s: %s against %.4g (%s).", f.Name, name,
					strings.TrimSpace(f.Text), best, whose))
			}
		}
	}
	switch {
	case len(list) == 0:
		return nil
	case r.why == "":
		return append(list, "No reason is known yet.")
	}
	return append(list, r.why)
}

// bestPeer finds the lowest value of a figure among the peers; "" when none has it.
func bestPeer(cells map[string]cell, figure string) (best float64, whose string) {
	best = math.Inf(1)
	for peer, c := range cells {
		f, has := c.figure(figure)
		if peer != labelGroups && peer != labelPlain && c.Out == "" && has && f.Value < best {
			best, whose = f.Value, peer
		}
	}
	return best, whose
}

// missed lists our figures of a row that are beyond their targets.
func missed(r row, cells map[string]cell) (list []string) {
	for _, name := range []string{labelGroups, labelPlain} {
		for _, f := range cells[name].Figures {
			if goal, ok := r.goals[f.Name]; ok && f.Value > goal {
				list = append(list, fmt.Sprintf("**%s** of %s is %.4g, the target %.4g.", f.Name, name, f.Value, goal))
			}
		}
	}
	return list
}
