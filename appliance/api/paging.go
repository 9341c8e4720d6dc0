package api

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/locale/key"
)

// page reads limit and before from the query. def is the limit where none is asked for; 0 there means no limit.
func page(c *gin.Context, def int) (limit int, before flowhq.Cursor, err error) {
	limit, err = pageAt(c, def, func(place string) error {
		before, err = readCursor(place)
		return err
	})
	return limit, before, err
}

// versionPage is page for a list whose places are numbers of versions.
func versionPage(c *gin.Context) (limit, below int, err error) {
	limit, err = pageAt(c, 0, func(place string) error {
		below, err = strconv.Atoi(place)
		if err == nil && below < 1 {
			err = strconv.ErrRange
		}
		return err
	})
	return limit, below, err
}

// pageAt reads limit from the query and has a place that it names read.
func pageAt(c *gin.Context, def int, read func(place string) error) (limit int, err error) {
	var wrong []flowhq.FieldError
	q := c.Request.URL.Query()
	limit = def
	if q.Has("limit") {
		limit, err = strconv.Atoi(q.Get("limit"))
		if err != nil || limit < 1 || limit > flowhq.MaxLimit {
			wrong = append(wrong, flowhq.Wrong("limit", key.FieldBetweenWords, "limit", flowhq.MaxLimit))
		}
	}
	if place := q.Get("before"); place != "" && read(place) != nil {
		wrong = append(wrong, flowhq.Wrong("before", key.FieldCursor))
	}
	return limit, flowhq.Invalid(wrong)
}

// writeCursor gives a place in a list as an opaque word. Microseconds are what both stores keep; nanoseconds lose
// nothing.
func writeCursor(cur flowhq.Cursor) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(cur.At.UnixNano(), 36) + "." + cur.ID))
}

func readCursor(s string) (flowhq.Cursor, error) {
	bad := flowhq.Errorf(flowhq.CodeInvalid, "no cursor")
	if len(s) > 200 {
		return flowhq.Cursor{}, bad
	}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return flowhq.Cursor{}, bad
	}
	at, id, ok := strings.Cut(string(raw), ".")
	nanos, err := strconv.ParseInt(at, 36, 64)
	if !ok || err != nil || id == "" || !plainID(id) {
		return flowhq.Cursor{}, bad
	}
	return flowhq.Cursor{At: time.Unix(0, nanos).UTC(), ID: id}, nil
}

// linkNext says where the next part of a list is, when this one is full: a Link header, so that the body stays an
// array.
func linkNext(c *gin.Context, limit, got int, last func() flowhq.Cursor) {
	linkNextPlace(c, limit, got, func() string { return writeCursor(last()) })
}

func linkNextPlace(c *gin.Context, limit, got int, last func() string) {
	if limit == 0 || got < limit {
		return
	}
	q := c.Request.URL.Query()
	q.Del("password")
	q.Set("limit", strconv.Itoa(limit))
	q.Set("before", last())
	next := url.URL{Path: c.Request.URL.Path, RawQuery: q.Encode()}
	c.Header("Link", "<"+next.String()+`>; rel="next"`)
}
