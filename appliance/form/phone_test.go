package form

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

var update = flag.Bool("update", false, "write calling_codes.txt anew from the phone number library")

// TestPlanOf_CallingCodes holds the table to the library; run with -update after an upgrade of the library.
func TestPlanOf_CallingCodes(t *testing.T) {
	want := codesOfLibrary()
	if *update {
		if err := os.WriteFile("calling_codes.txt", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if callingCodes != want {
		t.Fatal("calling_codes.txt differs from the library: go test -run TestPlanOf_CallingCodes -update")
	}
}

func codesOfLibrary() string {
	var b strings.Builder
	codes := make([]int, 0, 250)
	for code := range phonenumbers.GetSupportedCallingCodes() {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for _, code := range codes {
		region := phonenumbers.GetRegionCodeForCountryCode(code)
		zero := ""
		if phonenumbers.GetNddPrefixForRegion(region, true) == "0" {
			zero = " 0"
		}
		var lengths []string
		for n := 1; n <= 17; n++ {
			if libraryHasLength(code, n) {
				lengths = append(lengths, fmt.Sprint(n))
			}
		}
		fmt.Fprintf(&b, "%d %s%s\n", code, strings.Join(lengths, ","), zero)
	}
	return b.String()
}

func libraryHasLength(code, n int) bool {
	cc, national := int32(code), uint64(1)
	for range n - 1 {
		national = national*10 + 1
	}
	number := &phonenumbers.PhoneNumber{CountryCode: &cc, NationalNumber: &national}
	return phonenumbers.IsPossibleNumberWithReason(number) == phonenumbers.IS_POSSIBLE
}

func libraryReads(text string) string {
	number, err := phonenumbers.Parse(text, "ZZ")
	if err != nil || phonenumbers.IsPossibleNumberWithReason(number) != phonenumbers.IS_POSSIBLE {
		return ""
	}
	return phonenumbers.Format(number, phonenumbers.E164)
}

// TestNormalizePhone_AgreesWithLibrary compares results over random numbers of every calling code.
func TestNormalizePhone_AgreesWithLibrary(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	differ, tried := 0, 0
	for code := range phonenumbers.GetSupportedCallingCodes() {
		for range 20 {
			text := fmt.Sprintf("+%d%d", code, 1+random.IntN(9))
			for range 3 + random.IntN(10) {
				text += fmt.Sprint(random.IntN(10))
			}
			tried++
			got, err := NormalizePhone(text)
			if err != nil {
				got = ""
			}
			if want := libraryReads(text); got != want {
				differ++
				t.Logf("%s: got %q, the library has %q", text, got, want)
			}
		}
	}
	// What differs are national prefixes other than 0, which the library takes off (an 8 in Russia, a 1 in America).
	if differ*50 > tried {
		t.Errorf("%d of %d numbers differ from the library", differ, tried)
	}
}

func TestNormalizePhone(t *testing.T) {
	good := map[string]string{
		"+255 712 345 678":            "+255712345678",
		"255712345678":                "+255712345678",
		"0712 345 678":                "+255712345678",
		"(0712) 345-678":              "+255712345678",
		"+255 (0) 712-345-678":        "+255712345678",
		"00255712345678":              "+255712345678",
		"\u00a0+255 712\u2011345 678": "+255712345678",
		"+39 06 6982":                 "+39066982",
		"+44 20 7946 0018":            "+442079460018",
		"+1 (212) 555-0100":           "+12125550100",
	}
	for text, want := range good {
		if got, err := NormalizePhone(text); err != nil || got != want {
			t.Errorf("NormalizePhone(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "+", "   ", "12", "call me", "+255 712 345 678 99", "+999 123 456", "0712",
		"+2557x2345678", "71+2345678", "+255"} {
		if got, err := NormalizePhone(text); err == nil {
			t.Errorf("NormalizePhone(%q) = %q, want an error", text, got)
		}
	}
}
