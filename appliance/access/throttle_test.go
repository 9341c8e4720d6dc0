package access

import (
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

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
