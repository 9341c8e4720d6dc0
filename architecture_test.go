package flowhq_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The house has one direction: cmd → appliance → {ui, api} → services → subjects → supervisor → root; storage, procman,
// whatsapp and bot stand beside each other and meet in worker (bot, whatsapp, wire) or in appliance (everything else).
// Each package may import, of this project, its own sub-packages and what stands behind its name here; the longest
// matching name counts.
var mayImport = map[string][]string{
	"flowhq":                 {},
	"flowhq/locale":          {"flowhq"},
	"flowhq/locale/key":      {},
	"flowhq/locale/internal": {},
	"flowhq/procman":         {},
	"flowhq/storage":         {"flowhq"},
	"flowhq/worker/bot": {"flowhq", "flowhq/locale/key", "flowhq/worker/bot/lexicon",
		"flowhq/worker/bot/when"},
	"flowhq/worker/bot/lexicon":      {},
	"flowhq/worker/bot/when":         {"flowhq", "flowhq/worker/bot/lexicon"},
	"flowhq/worker/message":          {"flowhq"},
	"flowhq/worker/whatsapp":         {"flowhq", "flowhq/worker/message"},
	"flowhq/wire":                    {"flowhq"},
	"flowhq/appliance/access":        {"flowhq", "flowhq/locale"},
	"flowhq/appliance/config":        {"flowhq"},
	"flowhq/appliance/backup":        {"flowhq", "flowhq/locale", "flowhq/storage", "flowhq/worker/journal"},
	"flowhq/appliance/form":          {"flowhq"},
	"flowhq/appliance/supervisor":    {"flowhq", "flowhq/appliance/form"},
	"flowhq/appliance/tenants":       {"flowhq", "flowhq/appliance/form", "flowhq/appliance/supervisor"},
	"flowhq/appliance/onboarding":    {"flowhq", "flowhq/appliance/form", "flowhq/appliance/supervisor"},
	"flowhq/appliance/conversations": {"flowhq", "flowhq/appliance/form", "flowhq/appliance/supervisor"},
	"flowhq/appliance/dashboard":     {"flowhq"},
	"flowhq/appliance/services": {
		"flowhq", "flowhq/storage", "flowhq/appliance/supervisor", "flowhq/appliance/tenants",
		"flowhq/appliance/onboarding",
		"flowhq/appliance/conversations", "flowhq/appliance/dashboard",
	},
	"flowhq/appliance/services/servicestest": {
		"flowhq", "flowhq/storage", "flowhq/worker/bot", "flowhq/appliance/services", "flowhq/appliance/supervisor",
		"flowhq/appliance/tenants",
		"flowhq/appliance/onboarding", "flowhq/appliance/conversations", "flowhq/appliance/dashboard",
	},
	"flowhq/appliance/api": {
		"flowhq", "flowhq/locale", "flowhq/appliance/access", "flowhq/appliance/services",
		"flowhq/appliance/supervisor",
		"flowhq/appliance/tenants", "flowhq/appliance/onboarding", "flowhq/appliance/conversations",
		"flowhq/appliance/dashboard",
	},
	"flowhq/appliance/localtrust": {"flowhq/procman"},
	"flowhq/appliance/localapi": {
		"flowhq", "flowhq/locale", "flowhq/appliance/access", "flowhq/appliance/api", "flowhq/appliance/backup",
		"flowhq/appliance/localtrust", "flowhq/appliance/services", "flowhq/procman", "flowhq/storage",
	},
	"flowhq/appliance/retention": {"flowhq"},
	"flowhq/appliance/release":   {},
	"flowhq/appliance/host": {
		"flowhq", "flowhq/appliance/config", "flowhq/appliance/dashboard", "flowhq/procman", "flowhq/storage",
	},
	"flowhq/appliance/workers": {
		"flowhq", "flowhq/appliance/config", "flowhq/appliance/release", "flowhq/appliance/services",
		"flowhq/appliance/supervisor", "flowhq/procman", "flowhq/wire",
	},
	"flowhq/appliance/website": {
		"flowhq", "flowhq/locale", "flowhq/appliance/access", "flowhq/appliance/api", "flowhq/appliance/config",
		"flowhq/appliance/host", "flowhq/appliance/services", "flowhq/procman", "flowhq/storage", "flowhq/ui",
	},
	"flowhq/worker": {
		"flowhq", "flowhq/worker/bot", "flowhq/worker/message", "flowhq/worker/whatsapp", "flowhq/wire",
	},
	"flowhq/ui": {
		"flowhq", "flowhq/locale", "flowhq/appliance/access", "flowhq/appliance/services",
		"flowhq/appliance/supervisor", "flowhq/appliance/tenants",
		"flowhq/appliance/onboarding", "flowhq/appliance/conversations", "flowhq/appliance/dashboard",
	},
	"flowhq/appliance": {"flowhq", "flowhq/locale", "flowhq/appliance/...", "flowhq/wire",
		"flowhq/worker/bot/...", "flowhq/packaging", "flowhq/ui", "flowhq/storage", "flowhq/procman"},
	"flowhq/cmd/flowhq": {"flowhq", "flowhq/locale", "flowhq/worker/bot/...", "flowhq/appliance/...",
		"flowhq/procman", "flowhq/storage"},
	"flowhq/cmd/flowhq-worker":    {"flowhq/wire", "flowhq/worker"},
	"flowhq/cmd/wasim":            {"flowhq/internal/wasim"},
	"flowhq/internal/wasim":       {},
	"flowhq/packaging":            {},
	"flowhq/packaging/systemtest": {"flowhq", "flowhq/internal/..."},
	"flowhq/internal":             {"flowhq/..."},
}

