package bot

import (
	"strings"

	"flowhq"
)

// maxProblems is how many problems of one flow are told at once.
const maxProblems = 20

// Problems is the error that Load gives: what is wrong, in the order of the file, for the one who writes it.
type Problems []flowhq.FlowProblem

// Error gives a text for logs.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

var _ error = Problems(nil)

// position is a place in a file; both from 1.
type position struct{ line, column int }

// findings collects problems.
type findings struct{ list Problems }

// add notes what is wrong at a place: a key of the catalogue with its arguments, see flowhq.Say.
func (f *findings) add(at position, key string, args ...any) {
	if len(f.list) < maxProblems {
		f.list = append(f.list, problemAt(at, flowhq.Say(key, args...)))
	}
}

func problemAt(at position, text flowhq.Text) flowhq.FlowProblem {
	return flowhq.FlowProblem{Line: max(at.line, 1), Column: max(at.column, 1), Text: text}
}

// wrongAtStart is a flow that cannot be read at all.
func wrongAtStart(key string, args ...any) Problems {
	return Problems{problemAt(position{1, 1}, flowhq.Say(key, args...))}
}
