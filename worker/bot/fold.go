package bot

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of what is read of one message. What lies behind them is kept in the message log and not looked at.
const (
	MaxHeard  = 3000 // characters
	maxTokens = 300
)

// unreadable is the value of a number with more digits than anything that can be ordered, paid or counted.
const unreadable = int64(1) << 50

type tokenKind uint8

const (
	tokenWord tokenKind = iota
	tokenNumber
	tokenSymbol
)

// token is one word, number or symbol of a message, folded: lower case, no accents, no apostrophes, no invisible
// characters. From and to are bytes of the text it was cut from.
type token struct {
	text     string
	kind     tokenKind
	value    int64  // of a number; unreadable when it has too many digits
	sep      string // punctuation between the token before and this one
	space    bool   // white space between the token before and this one
	line     bool   // a new line between them
	from, to int
}

// glued tells that only sep, and no space, stands between the token before and this one.
func (t token) glued(sep string) bool { return !t.space && t.sep == sep }

// cut folds a text and cuts it into tokens. It reads at most MaxHeard characters and gives at most maxTokens tokens.
func cut(text string) []token {
	c := cutter{text: text, tokens: make([]token, 0, min(16, len(text)/4+1))}
	count := 0
	for at := 0; at < len(text) && len(c.tokens) < maxTokens && count < MaxHeard; count++ {
		r, size := utf8.DecodeRuneInString(text[at:])
		c.take(r, at, size)
		at += size
		c.at = at
	}
	c.end(c.at)
	return mergeAliases(mergeThousands(c.tokens))
}

type cutter struct {
	text   string
	tokens []token
	word   []byte
	kind   tokenKind
	from   int
	at     int
	sep    []byte
	space  bool
	line   bool
}

func (c *cutter) take(r rune, at, size int) {
	switch {
	case r < utf8.RuneSelf:
		c.takeASCII(byte(r), at)
	case r == utf8.RuneError && size == 1:
		c.gap(at, ' ')
	default:
		c.takeRune(r, at, size)
	}
}

func (c *cutter) takeASCII(b byte, at int) {
	switch {
	case b >= 'a' && b <= 'z':
		c.add(tokenWord, b, at)
	case b >= 'A' && b <= 'Z':
		c.add(tokenWord, b+'a'-'A', at)
	case b >= '0' && b <= '9':
		c.add(tokenNumber, b, at)
	case b == '\'' || b == '`' || b == 0:
	default:
		c.gap(at, b)
	}
}

func (c *cutter) takeRune(r rune, at, size int) {
	switch {
	case r == '’' || r == '‘' || r == 'ʼ' || r == '´':
	case r == 0x200c || r == 0x200d || unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Sk):
	case unicode.In(r, unicode.So):
		c.symbol(at, size)
	case unicode.IsSpace(r):
		c.gap(at, ' ')
	default:
		c.decompose(r, at, size)
	}
}

// decompose takes a letter apart: é is e, ﬁ is fi, Ａ is a. What is neither letter nor digit ends a word.
func (c *cutter) decompose(r rune, at, size int) {
	parts := c.text[at : at+size]
	if d := norm.NFKD.PropertiesString(parts).Decomposition(); d != nil {
		parts = string(d)
	}
	taken := false
	for _, p := range parts {
		switch {
		case unicode.IsLetter(p):
			c.addRune(unicode.ToLower(p), at)
		case unicode.IsDigit(p):
			c.add(tokenNumber, '0'+byte(digitOf(p)), at)
		case unicode.In(p, unicode.Mn):
			continue
		default:
			continue
		}
		taken = true
	}
	if !taken {
		c.gap(at, foldedPunctuation(r))
	}
}

func foldedPunctuation(r rune) byte {
	switch r {
	case '–', '—', '−', '‐', '‑':
		return '-'
	case '，', '、', '،':
		return ','
	case '：':
		return ':'
	case '？', '؟':
		return '?'
	}
	return ';'
}

// digitOf gives the value of a decimal digit of any script: their blocks of ten begin at a multiple that the letter's
// own table knows, so it is found by walking back to the zero.
func digitOf(r rune) int {
	zero := r
	for zero > 0 && r-zero < 9 && unicode.IsDigit(zero-1) {
		zero--
	}
	return int(r-zero) % 10
}

func (c *cutter) add(kind tokenKind, b byte, at int) {
	if len(c.word) > 0 && c.kind != kind {
		c.end(at)
	}
	if len(c.word) == 0 {
		c.kind, c.from = kind, at
	}
	c.word = append(c.word, b)
}