// Only these may reach for a library that has a door of its own in the house.
var onlyImporter = map[string][]string{
	"go.mau.fi/whatsmeow":                 {"flowhq/worker/whatsapp", "flowhq/internal/wasim"},
	"go.mau.fi/libsignal":                 {"flowhq/worker/whatsapp", "flowhq/internal/wasim", "flowhq/cmd/wasim"},
	"github.com/jackc/pgx/v5":             {"flowhq/storage", "flowhq/internal/bench"},
	"github.com/gin-gonic/gin":            {"flowhq/appliance", "flowhq/ui"},
	"gopkg.in/natefinch/lumberjack.v2":    {"flowhq/procman", "flowhq/appliance"},
	"github.com/creachadair/jrpc2":        {"flowhq/wire"},
	"github.com/landlock-lsm/go-landlock": {"flowhq/worker"},
	"filippo.io/age":                      {"flowhq/appliance/backup"},
	"github.com/nicksnyder/go-i18n/v2":    {"flowhq/locale"},
	"github.com/klauspost/compress":       {"flowhq/appliance/backup", "flowhq/ui"},
}

type goPackage struct {
	ImportPath   string
	Doc          string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func TestImportDirections(t *testing.T) {
	for _, p := range listPackages(t) {
		rule := ruleFor(p.ImportPath)
		if rule == "" {
			t.Errorf("%s has no place in the house: give it a line in mayImport", p.ImportPath)
			continue
		}
		for _, imp := range p.Imports {
			if !allowed(p.ImportPath, rule, imp) {
				t.Errorf("%s must not import %s", p.ImportPath, imp)
			}
		}
		for door, importers := range onlyImporter {
			if within(door, p.Imports) && !slices.ContainsFunc(importers, func(i string) bool {
				return under(i, p.ImportPath)
			}) {
				t.Errorf("%s must not import %s: that is for %s alone", p.ImportPath, door,
					strings.Join(importers, ", "))
			}
		}
	}
}

func TestRootImportsTheStandardLibraryAlone(t *testing.T) {
	for _, p := range listPackages(t) {
		if p.ImportPath != "flowhq" {
			continue
		}
		for _, imp := range p.Imports {
			if strings.Contains(strings.Split(imp, "/")[0], ".") || strings.HasPrefix(imp, "flowhq") {
				t.Errorf("the domain imports %s", imp)
			}
		}
		return
	}
	t.Fatal("the root package was not listed")
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range listPackages(t) {
		if p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Doc,Imports", "./...")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if len(packages) < 5 {
		t.Fatalf("only %d packages were listed", len(packages))
	}
	return packages
}

func ruleFor(path string) string {
	best := ""
	for name := range mayImport {
		if under(name, path) && len(name) > len(best) && (name != "flowhq" || path == "flowhq") {
			best = name
		}
	}
	return best
}

func allowed(from, rule, imp string) bool {
	if imp != "flowhq" && !strings.HasPrefix(imp, "flowhq/") {
		return true
	}
	if rule != "flowhq" && under(rule, imp) && (rule != "flowhq/appliance" || from != imp) && ruleFor(imp) == rule {
		return true
	}
	if imp == "flowhq/locale/key" { // names of texts, which every room but these has
		return from != "flowhq" && !under("flowhq/procman", from)
	}
	return slices.ContainsFunc(mayImport[rule], func(a string) bool {
		if tree, ok := strings.CutSuffix(a, "/..."); ok {
			return under(tree, imp)
		}
		return imp == a || (a != "flowhq" && under(a, imp))
	})
}

func under(name, path string) bool { return path == name || strings.HasPrefix(path, name+"/") }

func within(door string, imports []string) bool {
	return slices.ContainsFunc(imports, func(i string) bool { return under(door, i) })
}
