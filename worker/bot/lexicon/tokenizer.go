package lexicon

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of what is read of one message. The rest stays in the message log and is not looked at.
const (
	MaxHeard  = 3000 // characters
	MaxTokens = 300  // words, numbers and symbols
)

// Unreadable is the value of a number with more digits than anything that can be ordered, paid or counted.
const Unreadable = int64(1) << 50

// TokenKind says what a token is.
type TokenKind uint8

// The kinds of tokens.
const (
	WordToken TokenKind = iota
	NumberToken
	SymbolToken
)

// Token is one word, number or symbol of a message, folded: lower case, no accents, no apostrophes, no invisible
// characters. From and To are bytes of the text it was cut from.
type Token struct {
	Text     string
	Kind     TokenKind
	Value    int64  // of a number; Unreadable when it has too many digits
	Sep      string // punctuation between the token before and this one
	Space    bool   // white space between the token before and this one
	Line     bool   // a new line between them
	From, To int
}

// Glued tells that only sep and no space stands between the token before and this one.
func (t Token) Glued(sep string) bool { return !t.Space && t.Sep == sep }

// Tokenize folds a text and cuts it into tokens. It reads at most MaxHeard characters and
// gives at most MaxTokens tokens.
func Tokenize(text string) []Token {
	c := tokenizer{text: text, tokens: make([]Token, 0, min(16, len(text)/4+1))}
	count := 0
	for at := 0; at < len(text) && len(c.tokens) < MaxTokens && count < MaxHeard; count++ {
		r, size := utf8.DecodeRuneInString(text[at:])
		c.take(r, at, size)
		at += size
		c.at = at
	}
	c.end(c.at)
	return mergeAliases(mergeThousands(c.tokens))
}

type tokenizer struct {
	text   string
	tokens []Token
	word   []byte
	kind   TokenKind
	from   int
	at     int
	sep    []byte
	space  bool
	line   bool
}

func (c *tokenizer) take(r rune, at, size int) {
	switch {
	case r < utf8.RuneSelf:
		c.takeASCII(byte(r), at)
	case r == utf8.RuneError && size == 1:
		c.gap(at, ' ')
	default:
		c.takeRune(r, at, size)
	}
}

func (c *tokenizer) takeASCII(b byte, at int) {
	switch {
	case b >= 'a' && b <= 'z':
		c.add(WordToken, b, at)
	case b >= 'A' && b <= 'Z':
		c.add(WordToken, b+'a'-'A', at)
	case b >= '0' && b <= '9':
		c.add(NumberToken, b, at)
	case b == '\'' || b == '`' || b == 0:
	default:
		c.gap(at, b)
	}
}

func (c *tokenizer) takeRune(r rune, at, size int) {
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
func (c *tokenizer) decompose(r rune, at, size int) {
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
			c.add(NumberToken, '0'+byte(digitOf(p)), at)
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

func (c *tokenizer) add(kind TokenKind, b byte, at int) {
	if len(c.word) > 0 && c.kind != kind {
		c.end(at)
	}
	if len(c.word) == 0 {
		c.kind, c.from = kind, at
	}
	c.word = append(c.word, b)
}

func (c *tokenizer) addRune(r rune, at int) {
	if len(c.word) > 0 && c.kind != WordToken {
		c.end(at)
	}
	if len(c.word) == 0 {
		c.kind, c.from = WordToken, at
	}
	c.word = utf8.AppendRune(c.word, r)
}

func (c *tokenizer) symbol(at, size int) {
	c.end(at)
	c.push(Token{Text: c.text[at : at+size], Kind: SymbolToken, From: at, To: at + size})
}

func (c *tokenizer) gap(at int, b byte) {
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

func (c *tokenizer) end(at int) {
	if len(c.word) == 0 {
		return
	}
	t := Token{Text: string(squeeze(c.word)), Kind: c.kind, From: c.from, To: at}
	if c.kind == NumberToken {
		t.Text = string(c.word)
		t.Value = numberOf(c.word)
	}
	c.word = c.word[:0]
	c.push(t)
}

func (c *tokenizer) push(t Token) {
	t.Sep, t.Space, t.Line = separator(c.sep), c.space, c.line
	c.sep, c.space, c.line = c.sep[:0], false, false
	if len(c.tokens) < MaxTokens {
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
		if n >= Unreadable {
			return Unreadable
		}
	}
	return n
}

// mergeThousands makes one number of "30,000" and "1,250,000".
func mergeThousands(tokens []Token) []Token {
	out := tokens[:0]
	for _, t := range tokens {
		if n := len(out); n > 0 && t.Kind == NumberToken && len(t.Text) == 3 && t.Glued(",") {
			if last := &out[n-1]; last.thousands() {
				last.Text += t.Text
				last.Value = last.Value*1000 + t.Value
				last.To = t.To
				continue
			}
		}
		out = append(out, t)
	}
	return out
}

// thousands tells whether a token can stand before a comma and three digits.
func (t *Token) thousands() bool {
	return t.Kind == NumberToken && t.Value > 0 && t.Value < Unreadable/1000 && groupable(t.Text)
}

// groupable tells whether a number can stand before a comma and three digits: 30, or 1250 merged of 1 and 250.
func groupable(digits string) bool { return len(digits) <= 3 || len(digits)%3 != 0 || len(digits) == 6 }

// Join gives the folded words of tokens with single spaces.
func Join(tokens []Token) string {
	var b strings.Builder
	for i, t := range tokens {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.Text)
	}
	return b.String()
}

// mergeAliases makes one word of the short forms that mix letters and digits: j3 is Jumatatu, 2moro tomorrow.
func mergeAliases(tokens []Token) []Token {
	out := tokens[:0]
	for _, t := range tokens {
		if n := len(out); n > 0 && t.Kind != out[n-1].Kind && t.Glued("") {
			if word := aliasOf(out[n-1].Text, t.Text); word != "" {
				out[n-1].Text, out[n-1].Kind, out[n-1].Value, out[n-1].To = word, WordToken, 0, t.To
				continue
			}
		}
		out = append(out, t)
	}
	return out
}

func aliasOf(a, b string) string {
	switch {
	case a == "j" && len(b) == 1:
		return weekdayAlias(b)
	case a == "2":
		return dayAlias(b)
	}
	return ""
}

// weekdayAlias gives the day of the Swahili week by its number.
func weekdayAlias(digit string) string {
	switch digit {
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
	return ""
}

// dayAlias gives the English day whose name begins with the sound of a two.
func dayAlias(rest string) string {
	switch rest {
	case "moro", "morrow", "mrw", "mro", "morow":
		return "tomorrow"
	case "day":
		return "today"
	case "nite", "night":
		return "tonight"
	}
	return ""
}
