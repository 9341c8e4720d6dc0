package dump

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"flowhq/storage/internal/db"
)

// Writer writes rows in one transaction.
type Writer struct {
	Tx      *sql.Tx
	Conn    *sql.Conn // that Tx runs on
	Dialect Dialect
	Tables  []Table

	prepared map[string]*sql.Stmt // SQLite's, by their text; they end with Tx
}

// Insert inserts rows of a table, whose values stand in the order of columns: a part of the table's columns, where the
// rest have defaults. PostgreSQL takes them by COPY. It gives up at the first row that can't be inserted.
func (w *Writer) Insert(ctx context.Context, table string, columns []Column, rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	var err error
	if w.Dialect == PostgreSQL {
		err = w.copyIn(ctx, table, columns, rows)
	} else {
		err = w.insert(ctx, table, columns, rows)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", table, err)
	}
	return nil
}

// rowsAtOnce is how many rows a statement of SQLite inserts: the driver's work on parameters grows with the square of
// their number.
const rowsAtOnce = 16

func (w *Writer) insert(ctx context.Context, table string, columns []Column, rows []Row) error {
	for part := range slices.Chunk(rows, rowsAtOnce) {
		one := "(?" + strings.Repeat(",?", len(columns)-1) + ")"
		query := fmt.Sprintf("INSERT INTO %s (%s) VALUES %s", quoted(table), names(columns),
			one+strings.Repeat(","+one, len(part)-1))
		args := make([]any, 0, len(part)*len(columns))
		for _, row := range part {
			for _, v := range row {
				if text, ok := v.(string); ok {
					v = db.Clean(text)
				}
				args = append(args, v)
			}
		}
		insert, err := w.prepare(ctx, query)
		if err == nil {
			_, err = insert.ExecContext(ctx, args...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if s := w.prepared[query]; s != nil {
		return s, nil
	}
	s, err := w.Tx.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if w.prepared == nil {
		w.prepared = map[string]*sql.Stmt{}
	}
	w.prepared[query] = s
	return s, nil
}

func (w *Writer) copyIn(ctx context.Context, table string, columns []Column, rows []Row) error {
	return w.Conn.Raw(func(driver any) error {
		conn, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a %T is no connection to PostgreSQL", driver)
		}
		text, send := io.Pipe()
		go func() { send.CloseWithError(writeCopy(send, columns, rows)) }()
		_, err := conn.Conn().PgConn().CopyFrom(ctx, text,
			fmt.Sprintf("COPY %s (%s) FROM STDIN", quoted(table), names(columns)))
		_ = text.Close() // lets the writer go that still writes
		return err
	})
}

func names(columns []Column) string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = quoted(c.Name)
	}
	return strings.Join(out, ", ")
}

// writeCopy writes rows in the text format of COPY.
func writeCopy(to io.Writer, columns []Column, rows []Row) error {
	out := bufio.NewWriterSize(to, 64<<10)
	var line []byte
	for _, row := range rows {
		line = line[:0]
		for i, v := range row {
			if i > 0 {
				line = append(line, '\t')
			}
			var err error
			if line, err = appendCopy(line, columns[i].Kind, v); err != nil {
				return err
			}
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return out.Flush()
}

func appendCopy(line []byte, kind Kind, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(line, `\N`...), nil
	case string:
		return appendEscaped(line, db.Clean(v)), nil
	case int64:
		if kind == Time {
			return time.UnixMilli(v).UTC().AppendFormat(line, "2006-01-02 15:04:05.000"), nil
		}
		return strconv.AppendInt(line, v, 10), nil
	case bool:
		return strconv.AppendBool(line, v), nil
	case float64:
		return strconv.AppendFloat(line, v, 'g', -1, 64), nil
	case []byte:
		return hex.AppendEncode(append(line, `\\x`...), v), nil
	}
	return nil, fmt.Errorf("a %T is no value of a row", v)
}

func appendEscaped(line []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\':
			line = append(line, '\\', '\\')
		case '\t':
			line = append(line, '\\', 't')
		case '\n':
			line = append(line, '\\', 'n')
		case '\r':
			line = append(line, '\\', 'r')
		default:
			line = append(line, c)
		}
	}
	return line
}
