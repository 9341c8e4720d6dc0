package form

import (
	_ "embed"
	"flowhq"
	"flowhq/locale/key"
	"strconv"
	"strings"
)

// homeCode is the calling code of a number that is written with a leading 0 instead of one.
const homeCode = "255"

// callingCodes says which numbers are possible: one line per calling code with the lengths of its national numbers and,
// where people there write a 0 before them, a "0". It is made from the phone number library by this package's tests and
// held to it by them; the library itself would cost every worker process 5 MB, since all are one binary.
//
//go:embed calling_codes.txt
var callingCodes string

var errImpossible = flowhq.Fail(flowhq.CodeInvalid, key.FieldPhoneImpossible)

// NormalizePhone gives a number as "+" and digits. Spaces, dashes, brackets and "+" may stand in it; what is left
// must be a possible international number. A number that begins with a single 0 is read as a Tanzanian one. The error
// is the rest of a sentence that begins with the field's name.
func NormalizePhone(text string) (string, error) {
	digits, international, err := phoneDigits(text)
	if err != nil {
		return "", err
	}
	switch {
	case international:
	case strings.HasPrefix(digits, "00"):
		digits = digits[2:]
	case strings.HasPrefix(digits, "0"):
		digits = homeCode + digits[1:]
	}
	for n := 1; n <= 3 && n < len(digits); n++ {
		if plan, ok := planOf(digits[:n]); ok {
			return plan.number(digits[:n], digits[n:])
		}
	}
	return "", errImpossible
}

func phoneDigits(text string) (digits string, international bool, err error) {
	var b strings.Builder
	for _, r := range strings.TrimSpace(text) {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '+' && b.Len() == 0:
			international = true
		case strings.ContainsRune(" \u00a0\t-\u2010\u2011\u2012\u2013\u2014()[]", r):
		default:
			return "", false, flowhq.Fail(flowhq.CodeInvalid, key.FieldPhoneCharacters)
		}
	}
	if b.Len() == 0 {
		return "", false, flowhq.Fail(flowhq.CodeInvalid, key.FieldEmpty)
	}
	return b.String(), international, nil
}

// plan is what is known of one calling code: a bit for each possible length of a national number, and whether a 0 is
// written before it at home.
type plan struct {
	lengths uint32
	zero    bool
}

func planOf(code string) (plan, bool) {
	for line := range strings.Lines(callingCodes) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != code {
			continue
		}
		var p plan
		for l := range strings.SplitSeq(fields[1], ",") {
			if n, err := strconv.Atoi(l); err == nil {
				p.lengths |= 1 << n
			}
		}
		p.zero = len(fields) > 2 && fields[2] == "0"
		return p, true
	}
	return plan{}, false
}

func (p plan) possible(national string) bool {
	return len(national) < 20 && p.lengths&(1<<len(national)) != 0
}

func (p plan) number(code, national string) (string, error) {
	if p.zero {
		if bare := strings.TrimPrefix(national, "0"); bare != national && (p.possible(bare) || !p.possible(national)) {
			national = bare
		}
	}
	if !p.possible(national) {
		return "", errImpossible
	}
	return "+" + code + national, nil
}
