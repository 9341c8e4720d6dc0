package s3

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"flowhq"
)

// Config says which storage is meant.
type Config struct {
	Endpoint  string // https://s3.example.com; "": Amazon's of the region
	Region    string // "": us-east-1, which most other servers take for theirs
	Bucket    string
	AccessKey string
	SecretKey string
	// how long a request may make no progress, and how long failures are tried again; 0: a minute
	Patience  time.Duration
	PartSize  int // bytes of a part; 0: 8 MiB. A server takes 10,000 parts
	Transport http.RoundTripper
}

// Client calls one bucket.
type Client struct {
	c    Config
	base *url.URL // of the bucket
	http *http.Client
}

// New makes a client; nothing is called yet.
func New(c Config) (*Client, error) {
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.Patience == 0 {
		c.Patience = time.Minute
	}
	if c.PartSize == 0 {
		c.PartSize = 8 << 20
	}
	base, err := baseOf(c)
	if err != nil {
		return nil, err
	}
	if c.Transport == nil {
		c.Transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 15 * time.Second}).DialContext,
			TLSHandshakeTimeout: 15 * time.Second, MaxIdleConns: 2, IdleConnTimeout: 30 * time.Second,
		}
	}
	return &Client{c: c, base: base, http: &http.Client{Transport: c.Transport}}, nil
}

// baseOf gives the bucket's address: Amazon wants the bucket in the host's name, others in the path.
func baseOf(c Config) (*url.URL, error) {
	if c.Endpoint == "" {
		return url.Parse("https://" + c.Bucket + ".s3." + c.Region + ".amazonaws.com/")
	}
	u, err := url.Parse(strings.TrimRight(c.Endpoint, "/"))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, flowhq.Errorf(flowhq.CodeInvalid,
			"The address of the S3 storage must be like https://s3.example.com.")
	}
	u.Path += "/" + c.Bucket + "/"
	return u, nil
}

// Object is what lies in the bucket.
type Object struct {
	Key  string `xml:"Key"`
	Size int64  `xml:"Size"`
}

// List gives the objects whose keys begin with prefix.
func (c *Client) List(ctx context.Context, prefix string) ([]Object, error) {
	var all []Object
	q := url.Values{"list-type": {"2"}, "prefix": {prefix}}
	for {
		var page struct {
			Contents  []Object
			Truncated bool   `xml:"IsTruncated"`
			Next      string `xml:"NextContinuationToken"`
		}
		if err := c.call(ctx, http.MethodGet, "", q, nil, &page, nil); err != nil {
			return nil, err
		}
		all = append(all, page.Contents...)
		if !page.Truncated || page.Next == "" {
			return all, nil
		}
		q.Set("continuation-token", page.Next)
	}
}

// Delete removes an object; one that is not there is no error.
func (c *Client) Delete(ctx context.Context, key string) error {
	err := c.call(ctx, http.MethodDelete, key, nil, nil, nil, nil)
	if flowhq.CodeOf(err) == flowhq.CodeNotFound {
		return nil
	}
	return err
}

