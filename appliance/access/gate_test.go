package access

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"flowhq"
)

func TestAdminCredentials(t *testing.T) {
	form := header("Content-Type", "application/x-www-form-urlencoded")
	asJSON := header("Content-Type", "application/json; charset=utf-8")
	q := url.QueryEscape(password)
	tests := []struct {
		name, method, target, body string
		change                     []func(*http.Request)
		status                     int
	}{
		{"none", "GET", "/admin/tenants", "", nil, 401},
		{"query", "GET", "/admin/tenants?password=" + q, "", nil, 200},
		{"wrong in the query", "GET", "/admin/tenants?password=" + q + "x", "", nil, 401},
		{"empty in the query", "GET", "/admin/tenants?password=", "", nil, 401},
		{"query of a POST", "POST", "/admin/tenants?password=" + q, "{}", []func(*http.Request){asJSON}, 200},
		{"JSON body", "POST", "/admin/tenants", `{"password":"` + password + `","name":"a"}`, []func(*http.Request){asJSON}, 200},
		{"wrong JSON body", "POST", "/admin/tenants", `{"password":"no"}`, []func(*http.Request){asJSON}, 401},
		{"number as password", "POST", "/admin/tenants", `{"password":7}`, []func(*http.Request){asJSON}, 401},
		{"broken JSON", "POST", "/admin/tenants", `{"password":"` + password, []func(*http.Request){asJSON}, 401},
		{"form", "POST", "/admin/tenants", "password=" + q + "&x=1", []func(*http.Request){form}, 200},
		{"wrong form", "POST", "/admin/tenants", "password=no", []func(*http.Request){form}, 401},
		{"body without a type", "POST", "/admin/tenants", "password=" + q, nil, 401},
		{"basic", "GET", "/admin/tenants", "", []func(*http.Request){basic(password)}, 200},
		{"wrong basic", "GET", "/admin/tenants", "", []func(*http.Request){basic("no")}, 401},
		{"prefix of the password", "GET", "/admin/tenants", "", []func(*http.Request){basic(password[:8])}, 401},
		{"longer than the password", "GET", "/admin/tenants", "", []func(*http.Request){basic(password + "\x00")}, 401},
		{"wrong query, right basic", "GET", "/admin/tenants?password=no", "", []func(*http.Request){basic(password)}, 200},
		{"bearer", "GET", "/admin/tenants", "", []func(*http.Request){header("Authorization", "Bearer "+password)}, 401},
		{"made-up cookie", "GET", "/admin/tenants", "", []func(*http.Request){header("Cookie", cookieName+"="+strings.Repeat("A", 43))}, 401},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := newHouse(t)
			w := h.ask(test.method, test.target, test.body, test.change...)
			if test.status == http.StatusOK {
				want(t, w, 200, "by=admin email= body="+test.body)
				return
			}
			want(t, w, 401, `{"error":"Unauthorized"}`)
			if got := w.Header().Get("WWW-Authenticate"); !strings.HasPrefix(got, "Basic ") {
				t.Errorf("WWW-Authenticate is %q", got)
			}
		})
	}
}

func TestBrowserGoesToSignIn(t *testing.T) {
	h := newHouse(t)
	w := h.ask("GET", "/admin/tenants?q=a&password=no", "", browser)
	if got := w.Header().Get("Location"); w.Code != 303 || got != "/sign-in?next=%2Fadmin%2Ftenants%3Fq%3Da" {
		t.Errorf("GET: %d to %q", w.Code, got)
	}
	w = h.ask("POST", "/admin/tenants", "", browser)
	if got := w.Header().Get("Location"); w.Code != 303 || got != "/sign-in" {
		t.Errorf("POST: %d to %q", w.Code, got)
	}
	w = h.ask("GET", "/admin/tenants", "", header("HX-Request", "true"))
	if got := w.Header().Get("HX-Redirect"); w.Code != 401 || got != "/sign-in" {
		t.Errorf("htmx: %d to %q", w.Code, got)
	}
	w = h.ask("GET", "/admin/tenants", "", header("Sec-Fetch-Mode", "cors"))
	if got := w.Header().Get("WWW-Authenticate"); got != "" {
		t.Errorf("a script's call got %q, which makes browsers ask with a box", got)
	}
}

