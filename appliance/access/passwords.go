package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
)

const tooLarge = "The body is larger than 1 MiB."

var errTooLarge = errors.New("body too large")

// passwords gives what a request offers as the admin password: in the query, in the body, by HTTP Basic. The body is
// left to be read again. The error is errTooLarge.
func passwords(c *gin.Context) (given []string, err error) {
	r := c.Request
	if q := r.URL.Query(); q.Has("password") {
		given = append(given, q.Get("password"))
	}
	p, ok, err := bodyPassword(r)
	if err != nil {
		return nil, err
	}
	if ok {
		given = append(given, p)
	}
	if _, p, ok := r.BasicAuth(); ok {
		given = append(given, p)
	}
	return given, nil
}

func bodyPassword(r *http.Request) (password string, ok bool, err error) {
	if r.Body == nil || r.Body == http.NoBody || safe(r.Method) {
		return "", false, nil
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	isForm := kind == "application/x-www-form-urlencoded"
	if !isForm && kind != "application/json" {
		return "", false, nil
	}
	body, err := readAgain(r)
	if err != nil {
		return "", false, err
	}
	if isForm {
		form, err := url.ParseQuery(string(body))
		return form.Get("password"), err == nil && form.Has("password"), nil
	}
	var doc struct {
		Password *string `json:"password"`
	}
	if json.Unmarshal(body, &doc) != nil || doc.Password == nil {
		return "", false, nil
	}
	return *doc.Password, true, nil
}

// readAgain reads a body of at most MaxBody and puts it back for whoever reads it next.
func readAgain(r *http.Request) ([]byte, error) {
	if r.ContentLength > MaxBody {
		return nil, errTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	if _, over := errors.AsType[*http.MaxBytesError](err); over || len(body) > MaxBody {
		return nil, errTooLarge
	}
	// What can't be read here can't be read by the handler either, which will say so.
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
	return body, nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}

// withoutPassword gives path and query of an address, the password taken out.
func withoutPassword(u *url.URL) string {
	q := u.Query()
	q.Del("password")
	// A path of "//evil.example" would be taken for another host.
	clean := url.URL{Path: "/" + strings.TrimLeft(u.Path, "/\\"), RawQuery: q.Encode()}
	return clean.String()
}

// SafeNext gives where a form leads a browser: next when it is a path of this appliance, else HomePath.
func SafeNext(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(next, "/") ||
		strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return HomePath
	}
	return withoutPassword(u)
}
