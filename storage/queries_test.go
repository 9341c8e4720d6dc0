package storage_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// generated gives the statements in the code that sqlc made, by name.
func generated(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "internal/db/queries.sql.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
			query := must(strconv.Unquote(lit.Value))(t)
			name, _, _ := strings.Cut(strings.TrimPrefix(query, "-- name: "), " ")
			out[name] = query
		}
		return true
	})
	return out
}

// words are what a query consists of; parameters are all the same, for the generated code numbers them.
func words(query string) []string {
	comment := regexp.MustCompile(`(?m)^--.*$`)
	param := regexp.MustCompile(`@\w+|\$\d+`)
	return strings.Fields(strings.TrimSuffix(strings.TrimSpace(
		param.ReplaceAllString(comment.ReplaceAllString(query, ""), "?")), ";"))
}

// The committed code is made from the committed queries. (tools/generate.sh check looks closer, where sqlc can be had.)
func TestGeneratedCodeIsCurrent(t *testing.T) {
	t.Parallel()
	code := generated(t)
	source := strings.Split(string(must(os.ReadFile("queries.sql"))(t)), "-- name: ")[1:]
	equal(t, "queries", len(code), len(source))
	for _, query := range source {
		name, _, _ := strings.Cut(query, " ")
		_, body, _ := strings.Cut(query, "\n")
		if !slices.Equal(words(body), words(code[name])) {
			t.Errorf("%s is not what internal/db was made from: run go generate ./storage", name)
		}
	}
}

func TestEnginesUnderstandEveryQuery(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		db := raw(t, h.dsn)
		for name, query := range generated(t) {
			stmt, err := db.PrepareContext(h.ctx, query)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			noError(t, stmt.Close())
		}
	})
}