func TestPasswordInTheAddressBecomesASession(t *testing.T) {
	h := newHouse(t)
	w := h.ask("GET", "/admin/tenants/7?limit=3&password="+url.QueryEscape(password)+"&q=a+b", "", browser)
	if got := w.Header().Get("Location"); w.Code != 303 || got != "/admin/tenants/7?limit=3&q=a+b" {
		t.Fatalf("%d to %q", w.Code, got)
	}
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("%d cookies", len(cookies))
	}
	want(t, h.ask("GET", "/admin/tenants/7", "", browser, with(cookies[0])), 200, "by=admin email= body=")

	w = h.ask("GET", "/admin/tenants/7?password=no", "", browser, with(cookies[0]))
	if got := w.Header().Get("Location"); w.Code != 303 || got != "/admin/tenants/7" || len(w.Result().Cookies()) != 0 {
		t.Errorf("signed in already: %d to %q, %d cookies", w.Code, got, len(w.Result().Cookies()))
	}
	w = h.ask("POST", "/admin/tenants?password="+url.QueryEscape(password), "", browser)
	if w.Code != 200 {
		t.Errorf("a form got %d; a redirect would lose what was typed", w.Code)
	}
	w = h.ask("GET", "/admin/tenants?password="+url.QueryEscape(password), "", header("Accept", "application/json"))
	if w.Code != 200 || len(w.Result().Cookies()) != 0 {
		t.Errorf("a program got %d and %d cookies", w.Code, len(w.Result().Cookies()))
	}
}

func TestBodyOverTheLimit(t *testing.T) {
	h := newHouse(t)
	body := `{"a":"` + strings.Repeat("x", MaxBody) + `"}`
	want(t, h.ask("POST", "/admin/tenants", body, header("Content-Type", "application/json")), 413, `{"error":"`+tooLarge+`"}`)
	chunked := func(r *http.Request) { r.ContentLength = -1 }
	want(t, h.ask("POST", "/admin/tenants", body, header("Content-Type", "application/json"), chunked), 413, `{"error":"`+tooLarge+`"}`)
}

func TestHashedPassword(t *testing.T) {
	weak := &argonHash{memory: 64, time: 1, threads: 1, salt: []byte("somesalt1")}
	phc := weak.phc(password)
	h := newHouse(t, func(c *Config) { c.PasswordHash, c.Password = phc, "the plain one does not count then" })
	for range 2 { // the second time it is known
		want(t, h.ask("GET", "/admin/tenants", "", basic(password)), 200, "by=admin email= body=")
	}
	want(t, h.ask("GET", "/admin/tenants", "", basic("the plain one does not count then")), 401, `{"error":"Unauthorized"}`)
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

func TestGuessingIsSlowedDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(c *Config) { c.Now = time.Now })
		guess := func(change ...func(*http.Request)) int {
			return h.ask("GET", "/admin/tenants", "", append([]func(*http.Request){basic("guess")}, change...)...).Code
		}
		begun := time.Now()
		for range freeFailures {
			if got := guess(); got != 401 {
				t.Fatalf("a free failure got %d", got)
			}
		}
		if took := time.Since(begun); took != 0 {
			t.Errorf("the free failures took %v", took)
		}
		for range 3 {
			guess()
		}
		if took := time.Since(begun); took < 2900*time.Millisecond || took > 3500*time.Millisecond {
			t.Errorf("three more took %v, wanted about a second each", took)
		}
		if got := guess(from("127.0.0.2:1")); got != 401 {
			t.Errorf("another address got %d", got)
		}
		// Whoever knows the password has to wait for a turn as well, but not for long.
		if got := h.ask("GET", "/admin/tenants", "", basic(password)).Code; got != 200 {
			t.Errorf("the right password got %d", got)
		}
		before := time.Now()
		for range freeFailures {
			if got := guess(); got != 401 || time.Since(before) != 0 {
				t.Errorf("after a success a failure got %d after %v", got, time.Since(before))
			}
		}
	})
}

func TestGuessingLongIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(c *Config) { c.Now = time.Now })
		refused := 0
		for range 40 {
			w := h.ask("GET", "/admin/tenants", "", basic("guess"))
			if w.Code == http.StatusTooManyRequests {
				refused++
				if w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "Try again in") {
					t.Fatalf("it does not say when to come back: %s", w.Body)
				}
			}
		}
		if refused == 0 {
			t.Fatal("forty guesses in a row were all heard")
		}
		// Signed-in browsers do not notice.
		time.Sleep(forgiveAfter + time.Minute)
		for n := range freeFailures + 1 {
			if got := h.ask("GET", "/admin/tenants", "", basic("guess")).Code; got != 401 {
				t.Errorf("an hour later, failure %d got %d", n, got)
			}
		}
		cookie := h.signIn()
		for range 60 {
			h.ask("GET", "/admin/tenants", "", basic("guess"))
		}
		if got := h.ask("GET", "/admin/tenants", "", with(cookie)).Code; got != 200 {
			t.Errorf("a session got %d while its address is guessing", got)
		}
	})
}

func TestManyGuessesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(c *Config) { c.Now = time.Now })
		begun, codes := time.Now(), make(chan int, 200)
		var waited atomic.Int32
		for range cap(codes) {
			go func() {
				code := h.ask("GET", "/admin/tenants", "", basic("guess")).Code
				if time.Since(begun) > 0 {
					waited.Add(1)
				}
				codes <- code
			}()
		}
		heard := 0
		for range cap(codes) {
			if <-codes == 401 {
				heard++
			}
		}
		if n := waited.Load(); n > maxWaiting {
			t.Errorf("%d of 200 guesses waited at once", n)
		}
		if heard < freeFailures || heard > freeFailures+maxWaiting {
			t.Errorf("%d of 200 guesses at once were heard", heard)
		}
	})
}

func TestThrottleForgetsTheOldest(t *testing.T) {
	th := newThrottle()
	address := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, byte(n >> 8), byte(n)}) }
	first := th.of(address(0))
	for n := range maxAddresses + 100 {
		th.of(address(n))
		if th.of(address(0)) != first {
			t.Fatal("an address that keeps trying is forgotten")
		}
	}
	if got := th.recent.Len(); got != maxAddresses || len(th.byAddr) != got {
		t.Errorf("%d and %d addresses are remembered", got, len(th.byAddr))
	}
}

func TestOneNetworkIsOneAddress(t *testing.T) {
	th := newThrottle()
	of := func(s string) *guesser { return th.of(netip.MustParseAddr(s)) }
	if of("2001:db8:1:2::1") != of("2001:db8:1:2:ffff::9") || of("2001:db8:1:2::1") == of("2001:db8:1:3::1") {
		t.Error("IPv6 addresses are not taken by their /64")
	}
	if of("192.0.2.1") == of("192.0.2.2") {
		t.Error("two IPv4 addresses are one")
	}
}

func TestPortalKey(t *testing.T) {
	h := newHouse(t)
	want(t, h.ask("GET", "/portal/me", ""), 401, `{"error":"Invalid portal key"}`)
	want(t, h.ask("GET", "/portal/me", "", header("x-portal-key", portalKey+"x")), 401, `{"error":"Invalid portal key"}`)
	want(t, h.ask("GET", "/portal/me", "", header("x-portal-key", "")), 401, `{"error":"Invalid portal key"}`)
	want(t, h.ask("GET", "/portal/me", "", basic(password)), 401, `{"error":"Invalid portal key"}`)
	w := h.ask("POST", "/portal/me", "{}", header("x-portal-key", portalKey), header("x-user-email", " Asha@Example.com "),
		header("Origin", "http://portal.example.com:3001"), header("Sec-Fetch-Site", "cross-site"),
		func(r *http.Request) { r.Host = "portal.example.com:3001" })
	want(t, w, 200, "by=Asha@Example.com email=Asha@Example.com body={}")
	if got := h.ask("GET", "/admin/tenants", "", header("x-portal-key", portalKey)).Code; got != 401 {
		t.Errorf("the portal's key opens the admin's door: %d", got)
	}
}

