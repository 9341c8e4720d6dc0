package lexicon

// MinTypo is the length, in bytes, from which on a word may be taken for a known one with one typing mistake.
const MinTypo = 5

// OneTypo tells whether b is a with exactly one letter left out, added, exchanged, or two neighbours swapped. Words of
// the vocabulary are nearly all ASCII, so bytes stand for letters.
func OneTypo(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch {
	case len(a) < len(b):
		return a[i:] == b[i+1:]
	case i == len(a):
		return false
	}
	return a[i+1:] == b[i+1:] || swapped(a[i:], b[i:])
}

// swapped tells whether two words of the same length differ in the order of their first two letters alone.
func swapped(a, b string) bool {
	return len(a) > 1 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:]
}
