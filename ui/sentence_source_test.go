package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What the program says to people stands in its sources: this reads it out of them, so that none is left untranslated.

// saying is a function that hands on what it is given, as it is or as a format, to where a page shows it.
type saying struct {
	in, name   string // the folder it is called in, "" for all; its name
	arg        int    // which of its arguments
	head, tail string // what it adds
	upper      bool   // the page writes its first letter large
}

func sayings() []saying {
	return []saying{
		{name: "NotFound", tail: " not found"},
		{name: "orNotFound", arg: 1, tail: " not found"},
		{name: "Note", arg: 3},
		{in: "worker/bot", name: "trace", arg: 1, upper: true},
		{in: "worker/bot", name: "call", arg: 1},
		{in: "worker", name: "trace", arg: 1},
		{in: "storage", name: "addEvent", arg: 2},
		{in: "storage", name: "note", arg: 1, head: "{} "},
	}
}

// told names the fields of a type that pages show.
func told(typeName string) []string {
	switch typeName {
	case "Error", "FieldError":
		return []string{"Message"}
	case "SessionReport", "TenantEventNote", "TraceEntry":
		return []string{"Detail"}
	case "Action":
		return []string{"Cause"}
	}
	return nil
}

// speakers are functions all of whose texts are read, by their file.
func speakers() map[string][]string {
	return map[string][]string{
		"worker/bot/yamlnode.go":         {"syntaxProblem"},
		"appliance/workers/events.go":    {"causeText", "changeOf"},
		"appliance/workers/processes.go": {"exitText"},
		"worker/talk_bot.go":             {"told"},
		"procman/status.go":              {"String"},
	}
}

// plainErrors are files whose errors are written for people: what is wrong with a field.
func plainErrors() []string {
	return nil
}

// openFolders are those where every whole sentence, wherever it stands, is taken for one that is read.
func openFolders() []string {
	return []string{"appliance/access", "appliance/form", "appliance/supervisor", "appliance/tenants",
		"appliance/onboarding", "appliance/conversations", "appliance/dashboard", "worker/whatsapp", "wire", "worker",
		"ui"}
}

// openFiles are single files of the same kind.
func openFiles() []string {
	return []string{"lifecycle.go", "storage/errors.go", "storage/health.go", "storage/sqlite_upkeep.go", "appliance/workers/handler.go",
		"appliance/workers/processes.go", "appliance/website/startup.go"}
}

// elsewhere are folders and files that say nothing on a page, and why.
func elsewhere() map[string]string {
	return map[string]string{
		"cmd": "the command line", "internal": "tests and measurements", "packaging": "tests", "tools": "tools of ours",
		"appliance/access/config.go":     "settings, told at the start",
		"appliance/access/credential.go": "settings, told at the start",
		"appliance/api":                  "the JSON API, in English; what pages show of it is in access and fleet",
		"appliance/backup":               "the command line; pages tell of backups by alarms",
		"appliance/backups.go":           "settings, told at the start",
		"worker/bot/transcript":          "tests of conversations",
		"worker/bot/tryout/talk.go":      "the command line",
		"appliance/config":               "settings, told at the start",
		"appliance/control.go":           "the command line",
		"appliance/control_calls.go":     "the command line",
		"appliance/control_restore.go":   "the command line",
		"appliance/control_talk.go":      "the command line",
		"appliance/firstsettings.go":     "the command line",
		"appliance/onboarding/users.go":  "the portal, through the JSON API",
		"appliance/localapi":             "the command line",
		"appliance/handover.go":          "the command line",
		"appliance/reload.go":            "the command line",
		"appliance/run.go":               "told at the start",
		"appliance/service.go":           "the command line",
		"wire/client.go":                 "between a worker and the appliance",
		"wire/link.go":                   "between a worker and the appliance",
		"worker/notices.go":              "messages to customers, in both languages",
		"worker/snapshot.go":             "between a worker and the appliance",
		"worker/uplink.go":               "between a worker and the appliance",
		"procman/internal":               "tests and measurements",
		"storage/copy.go":                "the command line",
		"storage/copy_rows.go":           "the command line",
		"storage/database_lock.go":       "the command line",
		"storage/migrate.go":             "told at the start",
		"storage/restore.go":             "the command line",
		"storage/restore_row.go":         "the command line",
		"storage/user.go":                "the portal, through the JSON API",
	}
}

// sentence is one text of the program with {} where a word varies.
type sentence struct {
	text, at string
}

// sourceSentences reads all that the program says on pages.
func sourceSentences(t *testing.T) []sentence {
	t.Helper()
	var out []sentence
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := strings.TrimPrefix(filepath.ToSlash(file), "../")
		if _, skipped := elsewhere()[rel]; skipped || d.IsDir() &&
			(strings.HasPrefix(d.Name(), ".") && file != ".." || d.Name() == "testdata") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go") {
			return nil
		}
		files := token.NewFileSet()
		parsed, err := parser.ParseFile(files, file, nil, 0)
		if err == nil {
			out = append(out, sentencesOf(files, parsed, rel)...)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// reader collects the sentences of one file.
type reader struct {
	files          *token.FileSet
	file, folder   string
	open, errorsTo bool
	out            []sentence
}

func sentencesOf(files *token.FileSet, f *ast.File, rel string) []sentence {
	folder := path.Dir(rel)
	r := reader{
		files: files, file: rel, folder: folder, errorsTo: slices.Contains(plainErrors(), rel),
		open: slices.Contains(openFolders(), folder) || slices.Contains(openFiles(), rel),
	}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && slices.Contains(speakers()[rel], fn.Name.Name) {
			r.all(fn)
		}
		ast.Inspect(d, r.visit)
	}
	return r.out
}

