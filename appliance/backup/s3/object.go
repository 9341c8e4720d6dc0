package s3

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Upload writes an object in parts; it is there once Commit has returned.
type Upload struct {
	c     *Client
	ctx   context.Context
	key   string
	id    string
	part  []byte
	parts []partDone
}

type partDone struct {
	Number int    `xml:"PartNumber"`
	ETag   string `xml:"ETag"`
}

// Create begins an object. ctx bounds the whole upload.
func (c *Client) Create(ctx context.Context, key string) (*Upload, error) {
	var begun struct{ UploadId string }
	if err := c.call(ctx, http.MethodPost, key, url.Values{"uploads": {""}}, nil, &begun, nil); err != nil {
		return nil, err
	}
	return &Upload{c: c, ctx: ctx, key: key, id: begun.UploadId, part: make([]byte, 0, c.c.PartSize)}, nil
}

func (u *Upload) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		m := min(len(p), cap(u.part)-len(u.part))
		u.part = append(u.part, p[:m]...)
		p, n = p[m:], n+m
		if len(u.part) == cap(u.part) {
			if err := u.flush(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

func (u *Upload) flush() error {
	number := len(u.parts) + 1
	var header http.Header
	err := u.c.call(u.ctx, http.MethodPut, u.key, url.Values{"partNumber": {strconv.Itoa(number)}, "uploadId": {u.id}},
		u.part, nil, &header)
	if err != nil {
		return err
	}
	u.parts = append(u.parts, partDone{number, header.Get("ETag")})
	u.part = u.part[:0]
	return nil
}

// Commit sends the rest and makes the object be.
func (u *Upload) Commit() error {
	if len(u.part) > 0 || len(u.parts) == 0 {
		if err := u.flush(); err != nil {
			u.Abort()
			return err
		}
	}
	body, err := xml.Marshal(struct {
		XMLName xml.Name   `xml:"CompleteMultipartUpload"`
		Parts   []partDone `xml:"Part"`
	}{Parts: u.parts})
	if err == nil {
		err = u.c.call(u.ctx, http.MethodPost, u.key, url.Values{"uploadId": {u.id}}, body, nil, nil)
	}
	if err != nil {
		u.Abort()
	}
	return err
}

// Abort has the server forget what was sent.
func (u *Upload) Abort() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(u.ctx), 10*time.Second)
	defer cancel()
	_ = u.c.try(ctx, http.MethodDelete, u.key, url.Values{"uploadId": {u.id}}, nil, nil, nil)
}

// Unfinished has the server forget uploads below prefix that were begun so long ago that nobody is at them any more.
func (c *Client) Unfinished(ctx context.Context, prefix string, before time.Time) error {
	var list struct {
		Upload []struct {
			Key       string
			UploadId  string
			Initiated time.Time
		}
	}
	if err := c.call(ctx, http.MethodGet, "", url.Values{"uploads": {""}, "prefix": {prefix}}, nil, &list,
		nil); err != nil {
		return err
	}
	for _, u := range list.Upload {
		if u.Initiated.Before(before) {
			if err := c.call(ctx, http.MethodDelete, u.Key, url.Values{"uploadId": {u.UploadId}}, nil, nil,
				nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// Open reads an object from its beginning. A connection that breaks off is made again where it broke.
func (c *Client) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	d := &download{c: c, ctx: ctx, key: key, size: -1}
	return d, d.connect()
}

// Size gives how many bytes the object has, -1 when the storage does not say.
func (d *download) Size() int64 { return d.size }

type download struct {
	c     *Client
	ctx   context.Context
	key   string
	body  io.ReadCloser
	stop  context.CancelFunc
	stall *time.Timer
	at    int64
	size  int64
	etag  string
	fails int
}

func (d *download) connect() error {
	ctx, cancel := context.WithCancel(d.ctx)
	stall := time.AfterFunc(d.c.c.Patience, cancel)
	res, err := d.request(ctx)
	if err == nil && res.StatusCode >= 300 {
		answer, _ := io.ReadAll(io.LimitReader(res.Body, 1<<16))
		_ = res.Body.Close()
		err = refusal(res.StatusCode, answer)
	}
	if err == nil && d.size >= 0 && (res.Header.Get("ETag") != d.etag || res.StatusCode != http.StatusPartialContent) {
		_ = res.Body.Close()
		err = errors.New("s3: the object changed while it was read")
	}
	if err != nil {
		stall.Stop()
		cancel()
		return d.c.explain(d.ctx, err)
	}
	if d.size < 0 {
		d.size, d.etag = res.ContentLength, res.Header.Get("ETag")
	}
	d.body, d.stop, d.stall = res.Body, cancel, stall
	return nil
}

func (d *download) request(ctx context.Context) (*http.Response, error) {
	u := *d.c.base
	u.Path += d.key
	u.RawPath = escapedPath(u.Path)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	if d.size >= 0 {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.at))
	}
	sign(r, d.c.c.AccessKey, d.c.c.SecretKey, d.c.c.Region, sum(nil), time.Now())
	return d.c.http.Do(r)
}

// maxBreaks is how often in a row a download may break off without a byte.
const maxBreaks = 5

func (d *download) Read(p []byte) (int, error) {
	for {
		if d.body != nil {
			d.stall.Reset(d.c.c.Patience)
			n, err := d.body.Read(p)
			d.at += int64(n)
			if n > 0 {
				d.fails = 0
			}
			if err == nil || d.size >= 0 && d.at >= d.size {
				return n, err
			}
			d.hangUp()
			if n > 0 {
				return n, nil
			}
		}
		if d.fails++; d.fails > maxBreaks || d.ctx.Err() != nil {
			return 0, d.c.explain(d.ctx, errors.New("s3: the download broke off"))
		}
		if err := d.connect(); err != nil && d.fails == maxBreaks {
			return 0, err
		}
	}
}

func (d *download) hangUp() {
	d.stall.Stop()
	_ = d.body.Close()
	d.stop()
	d.body = nil
}

func (d *download) Close() error {
	if d.body != nil {
		d.hangUp()
	}
	return nil
}
