package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"time"
)

// maxAnswer bounds what is read of one answer.
const maxAnswer = 32 << 20

// webClient calls the appliance as an admin and as the portal.
type webClient struct {
	url, password, portalKey string
	http                     *http.Client
}

func newWebClient(url, password, portalKey string) *webClient {
	return &webClient{url: url, password: password, portalKey: portalKey, http: &http.Client{
		Timeout:       time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is what came back: its status, and its body when that is JSON.
type answer struct {
	status int
	body   []byte
}

func (a answer) into(out any) error {
	if err := json.Unmarshal(a.body, out); err != nil {
		return fmt.Errorf("an answer is no readable JSON: %w", err)
	}
	return nil
}

// wrong says what came instead of what was wanted, with the server's own words.
func (a answer) wrong(doing string) error {
	var said struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(a.body, &said)
	if said.Error == "" {
		return fmt.Errorf("%s: the appliance answered with status %d", doing, a.status)
	}
	return fmt.Errorf("%s: the appliance answered with status %d, %q", doing, a.status, said.Error)
}

func (w *webClient) do(ctx context.Context, method, path string, in any, prepare func(*http.Request)) (answer, error) {
	return w.doWith(ctx, w.http, method, path, in, prepare)
}

func (w *webClient) doWith(ctx context.Context, c *http.Client, method, path string, in any,
	prepare func(*http.Request)) (answer, error) {
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return answer{}, err
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, w.url+path, body)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Accept", "application/json")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if prepare != nil {
		prepare(req)
	}
	res, err := c.Do(req)
	if err != nil {
		return answer{}, fmt.Errorf("the appliance does not answer: %w", err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	return answer{status: res.StatusCode, body: data}, err
}

// admin calls as an admin and wants status; the answer is read into out unless that is nil.
func (w *webClient) admin(ctx context.Context, method, path string, in, out any, want int) error {
	a, err := w.do(ctx, method, path, in, func(r *http.Request) { r.SetBasicAuth("admin", w.password) })
	return a.read(err, method+" "+path, want, out)
}

// portal calls as the portal does for the user with an e-mail.
func (w *webClient) portal(ctx context.Context, email, path string, out any, want int) error {
	a, err := w.do(ctx, http.MethodGet, path, nil, func(r *http.Request) {
		r.Header.Set("x-portal-key", w.portalKey)
		r.Header.Set("x-user-email", email)
	})
	return a.read(err, http.MethodGet+" "+path, want, out)
}

func (a answer) read(err error, doing string, want int, out any) error {
	switch {
	case err != nil:
		return err
	case a.status != want:
		return a.wrong(doing)
	case out == nil:
		return nil
	}
	return a.into(out)
}

// withCookies gives a client that keeps cookies, as a browser does.
func (w *webClient) withCookies() (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	c := *w.http
	c.Jar = jar
	return &c, nil
}
