package transcript

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Run runs the cases of every file (.yaml, .yml or .csv), writes a line for each to w and a last line with the counts,
// "N passed, N failed". The error is for files that cannot be read; what could be run has been run.
func Run(w io.Writer, files []string) (passed, failed int, err error) {
	var unread []string
	for _, name := range files {
		results, e := runFile(name)
		if e != nil {
			unread = append(unread, e.Error())
		}
		for _, r := range results {
			if len(r.Faults) == 0 {
				passed++
				fmt.Fprintf(w, "ok    %s: %s\n", filepath.Base(name), r.Name)
				continue
			}
			failed++
			fmt.Fprintf(w, "FAIL  %s: %s: %s\n", filepath.Base(name), r.Name, strings.Join(r.Faults, "; "))
		}
	}
	if len(unread) > 0 {
		err = fmt.Errorf("%s", strings.Join(unread, "\n"))
	}
	fmt.Fprintf(w, "%d passed, %d failed\n", passed, failed)
	return passed, failed, err
}

// Result is what came of one case; without faults it passed.
type Result struct {
	Name   string
	Faults []string
}

func runFile(name string) ([]Result, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var results []Result
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".csv":
		results, err = TimeExpressions(string(text))
	case ".yaml", ".yml":
		results, err = Conversations(text)
	default:
		err = fmt.Errorf("%q is no form that is known; use .yaml for conversations, .csv for expressions of time", ext)
	}
	if err != nil {
		return results, fmt.Errorf("%s: %w", name, err)
	}
	return results, nil
}
