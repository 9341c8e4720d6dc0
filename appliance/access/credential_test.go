package access

import (
	"strings"
	"testing"
	"time"
)

func TestHashedPassword(t *testing.T) {
	weak := &argonHash{memory: 64, time: 1, threads: 1, salt: []byte("somesalt1")}
	phc := weak.phc(password)
	h := newHouse(t, func(c *Config) { c.PasswordHash, c.Password = phc, "the plain one does not count then" })
	for range 2 { // the second time it is known
		want(t, h.ask("GET", "/admin/tenants", "", basic(password)), 200, "by=admin email= body=")
	}
	want(t, h.ask("GET", "/admin/tenants", "", basic("the plain one does not count then")), 401,
		`{"error":"Unauthorized"}`)
	want(t, h.ask("GET", "/admin/tenants", "", basic(phc)), 401, `{"error":"Unauthorized"}`)
}

// TestComparisonTellsNothing: where a guess goes wrong must not show in the time that it takes. With a password of a
// megabyte, a comparison that stops at the first difference would be thousands of times quicker for one of the two.
func TestComparisonTellsNothing(t *testing.T) {
	right := strings.Repeat("a", 1<<20)
	c, err := newCredential(right, "")
	if err != nil {
		t.Fatal(err)
	}
	guesses := [2]string{"b" + right[1:], right[1:] + "b"}
	best := [2]time.Duration{time.Hour, time.Hour}
	for range 20 { // in turn, and the quickest of each: a busy machine slows down both
		for i, guess := range guesses {
			begun := time.Now()
			if c.matches(guess) {
				t.Fatal("a wrong guess matches")
			}
			best[i] = min(best[i], time.Since(begun))
		}
	}
	if ratio := float64(best[0]) / float64(best[1]); ratio < 0.05 || ratio > 20 {
		t.Errorf("wrong at the first byte takes %v, at the last %v", best[0], best[1])
	}
}

func TestHashPassword(t *testing.T) {
	phc, err := HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parseArgon(phc)
	if err != nil {
		t.Fatal(err)
	}
	if !parsed.matches(password) || parsed.matches(password+"x") {
		t.Error("the hash does not tell right from wrong")
	}
}

func TestCheckPasswordHash(t *testing.T) {
	const good = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg"
	if err := CheckPasswordHash(good); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"", "plain", "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
		"$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
		"$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
		"$argon2id$v=19$m=64,t=1,p=0$c29tZXNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
		"$argon2id$v=19$m=4,t=1,p=1$c29tZXNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
		"$argon2id$v=19$m=2097152,t=1,p=1$c29tZXNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
		"$argon2id$v=19$m=64,t=1,p=1,x=2$c29tZXNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
		"$argon2id$v=19$m=64,t=1,p=1$c2E$MDEyMzQ1Njc4OWFiY2RlZg",
		"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$MDEy",
		"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ=$MDEyMzQ1Njc4OWFiY2RlZg",
	} {
		if CheckPasswordHash(bad) == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzParseArgon(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parseArgon(s)
		if err == nil && (h.memory > argonMaxMemory || h.time > argonMaxTime || h.threads == 0) {
			t.Errorf("%q passed with %+v", s, h)
		}
	})
}
