package ui_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"flowhq"
)

func TestWhatTheFleetSaysIsSaidInTheReadersLanguage(t *testing.T) {
	f := example()
	f.tenants[1].Worker.LastError = "The worker crashes again and again: by itself, exit code 2. See its log; it is tried again, ever more slowly."
	h := serve(t, f)
	page := get(h, "/admin/tenants/t2", "Accept-Language", "sw").Body.String()
	if !strings.Contains(page, "Bot inaanguka tena na tena: yenyewe, msimbo wa kumaliza 2. Angalia logi yake; inajaribiwa tena, polepole zaidi kila mara.") {
		t.Error("the failure is not in Swahili")
	}
	f.refuse = flowhq.Errorf(flowhq.CodeConflict, "Worker already running")
	if w := postIn(h, "sw", "/admin/tenants/t1/worker/start"); !strings.Contains(w, "Bot tayari inafanya kazi") {
		t.Error("the refusal is not in Swahili")
	}
	f.refuse = flowhq.Errorf(flowhq.CodeConflict, "A sentence that nobody translated.")
	if w := postIn(h, "sw", "/admin/tenants/t1/worker/start"); !strings.Contains(w, "A sentence that nobody translated.") {
		t.Error("an unknown sentence is lost")
	}
}

func postIn(h http.Handler, lang, path string) string {
	w := request(h, http.MethodPost, path, "", "Accept-Language", lang)
	return w.Body.String()
}

func TestPagesGoCompressedToWhoTakesIt(t *testing.T) {
	h := serve(t, example())
	plain := get(h, "/admin/tenants").Body.String()
	css := regexp.MustCompile(`/assets/app\.[0-9a-f]+\.css`).FindString(plain)
	for _, path := range []string{"/admin/tenants", css} {
		small, large := get(h, path, "Accept-Encoding", "br, gzip"), get(h, path, "Accept-Encoding", "gzip;q=0")
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

func TestIconsOfTemplatesExist(t *testing.T) {
	var files []string
	for _, pattern := range []string{"templates/*.html", "templates/parts/*.html"} {
		some, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, some...)
	}
	icons, err := os.ReadFile("icons.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\bicon "([a-z-]+)"`).FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(string(icons), `"`+m[1]+`": `) {
				t.Errorf("%s uses the icon %s, which is not in the set", f, m[1])
			}
		}
	}
}