func TestStoreAway(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn()
	h.store.down = true
	if w := h.ask("GET", "/admin/tenants", "", with(cookie)); w.Code != 503 {
		t.Errorf("a session while the store is away: %d %s", w.Code, w.Body)
	}
	want(t, h.ask("GET", "/admin/tenants", "", with(cookie), basic(password)), 200, "by=admin email= body=")
	want(t, h.ask("GET", "/admin/tenants", ""), 401, `{"error":"Unauthorized"}`)
	w := h.ask("GET", "/admin/tenants?password="+url.QueryEscape(password), "", browser)
	if w.Code != 200 {
		t.Errorf("the page with a password in the address: %d", w.Code)
	}
	h.store.down = false
	want(t, h.ask("GET", "/admin/tenants", "", with(cookie)), 200, "by=admin email= body=")
}

func TestNothingSecretInTheLog(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn()
	q := url.QueryEscape(password)
	asJSON := header("Content-Type", "application/json")
	h.ask("GET", "/admin/tenants?password="+q, "", browser)
	h.ask("GET", "/admin/tenants?password="+q+"wrong", "")
	h.ask("GET", "/admin/tenants?"+q, "")
	h.ask("GET", "/nowhere?password="+q, "")
	h.ask("GET", "/admin/tenants?x=1;password="+q, "")
	h.ask("POST", "/admin/tenants", `{"password":"`+password+`wrong"}`, asJSON)
	h.ask("GET", "/admin/tenants", "", basic(password+"wrong"))
	h.ask("GET", "/admin/tenants/7?limit=5", "", with(cookie))
	h.ask("GET", "/portal/me", "", header("x-portal-key", portalKey))
	h.ask("GET", "/portal/me", "", header("x-portal-key", portalKey+"wrong"))
	h.ask("POST", "/sign-out", "", with(cookie))
	log := h.log.String()
	for _, secret := range []string{password, q, portalKey, cookie.Value} {
		if strings.Contains(log, secret) {
			t.Errorf("%q is in the log:\n%s", secret, log)
		}
	}
	for _, wanted := range []string{"admin password refused", "portal key refused", "admin signed in", `"query":"limit=5"`, `"tenant":"7"`, `"path":"/nowhere"`} {
		if !strings.Contains(log, wanted) {
			t.Errorf("%q is not in the log", wanted)
		}
	}
}

func TestPanic(t *testing.T) {
	h := newHouse(t)
	want(t, h.ask("GET", "/panic", ""), 500, `{"error":"`+internalError+`"}`)
	if !strings.Contains(h.log.String(), "of the test") {
		t.Error("the panic is not in the log")
	}
}

func TestNewNamesAllFaults(t *testing.T) {
	_, err := New(Config{TrustedProxies: []string{"10.0.0.0/8", "nobody"}, PublicURL: "bots.example.com", PasswordHash: "x"})
	for _, part := range []string{"PORTAL_INTERNAL_KEY", "ADMIN_PASSWORD_HASH", `"nobody"`, "PUBLIC_URL", "no store"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s is not named in %v", part, err)
		}
	}
	if _, err := New(Config{PortalKey: "k", Sessions: &memory{}}); err == nil || !strings.Contains(err.Error(), "ADMIN_PASSWORD is missing") {
		t.Errorf("a missing password gives %v", err)
	}
}

func TestSentence(t *testing.T) {
	if got := Sentence(flowhq.NotFound("Tenant")); got != "Tenant not found" {
		t.Error(got)
	}
	if got := Sentence(errors.New("pq: x")); got != internalError {
		t.Errorf("a person reads %q", got)
	}
}
