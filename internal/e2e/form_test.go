package e2e_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"flowhq/internal/harness"
)

// signInByForm signs another browser in and gives its cookie.
func signInByForm(ctx context.Context, base string) (*http.Cookie, error) {
	form := url.Values{"password": {harness.AdminPassword}, "next": {"/admin/tenants"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html")
	res, err := notFollowing().Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	for _, c := range res.Cookies() {
		if strings.HasSuffix(c.Name, "flowhq_session") {
			return c, nil
		}
	}
	return nil, errors.New("no session: " + res.Status)
}

// landsOn tells where a browser with a cookie is sent from an address; "" when it stays.
func landsOn(ctx context.Context, address string, cookie *http.Cookie) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	r.AddCookie(cookie)
	r.Header.Set("Accept", "text/html")
	res, err := notFollowing().Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	return res.Header.Get("Location"), nil
}

func notFollowing() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
