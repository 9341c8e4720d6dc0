package bot

import (
	"fmt"
	"strings"
)

// maxProblems is how many problems of one flow are told at once.
const maxProblems = 20

// Problem is one thing that is wrong in a flow's YAML. Line and Column count from 1.
type Problem struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

func (p Problem) String() string {
	return fmt.Sprintf("line %d, column %d: %s", p.Line, p.Column, p.Message)
}

// Problems is the error that Load gives: what is wrong, in the order of the file, in words for the one who writes it.
type Problems []Problem

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

func (f *findings) add(at position, format string, args ...any) {
	if len(f.list) < maxProblems {
		f.list = append(f.list, Problem{Line: max(at.line, 1), Column: max(at.column, 1),
			Message: fmt.Sprintf(format, args...)})
	}
}
