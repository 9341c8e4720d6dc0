package db

import (
	"context"
	"database/sql"
	"strings"
	"unicode/utf8"
)

// Clean gives s as both engines can keep it: NUL characters are taken out, bytes that are no UTF-8 replaced. A customer
// may send either, and a message must not be refused for it.
func Clean(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s
}

// Cleaned is a DBTX that cleans every text it hands on.
func Cleaned(inner DBTX) DBTX { return cleaned{inner} }

type cleaned struct{ inner DBTX }

func cleanArgs(args []any) []any {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = Clean(s)
		}
	}
	return args
}

func (c cleaned) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return c.inner.ExecContext(ctx, query, cleanArgs(args)...)
}

func (c cleaned) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return c.inner.PrepareContext(ctx, query)
}

func (c cleaned) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return c.inner.QueryContext(ctx, query, cleanArgs(args)...)
}

func (c cleaned) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return c.inner.QueryRowContext(ctx, query, cleanArgs(args)...)
}
