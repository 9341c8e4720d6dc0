package output

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Query says what to look for, and how far.
type Query struct {
	// Text is searched for literally, or as a regular expression (RE2 syntax).
	Text       string
	Regexp     bool
	IgnoreCase bool
	// Limit bounds the matches (the newest are kept), MaxBytes what is read,
	// decompressed. 0 means 100 and 64 MiB.
	Limit    int
	MaxBytes int64
}

// Match is one line that was found.
type Match struct {
	File   string `json:"file"`
	Offset int64  `json:"offset"` // of the line in the (decompressed) file
	Line   string `json:"line"`   // at most 4 KiB of it, valid UTF-8
}

// Result of a search: matches oldest first.
type Result struct {
	Matches []Match `json:"matches"`
	// Truncated is true when a bound ended the search before all was read.
	Truncated bool          `json:"truncated"`
	Scanned   int64         `json:"scanned_bytes"`
	Took      time.Duration `json:"took_ns"`
}

// Bounds of one line: longer ones are matched by their first maxLine bytes.
const (
	maxLine  = 64 << 10
	shownMax = 4 << 10
)

// Search looks through the files of path, newest first.
func Search(ctx context.Context, path string, q Query) (Result, error) {
	begun := time.Now()
	match, err := q.matcher()
	if err != nil {
		return Result{}, err
	}
	if q.Limit <= 0 {
		q.Limit = 100
	}
	if q.MaxBytes <= 0 {
		q.MaxBytes = 64 << 20
	}
	files, err := Files(path)
	if err != nil {
		return Result{}, err
	}
	var res Result
	var groups [][]Match
	found := 0
	for _, f := range slices.Backward(files) {
		if found >= q.Limit || res.Scanned >= q.MaxBytes {
			res.Truncated = true
			break
		}
		s := scan{ctx: ctx, match: match, keep: q.Limit - found, room: q.MaxBytes - res.Scanned}
		err := s.file(f)
		res.Scanned += s.read
		res.Truncated = res.Truncated || s.truncated
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return Result{}, err
		}
		groups = append(groups, s.matches)
		found += len(s.matches)
	}
	for _, g := range slices.Backward(groups) {
		res.Matches = append(res.Matches, g...)
	}
	res.Took = time.Since(begun)
	return res, nil
}

func (q Query) matcher() (func([]byte) bool, error) {
	if !q.Regexp && !q.IgnoreCase {
		text := []byte(q.Text)
		return func(b []byte) bool { return bytes.Contains(b, text) }, nil
	}
	expr := q.Text
	if !q.Regexp {
		expr = regexp.QuoteMeta(expr)
	}
	if q.IgnoreCase {
		expr = "(?i)" + expr
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, fmt.Errorf("search expression: %w", err)
	}
	return re.Match, nil
}

// scan is the search through one file.
type scan struct {
	ctx       context.Context
	match     func([]byte) bool
	keep      int
	room      int64
	read      int64
	matches   []Match
	truncated bool
}

func (s *scan) file(f File) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	// The newest bytes are searched: of a plain file, its end.
	if k, ok := r.(io.Seeker); ok && f.Size > s.room {
		if s.read, err = k.Seek(f.Size-s.room, io.SeekStart); err != nil {
			return err
		}
		s.truncated = true
	}
	from := s.read
	err = s.lines(f, bufio.NewReaderSize(r, maxLine))
	s.read -= from
	return err
}

func (s *scan) lines(f File, r *bufio.Reader) error {
	end := s.read + s.room
	for {
		if s.read >= end {
			s.truncated = true
			return nil
		}
		at := s.read
		line, err := r.ReadSlice('\n')
		s.read += int64(len(line))
		if len(line) > 0 && s.match(bytes.TrimSuffix(line, []byte("\n"))) {
			s.add(Match{File: f.Path, Offset: at, Line: shown(line)})
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			var rest []byte
			rest, err = r.ReadSlice('\n')
			s.read += int64(len(rest))
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err = errors.Join(err, s.ctx.Err()); err != nil {
			return err
		}
	}
}

// add keeps the newest matches.
func (s *scan) add(m Match) {
	if len(s.matches) == s.keep {
		s.matches = slices.Delete(s.matches, 0, 1)
		s.truncated = true
	}
	s.matches = append(s.matches, m)
}

func shown(line []byte) string {
	line = bytes.TrimRight(line[:min(len(line), shownMax)], "\r\n")
	return strings.ToValidUTF8(string(line), "\uFFFD")
}
