package s3

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	dateForm = "20060102"
	timeForm = "20060102T150405Z"
)

// sign signs a request by Signature Version 4 for the service s3. Every header that is set then is signed, and Host.
// bodySum is the SHA-256 of the body in hexadecimal digits.
func sign(r *http.Request, key, secret, region, bodySum string, now time.Time) {
	now = now.UTC()
	r.Header.Set("X-Amz-Date", now.Format(timeForm))
	r.Header.Set("X-Amz-Content-Sha256", bodySum)
	headers, names := canonicalHeaders(r)
	request := strings.Join([]string{r.Method, escapedPath(r.URL.Path), canonicalQuery(r.URL.Query()), headers, names,
		bodySum}, "\n")
	scope := strings.Join([]string{now.Format(dateForm), region, "s3", "aws4_request"}, "/")
	text := strings.Join([]string{"AWS4-HMAC-SHA256", now.Format(timeForm), scope, sum([]byte(request))}, "\n")
	k := []byte("AWS4" + secret)
	for _, part := range []string{now.Format(dateForm), region, "s3", "aws4_request"} {
		k = mac(k, part)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+key+"/"+scope+",SignedHeaders="+names+",Signature="+
		hex.EncodeToString(mac(k, text)))
}

func canonicalHeaders(r *http.Request) (lines, names string) {
	all := map[string]string{"host": cmp.Or(r.Host, r.URL.Host)}
	for name, values := range r.Header {
		all[strings.ToLower(name)] = strings.TrimSpace(strings.Join(values, ","))
	}
	var list []string
	for name := range all {
		list = append(list, name)
	}
	slices.Sort(list)
	var b strings.Builder
	for _, name := range list {
		b.WriteString(name + ":" + all[name] + "\n")
	}
	return b.String(), strings.Join(list, ";")
}

func canonicalQuery(q url.Values) string {
	var parts []string
	for name, values := range q {
		for _, v := range values {
			parts = append(parts, escaped(name, false)+"="+escaped(v, false))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "&")
}

func escapedPath(path string) string {
	if path == "" {
		return "/"
	}
	return escaped(path, true)
}

// escaped escapes all but what RFC 3986 calls unreserved, as the signature wants it; net/url leaves more as it is.
func escaped(s string, slash bool) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' &&
			c <= '9', c == '-', c == '_', c == '.', c == '~', c == '/' && slash:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&0xf])
		}
	}
	return b.String()
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