func (c *cutter) addRune(r rune, at int) {
	if len(c.word) > 0 && c.kind != tokenWord {
		c.end(at)
	}
	if len(c.word) == 0 {
		c.kind, c.from = tokenWord, at
	}
	c.word = utf8.AppendRune(c.word, r)
}

func (c *cutter) symbol(at, size int) {
	c.end(at)
	c.push(token{text: c.text[at : at+size], kind: tokenSymbol, from: at, to: at + size})
}

func (c *cutter) gap(at int, b byte) {
	c.end(at)
	switch b {
	case '\n', '\r':
		c.line, c.space = true, true
	case ' ', '\t', '\v', '\f':
		c.space = true
	default:
		if len(c.sep) < 8 {
			c.sep = append(c.sep, b)
		}
	}
}

func (c *cutter) end(at int) {
	if len(c.word) == 0 {
		return
	}
	t := token{text: string(squeeze(c.word)), kind: c.kind, from: c.from, to: at}
	if c.kind == tokenNumber {
		t.text = string(c.word)
		t.value = numberOf(c.word)
	}
	c.word = c.word[:0]
	c.push(t)
}

func (c *cutter) push(t token) {
	t.sep, t.space, t.line = separator(c.sep), c.space, c.line
	c.sep, c.space, c.line = c.sep[:0], false, false
	if len(c.tokens) < maxTokens {
		c.tokens = append(c.tokens, t)
	}
}

// separator avoids an allocation for the commonest punctuation.
func separator(sep []byte) string {
	switch string(sep) {
	case "":
		return ""
	case ",":
		return ","
	case ".":
		return "."
	case ":":
		return ":"
	}
	return string(sep)
}

// squeeze shortens a letter drawn out over three places or more to two: "yesss", "helloooo".
func squeeze(word []byte) []byte {
	out, run := word[:0], 0
	var last byte
	for _, b := range word {
		if b == last {
			run++
		} else {
			last, run = b, 1
		}
		if run <= 2 || b >= utf8.RuneSelf {
			out = append(out, b)
		}
	}
	return out
}

func numberOf(digits []byte) int64 {
	var n int64
	for _, d := range digits {
		n = n*10 + int64(d-'0')
		if n >= unreadable {
			return unreadable
		}
	}
	return n
}

// mergeThousands makes one number of "30,000" and "1,250,000".
func mergeThousands(tokens []token) []token {
	out := tokens[:0]
	for _, t := range tokens {
		if n := len(out); n > 0 && t.kind == tokenNumber && len(t.text) == 3 && t.glued(",") {
			if last := &out[n-1]; last.kind == tokenNumber && last.value > 0 && last.value < unreadable/1000 && groupable(last.text) {
				last.text += t.text
				last.value = last.value*1000 + t.value
				last.to = t.to
				continue
			}
		}
		out = append(out, t)
	}
	return out
}

// groupable tells whether a number can stand before a comma and three digits: 30, or 1250 merged of 1 and 250.
func groupable(digits string) bool { return len(digits) <= 3 || len(digits)%3 != 0 || len(digits) == 6 }

// joined gives the folded words of tokens with single spaces.
func joined(tokens []token) string {
	var b strings.Builder
	for i, t := range tokens {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.text)
	}
	return b.String()
}

// mergeAliases makes one word of the short forms that mix letters and digits: j3 is Jumatatu, 2moro tomorrow.
func mergeAliases(tokens []token) []token {
	out := tokens[:0]
	for _, t := range tokens {
		if n := len(out); n > 0 && t.kind != out[n-1].kind && t.glued("") {
			if word := aliasOf(out[n-1].text, t.text); word != "" {
				out[n-1].text, out[n-1].kind, out[n-1].value, out[n-1].to = word, tokenWord, 0, t.to
				continue
			}
		}
		out = append(out, t)
	}
	return out
}

func aliasOf(a, b string) string {
	if a == "j" && len(b) == 1 {
		switch b {
		case "1":
			return "jumamosi"
		case "2":
			return "jumapili"
		case "3":
			return "jumatatu"
		case "4":
			return "jumanne"
		case "5":
			return "jumatano"
		}
	}
	if a == "2" {
		switch b {
		case "moro", "morrow", "mrw", "mro", "morow":
			return "tomorrow"
		case "day":
			return "today"
		case "nite", "night":
			return "tonight"
		}
	}
	return ""
}
