package ui

import (
	"flowhq/locale/key"
	"fmt"
	"strings"
	"time"
)

// day is how many messages a business has had today, with a picture of the last 24 hours.
type day struct {
	In, Out string
	Spark   spark
}

// spark is a row of bars, one an hour, drawn as one path in a box of 96 by 24 units.
type spark struct {
	Path  string // "": nothing came in
	Words string // what the picture tells, for who does not see it
}

func newDay(l translator, in, out int, hours [24]int) day {
	return day{In: l.number(int64(in)), Out: l.number(int64(out)), Spark: newSpark(l, hours)}
}

func newSpark(l translator, hours [24]int) spark {
	most, sum, at := 0, 0, 0
	for i, n := range hours {
		sum += n
		if n > most {
			most, at = n, i
		}
	}
	if most == 0 {
		return spark{Words: l.text(key.PageSparkNone)}
	}
	var path strings.Builder
	for i, n := range hours {
		if n == 0 {
			continue
		}
		height := max(2, n*24/most)
		fmt.Fprintf(&path, "M%d 24v-%dh3v%dz", i*4, height, height)
	}
	return spark{Path: path.String(), Words: l.text(key.PageSparkWords, "count", sum, "most", l.number(int64(most)),
		"ago", l.ago(time.Duration(23-at)*time.Hour))}
}
