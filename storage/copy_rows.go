package storage

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"flowhq"
	"flowhq/storage/dump"
)

// copyTable copies what is missing of a table, part by part in the order of its key.
func (c *copying) copyTable(ctx context.Context, r *dump.Reader, t dump.Table, w *pace) error {
	after, done, err := c.mark(ctx, t)
	if err != nil {
		return err
	}
	w.skip(t.Name, done)
	for {
		rows, last, err := readPart(ctx, r, t, after)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			done += int64(len(rows))
			after = dump.KeyOf(t, rows[len(rows)-1])
			if err := c.writePart(ctx, t, rows, after, done); err != nil {
				return c.target.fail("write "+t.Name, err)
			}
			w.add(t.Name, len(rows))
		}
		if last {
			return nil
		}
	}
}

// readPart reads the rows of one transaction; last: there are no more after them.
func readPart(ctx context.Context, r *dump.Reader, t dump.Table, after dump.Row) (rows []dump.Row, last bool, err error) {
	size := 0
	for row, err := range r.Rows(ctx, dump.Query{Table: t, After: after, Limit: copyRows}) {
		if err != nil {
			return nil, false, err
		}
		rows = append(rows, row)
		for _, v := range row {
			switch v := v.(type) {
			case string:
				size += len(v)
			case []byte:
				size += len(v)
			}
		}
		if size > copyBytes {
			return rows, false, nil
		}
	}
	return rows, len(rows) < copyRows, nil
}

// mark tells how far a table was copied: its last key and how many rows it was.
func (c *copying) mark(ctx context.Context, t dump.Table) (after dump.Row, done int64, err error) {
	var line string
	there, err := found(c.target.writer.QueryRowContext(ctx, "SELECT after_json, done_rows FROM "+copyTable+" WHERE table_name = $1", t.Name).Scan(&line, &done))
	if err != nil || !there {
		return nil, 0, c.target.fail("read how far the copy is", err)
	}
	after, err = dump.ParseRow(keyColumns(t), []byte(line))
	return after, done, err
}

func keyColumns(t dump.Table) []dump.Column {
	columns := make([]dump.Column, len(t.Key))
	for i, name := range t.Key {
		columns[i] = t.Columns[t.Column(name)]
	}
	return columns
}

// writePart writes rows and how far they go, altogether or not at all.
func (c *copying) writePart(ctx context.Context, t dump.Table, rows []dump.Row, after dump.Row, done int64) (err error) {
	conn, err := c.target.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	w := &dump.Writer{Tx: tx, Conn: conn, Dialect: c.target.engine.dialect(), Tables: c.tables}
	if err := w.Insert(ctx, t.Name, t.Columns, rows); err != nil {
		return err
	}
	line, err := dump.AppendRow(nil, after)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO "+copyTable+" VALUES ($1, $2, $3) ON CONFLICT (table_name) DO UPDATE SET after_json = excluded.after_json, done_rows = excluded.done_rows",
		t.Name, string(line), done)
	if err != nil {
		return err
	}
	return tx.Commit()
}

// check counts and checksums every table on both sides.
func (c *copying) check(ctx context.Context) ([]CopiedTable, error) {
	w := newPace(CopyChecking, checkEvery, 2*c.total, c.progress)
	sums := make([]map[string]dump.Digest, 2)
	group, ctx := errgroup.WithContext(ctx)
	for i, s := range []*Store{c.source, c.target} {
		group.Go(func() error {
			err := s.picture(ctx, c.tables, func(r *dump.Reader) (err error) {
				sums[i], err = digests(ctx, r, w)
				return err
			})
			return s.fail("check", err)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	out := make([]CopiedTable, len(c.tables))
	for i, t := range c.tables {
		a, b := sums[0][t.Name], sums[1][t.Name]
		if a.Rows() != b.Rows() || a.String() != b.String() {
			return nil, flowhq.Errorf(flowhq.CodeConflict, "The two sides differ in %s: %d rows (%.12s) in the source, %d (%.12s) in the target. "+
				"Did somebody write to the source meanwhile? The target is not used; empty it and copy again.", t.Name, a.Rows(), a.String(), b.Rows(), b.String())
		}
		out[i] = CopiedTable{Name: t.Name, Rows: a.Rows(), Digest: a.String()}
	}
	return out, nil
}

func digests(ctx context.Context, r *dump.Reader, w *pace) (map[string]dump.Digest, error) {
	out := make(map[string]dump.Digest, len(r.Tables))
	var line []byte
	for _, t := range r.Tables {
		var d dump.Digest
		pending := 0
		for row, err := range r.Rows(ctx, dump.Query{Table: t}) {
			if err != nil {
				return nil, err
			}
			if line, err = dump.AppendRow(line[:0], row); err != nil {
				return nil, fmt.Errorf("%s: %w", t.Name, err)
			}
			d.Add(line)
			if pending++; pending == 1000 {
				w.add(t.Name, pending)
				pending = 0
			}
		}
		w.add(t.Name, pending)
		out[t.Name] = d
	}
	return out, nil
}

// prefixed puts words before a domain error's sentence.
func prefixed(words string, err error) error {
	if domain, ok := errors.AsType[*flowhq.Error](err); ok {
		said := *domain
		said.Message = words + ": " + said.Message
		for _, f := range said.Fields {
			said.Message += " " + f.Field + " " + f.Message
		}
		return &said
	}
	return fmt.Errorf("%s: %w", words, err)
}
