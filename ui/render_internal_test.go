package ui

import (
	"bytes"
	"errors"
	"flowhq/locale/key"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"flowhq"

	"github.com/gin-gonic/gin"
)

// Pages are parsed when they are first asked for: a fault in one must not wait for its first reader.
func TestEveryPageCanBeParsed(t *testing.T) {
	a, err := loadAssets(nil)
	if err != nil {
		t.Fatal(err)
	}
	set, err := loadIcons()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range flowhq.Languages() {
		e, err := newEngine(speaking(t, lang), a, set, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		for page := range e.pages {
			if _, err := e.pages[page](); err != nil {
				t.Error(err)
			}
		}
	}
}

// What went wrong inside is logged, and no page shows it.
func TestRenderer_Sentence(t *testing.T) {
	gin.SetMode(gin.TestMode)
	var log bytes.Buffer
	h := &renderer{
		log: slog.New(slog.NewTextHandler(&log, nil)),
		translators: map[flowhq.Language]translator{flowhq.English: speaking(t, flowhq.English),
			flowhq.Swahili: speaking(t, flowhq.Swahili)},
	}
	for _, tt := range []struct {
		err    error
		says   string
		logged bool
	}{
		{errors.New("dial tcp 10.0.0.1: secret"), "Something went wrong on this server. The details are in the log.",
			true},
		{flowhq.Errorf(flowhq.CodeInternal, "secret"),
			"Something went wrong on this server. The details are in the log.", false},
		{&flowhq.Error{Code: flowhq.CodeConflict, Message: "A sentence.", Cause: errors.New("secret")}, "A sentence.",
			true},
		{flowhq.Fail(flowhq.CodeNotFound, key.TenantNotFound), "Tenant not found", false},
	} {
		log.Reset()
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest("GET", "/admin/tenants", nil)
		if got := h.sentence(c, tt.err); got != tt.says || strings.Contains(log.String(), "secret") != tt.logged {
			t.Errorf("%v: %q, log %q", tt.err, got, log.String())
		}
	}
}
