package flowhq

import "unicode/utf8"

// Shorten cuts a text to at most n characters (n > 0). Where something was cut off, the last of them is "…".
func Shorten(text string, n int) string {
	if len(text) <= n || utf8.RuneCountInString(text) <= n {
		return text
	}
	at := 0
	for range n - 1 {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return text[:at] + "…"
}
