package config

import (
	"errors"
	"fmt"
	"strings"
)

// parseFile reads NAME=value lines as dotenv files have them:
//
//	# a comment
//	export NAME=value          # a comment after blank space
//	NAME='taken as it is'
//	NAME="with \n, \t, \", \\ and \$"
//
// Unlike some readers it never replaces $NAME in a value: passwords and hashes hold dollar signs. The last of several
// lines with one name counts. Errors name the line.
func parseFile(text string) (map[string]string, []error) {
	values := make(map[string]string)
	var wrong []error
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		n++
		name, value, err := parseLine(strings.TrimSpace(line))
		if err != nil {
			wrong = append(wrong, fmt.Errorf("line %d: %w", n, err))
			continue
		}
		if name != "" {
			values[name] = value
		}
	}
	return values, wrong
}

func parseLine(line string) (name, value string, err error) {
	if line == "" || line[0] == '#' {
		return "", "", nil
	}
	if rest, ok := strings.CutPrefix(line, "export "); ok {
		line = strings.TrimSpace(rest)
	}
	name, value, found := strings.Cut(line, "=")
	if name = strings.TrimSpace(name); !found || !isName(name) {
		return "", "", errors.New("is not NAME=value")
	}
	value, err = unquote(strings.TrimSpace(value))
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", name, err)
	}
	return name, value, nil
}

func isName(s string) bool {
	for i, r := range s {
		letter := r == '_' || (r >= 'A' && r <= 'Z') || (r >= 'a' && r <= 'z')
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

func unquote(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	switch quote := s[0]; quote {
	case '\'', '"':
		return quoted(s[1:], quote)
	}
	for i := 1; i < len(s); i++ {
		if s[i] == '#' && (s[i-1] == ' ' || s[i-1] == '\t') {
			s = s[:i]
			break
		}
	}
	if s[0] == '#' {
		return "", nil
	}
	return strings.TrimSpace(s), nil
}

func quoted(s string, quote byte) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == quote:
			if rest := strings.TrimSpace(s[i+1:]); rest != "" && rest[0] != '#' {
				return "", errors.New("something stands behind the closing quote")
			}
			return b.String(), nil
		case c == '\\' && quote == '"' && i+1 < len(s):
			i++
			b.WriteString(escaped(s[i]))
		default:
			b.WriteByte(c)
		}
	}
	return "", errors.New("the closing quote is missing")
}

func escaped(c byte) string {
	switch c {
	case 'n':
		return "\n"
	case 'r':
		return "\r"
	case 't':
		return "\t"
	case '"', '\\', '$', '\'', '`':
		return string(c)
	}
	return `\` + string(c)
}