// all takes every text of a function.
func (r *reader) all(fn *ast.FuncDecl) {
	ast.Inspect(fn, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok {
			if text := textOf(e); strings.Trim(text, "{} ,.:;") != "" {
				r.keep(n, text)
				return false
			}
		}
		return true
	})
}

func (r *reader) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		return r.call(n)
	case *ast.CompositeLit:
		r.literal(n)
	case *ast.BasicLit:
		r.whole(n)
	case *ast.BinaryExpr:
		r.whole(n)
		// pieces of the text are not texts of their own; calls in it may hold some
		for _, part := range []ast.Expr{n.X, n.Y} {
			if textOf(part) == "{}" {
				ast.Inspect(part, r.visit)
			}
		}
		return n.Op != token.ADD
	}
	return true
}

// call takes what a call says; it gives false for one that writes to a log, whose texts nobody sees here.
func (r *reader) call(c *ast.CallExpr) bool {
	name, of := nameOf(c.Fun), receiverOf(c.Fun)
	if of == "log" || of == "slog" {
		return false
	}
	for _, s := range sayings() {
		if s.name != name || s.in != "" && s.in != r.folder || len(c.Args) <= s.arg {
			continue
		}
		text := textOf(c.Args[s.arg])
		if name == "entriesOf" && !strings.Contains(text, " ") { // the name of a key, not words
			continue
		}
		if text != "{}" {
			text = s.head + text + s.tail
		}
		if s.upper {
			text = upperFirst(text)
		}
		r.keep(c, text)
	}
	switch {
	case name == "Errorf" && nameOf(c.Args[0]) == "CodeInternal":
		return false // pages say that something went wrong, and no more
	case name == "Errorf" && strings.HasPrefix(nameOf(c.Args[0]), "Code"):
		r.keep(c, textOf(c.Args[1]))
	case (name == "Errorf" || name == "New") && (of == "fmt" || of == "errors"):
		if r.errorsTo {
			r.keep(c, textOf(c.Args[0]))
		}
		return false // the text of an error is for the log
	}
	return true
}

// literal takes the fields of a value that pages show.
func (r *reader) literal(l *ast.CompositeLit) {
	name := nameOf(l.Type)
	values := []*ast.CompositeLit{l}
	if _, isList := l.Type.(*ast.ArrayType); isList || name == "Problems" {
		name, values = strings.TrimSuffix(name, "s"), nil
		for _, e := range l.Elts {
			if v, ok := e.(*ast.CompositeLit); ok && v.Type == nil {
				values = append(values, v)
			}
		}
	}
	for _, v := range values {
		for _, e := range v.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok && slices.Contains(told(name), nameOf(kv.Key)) {
				r.keep(kv, textOf(kv.Value))
			}
		}
	}
}

var wholeSentence = regexp.MustCompile(`^[A-Z][A-Za-z']*,? [^=]+$|^[A-Z][a-z]+\.$`)

// whole takes a text that looks like a sentence, in the places where such are read.
func (r *reader) whole(e ast.Expr) {
	if !r.open {
		return
	}
	text := strings.TrimLeft(textOf(e), "{} ")
	if wholeSentence.MatchString(text) && !regexp.MustCompile(`^[A-Z]{2,} `).MatchString(text) {
		r.keep(e, text)
	}
}

// keep notes a text once; one that is put together from others alone says nothing itself.
func (r *reader) keep(n ast.Node, text string) {
	text = strings.TrimSpace(text)
	line := r.files.Position(n.Pos())
	known := func(s sentence) bool {
		return s.text == text || strings.HasSuffix(s.at, ":"+strconv.Itoa(line.Line)) && strings.Contains(s.text, text)
	}
	if strings.Trim(text, "{}") == "" || slices.ContainsFunc(r.out, known) {
		return
	}
	r.out = append(r.out, sentence{text, r.file + ":" + strconv.Itoa(line.Line)})
}

var verb = regexp.MustCompile(`%[-+# 0]*[0-9]*(\.[0-9]+)?[a-z]`)

// textOf gives a text with {} for what is only known when the program runs.
func textOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return verb.ReplaceAllString(s, "{}")
		}
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return textOf(e.X) + textOf(e.Y)
		}
	case *ast.ParenExpr:
		return textOf(e.X)
	case *ast.CallExpr:
		if nameOf(e.Fun) == "Sprintf" {
			return textOf(e.Args[0])
		}
	}
	return "{}"
}

// nameOf gives the last part of a name: Message, Error of &flowhq.Error, FieldError of []flowhq.FieldError.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.ArrayType:
		return nameOf(e.Elt)
	case *ast.StarExpr:
		return nameOf(e.X)
	}
	return ""
}

// receiverOf gives what a method or a function of a package is called on: log of s.log.Error, fmt of fmt.Errorf.
func receiverOf(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		return nameOf(s.X)
	}
	return ""
}
