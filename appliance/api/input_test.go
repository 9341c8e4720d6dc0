package api

import (
	"bytes"
	"net/http/httptest"
	"testing"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"flowhq"
)

func FuzzInput(f *testing.F) {
	for _, body := range []string{
		`{}`, `{"name":"a","version":1,"services":[{"name":"a"}],"hours":{"mon":[]}}`, `[]`, `null`, `{"name":null}`,
		"name=a&version=1&services=%5B%5D",
		`{"settings":{"hours":{"mon":{"open":"08:00","close":"09:00"}}}}`, `{"services":[{"price":1e999}]}`,
		`{"name":"\ud800"}`,
	} {
		f.Add(body, false)
		f.Add(body, true)
	}
	f.Fuzz(func(t *testing.T, body string, asForm bool) {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest("POST", "/", bytes.NewBufferString(body))
		c.Request.Header.Set("Content-Type", "application/json")
		if asForm {
			form(c.Request)
		}
		in, err := readInput(c)
		if err != nil {
			return
		}
		if name := in.text("name"); !utf8.ValidString(name) {
			t.Errorf("%q gives a text that can't be kept: %q", body, name)
		}
		in.number("version")
		s := in.settings()
		if s.Hours != nil && s.Hours.Check() != nil {
			t.Errorf("%q gives hours that are none", body)
		}
		if err := in.err(); err != nil && flowhq.CodeOf(err) != flowhq.CodeInvalid {
			t.Errorf("%q gives %v", body, err)
		}
	})
}
