package bot

// isFiller tells whether a word says nothing of its own: it may stand around a number or an answer.
func isFiller(w string) bool {
	switch w {
	case "namba", "nambari", "number", "no", "option", "chaguo", "la", "ya", "the", "a", "i", "na", "and", "is", "ni",
		"to", "my", "have", "nina",
		"pieces", "pcs", "pc", "piece", "vipande", "kipande", "x", "of", "for", "kwa", "one", "pick", "choose",
		"nachagua", "it", "me", "mimi", "we", "there", "some",
		"kuna", "iwe", "only", "tu", "hizo", "hivyo", "yake", "them", "wa", "za", "be", "am", "in", "at", "on", "with",
		"need", "got", "this", "that", "hii", "hiyo":
		return true
	}
	return isUnit(w)
}

// isUnit holds what goods are counted in.
func isUnit(w string) bool {
	switch w {
	case "kilo", "kilos", "kg", "kgs", "lita", "litre", "litres", "trei", "mfuko", "mifuko", "boksi", "maboksi",
		"pakiti", "paketi", "jozi", "pair", "pairs",
		"gunia", "magunia", "katoni", "carton", "cartons", "fungu", "mafungu", "mita", "chupa", "debe":
		return true
	}
	return false
}

// isSize holds the words before a number that is a size and no quantity.
func isSize(w string) bool {
	switch w {
	case "size", "saizi", "sizes", "namba", "nambari", "number", "model":
		return true
	}
	return false
}