// call does one request, several times if that can help, and reads the answer's XML into out unless that is nil.
func (c *Client) call(ctx context.Context, method, key string, q url.Values, body []byte, out any,
	header *http.Header) error {
	ends := time.Now().Add(c.c.Patience)
	for n := 0; ; n++ {
		err := c.try(ctx, method, key, q, body, out, header)
		if err == nil || !mayPass(err) || ctx.Err() != nil {
			return c.explain(ctx, err)
		}
		pause := min(5*time.Second, 200*time.Millisecond<<min(n, 5))
		if time.Now().Add(pause).After(ends) {
			return c.explain(ctx, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (c *Client) try(ctx context.Context, method, key string, q url.Values, body []byte, out any,
	header *http.Header) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stall := time.AfterFunc(c.c.Patience, cancel)
	defer stall.Stop()
	sent := &watchedBody{
		Reader: bytes.NewReader(body), read: func() { stall.Reset(c.c.Patience) }, closed: make(chan struct{}),
	}
	// An answer may come before all of the body is sent, and the caller uses its memory for the next part.
	defer func() { cancel(); <-sent.closed }()
	res, err := c.send(ctx, method, key, q, body, sent)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err != nil {
		return err
	}
	if header != nil {
		*header = res.Header
	}
	// Completing an upload answers with 200 and an error in the body when it fails late.
	if wrong := refusal(res.StatusCode, answer); wrong != nil {
		return wrong
	}
	if out == nil {
		return nil
	}
	return xml.Unmarshal(answer, out)
}

func (c *Client) send(ctx context.Context, method, key string, q url.Values, body []byte,
	from *watchedBody) (*http.Response, error) {
	u := *c.base
	u.Path += key
	u.RawPath = escapedPath(u.Path)
	u.RawQuery = canonicalQuery(q)
	r, err := http.NewRequestWithContext(ctx, method, u.String(), http.NoBody)
	if err != nil {
		_ = from.Close()
		return nil, err
	}
	if r.ContentLength = int64(len(body)); len(body) > 0 {
		r.Body = from // the transport closes it, at the latest soon after the context has ended
	} else {
		_ = from.Close()
	}
	sign(r, c.c.AccessKey, c.c.SecretKey, c.c.Region, sum(body), time.Now())
	return c.http.Do(r)
}

// watchedBody is the body of a request. It tells of every piece that is read, and when the transport is done with it.
type watchedBody struct {
	io.Reader
	read   func()
	once   sync.Once
	closed chan struct{}
}

func (w *watchedBody) Read(p []byte) (int, error) {
	w.read()
	return w.Reader.Read(p[:min(len(p), 64<<10)])
}

// Close may be called again.
func (w *watchedBody) Close() error {
	w.once.Do(func() { close(w.closed) })
	return nil
}

// refused is an answer of the server that is an error.
type refused struct {
	Status  int    `xml:"-"`
	Code    string `xml:"Code"`
	Message string `xml:"Message"`
}

func (r *refused) Error() string {
	return fmt.Sprintf("s3: status %d, %s: %s", r.Status, r.Code, r.Message)
}

func refusal(status int, body []byte) error {
	if status < 300 && !bytes.Contains(body[:min(len(body), 512)], []byte("<Error>")) {
		return nil
	}
	r := &refused{Status: status}
	_ = xml.Unmarshal(body, r)
	return r
}

// mayPass tells whether the same request may succeed later.
func mayPass(err error) bool {
	if r, ok := errors.AsType[*refused](err); ok {
		return r.Status >= 500 || r.Status == http.StatusTooManyRequests || r.Status == http.StatusRequestTimeout ||
			r.Code == "InternalError" || r.Code == "SlowDown"
	}
	return true
}

func (c *Client) explain(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	where := "The S3 storage at " + c.base.Host
	r, ok := errors.AsType[*refused](err)
	switch {
	case !ok:
		return &flowhq.Error{Code: flowhq.CodeUnavailable,
			Message: where + " can't be reached or does not answer in time.", Cause: err}
	case r.Code == "NoSuchBucket":
		return &flowhq.Error{Code: flowhq.CodeNotFound,
			Message: where + " has no bucket " + c.c.Bucket + ": make it there first.", Cause: err}
	case r.Status == http.StatusNotFound:
		return &flowhq.Error{Code: flowhq.CodeNotFound, Message: where + " has no such backup.", Cause: err}
	case r.Code == "RequestTimeTooSkewed":
		return &flowhq.Error{Code: flowhq.CodeUnavailable,
			Message: where + " refuses because this server's clock is wrong. Set the time.", Cause: err}
	case r.Status == http.StatusForbidden, r.Status == http.StatusUnauthorized:
		return &flowhq.Error{Code: flowhq.CodeForbidden,
			Message: where + " refuses: check BACKUP_S3_ACCESS_KEY, BACKUP_S3_SECRET_KEY, BACKUP_S3_REGION and the " +
				"key's rights on the bucket.", Cause: err}
	}
	return &flowhq.Error{Code: flowhq.CodeUnavailable,
		Message: fmt.Sprintf("%s answers with an error (%d %s).", where, r.Status, r.Code), Cause: err}
}
