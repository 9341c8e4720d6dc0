package lexicon

import "strings"

// IsVerbForm tells whether word is a form of the Swahili verb with the given root ("agiza": naagiza, kuagiza,
// nimeagiza, tuagize). The negative forms (siagizi, hatuagizi) do not count: they say the opposite.
func IsVerbForm(word, root string) bool {
	found := false
	eachStem(word, func(stem string) { found = found || verbForm(stem, root) })
	return found
}

// eachStem gives a word, and what is left of it without the endings that ask or speak to several: nitalipaje, agizeni.
func eachStem(word string, do func(string)) {
	if len(word) < 3 {
		return
	}
	do(word)
	for _, tail := range [...]string{"je", "ni"} {
		if stem, ok := strings.CutSuffix(word, tail); ok && len(stem) > 2 {
			do(stem)
		}
	}
}

// verbKey is what the forms of a verb have in common: the two letters before the last, which alone may change.
func verbKey(word string) string {
	if len(word) < 3 {
		return ""
	}
	return word[len(word)-3 : len(word)-1]
}

func verbForm(word, root string) bool {
	if len(word) < len(root) || len(word) > len(root)+9 {
		return false
	}
	stem, tail := word[len(word)-len(root):], len(root)-1
	if stem[:tail] != root[:tail] {
		return false
	}
	if end := stem[tail]; end != root[tail] && (root[tail] != 'a' || end != 'e') {
		return false
	}
	return verbPrefix(word[:len(word)-len(root)], 5)
}

// verbPrefix tells whether p is a chain of the small syllables that stand before a verb: who, when, whom.
func verbPrefix(p string, depth int) bool {
	if p == "" {
		return true
	}
	if depth == 0 {
		return false
	}
	for n := 1; n <= 4 && n <= len(p); n++ {
		if verbSyllable(p[:n]) && verbPrefix(p[n:], depth-1) {
			return true
		}
	}
	return false
}

func verbSyllable(s string) bool {
	switch s {
	case "ni", "na", "u", "a", "tu", "m", "mu", "mw", "wa", "i", "ki", "vi", "li", "ya", "zi", "ku", "kw", "me", "ta",
		"nge", "ka", "nina", "n", "hi", "ji", "po", "cho", "vyo", "lo", "yo", "zo", "o", "ye", "kuwa", "w":
		return true
	}
	return false
}
