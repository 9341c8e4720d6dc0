// Command cmd runs conversations and expressions of time from files against the flows, prints a line for each case and
// a last line with the counts, and exits with status 1 when one fails, with 2 when a file cannot be read.
package main

import (
	"fmt"
	"os"

	"flowhq/worker/bot/transcript"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(files []string) int {
	if len(files) == 0 {
		fmt.Fprintln(os.Stderr, "usage: cmd FILE.yaml FILE.csv …")
		return 2
	}
	_, failed, err := transcript.Run(os.Stdout, files)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		return 2
	case failed > 0:
		return 1
	}
	return 0
}
