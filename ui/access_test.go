package ui_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"flowhq/appliance/access"
)

func TestSignIn(t *testing.T) {
	s := newSite(t)
	for _, tt := range []struct {
		password, next string
		code           int
		to, says       string
	}{
		{adminPassword, "/admin/overview", http.StatusSeeOther, "/admin/overview", ""},
		{adminPassword, "https://evil.example/", http.StatusSeeOther, access.HomePath, ""},
		{adminPassword, "//evil.example/", http.StatusSeeOther, access.HomePath, ""},
		{adminPassword, `/\evil.example/`, http.StatusSeeOther, access.HomePath, ""},
		{"mistaken word", "/", http.StatusUnauthorized, "", "The password is wrong."},
	} {
		w := s.post("/sign-in", url.Values{"password": {tt.password}, "next": {tt.next}})
		if w.Code != tt.code || w.Header().Get("Location") != tt.to || !strings.Contains(w.Body.String(), tt.says) {
			t.Errorf("%q to %q: %d %q", tt.password, tt.next, w.Code, w.Header().Get("Location"))
		}
		if strings.Contains(w.Body.String(), tt.password+`"`) {
			t.Error("the page repeats the password")
		}
	}
	slow := s.post("/sign-in", url.Values{"password": {"guess"}}, "Accept-Language", "sw")
	for n := 0; slow.Code == http.StatusUnauthorized && n < 50; n++ {
		slow = s.post("/sign-in", url.Values{"password": {"guess"}}, "Accept-Language", "sw")
	}
	if slow.Code != http.StatusTooManyRequests || !strings.Contains(slow.Body.String(), "Majaribio ni mengi mno") {
		t.Errorf("whoever guesses is not slowed down: %d", slow.Code)
	}
}

// There is one home page: where / leads, where a browser goes that signs in, and where the sign of Flow HQ leads.
func TestHomePage(t *testing.T) {
	s := newSite(t)
	for path, form := range map[string]url.Values{"/sign-in": {"password": {adminPassword}},
		"/language": {"lang": {"SW"}}} {
		if got := s.post(path, form).Header().Get("Location"); got != access.HomePath {
			t.Errorf("%s leads to %q", path, got)
		}
	}
	s.signIn()
	page := s.page(access.HomePath)
	if !strings.Contains(page, `<a class="brand" href="/">`) || !strings.Contains(page, `aria-current="page"`) {
		t.Error("the sign of Flow HQ does not lead home")
	}
}

func TestLanguage_IsRemembered(t *testing.T) {
	s := newSite(t)
	w := s.post("/language", url.Values{"lang": {"SW"}, "next": {"/admin/tenants"}})
	cookie := w.Header().Get("Set-Cookie")
	if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(s.page("/sign-in", "Cookie", cookie,
		"Accept-Language", "en"), "Nenosiri") {
		t.Errorf("not remembered: %q", cookie)
	}
	if s.post("/language", url.Values{"lang": {"XX"}}).Header().Get("Set-Cookie") != "" {
		t.Error("a language that does not exist is remembered")
	}
}

func TestSessions_End(t *testing.T) {
	s := newSite(t)
	mine := s.cookie
	for range 3 {
		s.signIn() // as another browser does
	}
	s.cookie = mine
	ends := regexp.MustCompile(`action="(/admin/sessions/[^"]+/end)"`)
	if n := len(ends.FindAllString(s.page("/admin/sessions"), -1)); n != 4 {
		t.Fatalf("%d browsers are listed", n)
	}
	for _, path := range []string{"/admin/sessions/gone/end", "/admin/sessions/end-others"} {
		if w := s.post(path, nil); w.Code != http.StatusSeeOther {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	left := ends.FindAllStringSubmatch(s.page("/admin/sessions"), -1)
	if len(left) != 1 {
		t.Fatalf("%d browsers are left", len(left))
	}
	s.post(left[0][1], nil)
	if w := s.get("/admin/sessions"); w.Code != http.StatusSeeOther {
		t.Errorf("a browser that was signed out sees %d", w.Code)
	}
}

func TestCompression(t *testing.T) {
	s := newSite(t)
	css := regexp.MustCompile(`/assets/app\.[0-9a-f]+\.css`).FindString(s.page("/admin/overview"))
	for _, path := range []string{"/admin/overview", css} {
		small, large := s.get(path, "Accept-Encoding", "br, gzip"), s.get(path, "Accept-Encoding", "gzip;q=0")
		if small.Header().Get("Content-Encoding") != "gzip" || large.Header().Get("Content-Encoding") != "" {
			t.Fatalf("%s: %v, %v", path, small.Header(), large.Header())
		}
		length := small.Body.Len()
		r, err := gzip.NewReader(small.Body)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil || string(text) != large.Body.String() || length*2 > len(text) {
			t.Errorf("%s: %v, %d bytes for %d", path, err, length, len(text))
		}
	}
}
