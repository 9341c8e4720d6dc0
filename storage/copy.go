package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"flowhq"
	"flowhq/storage/dump"
)

// CopyPhase names what a copy is doing.
type CopyPhase string

// The phases of a copy.
const (
	CopyCounting CopyPhase = "counting"
	CopyRows     CopyPhase = "copying"
	CopyChecking CopyPhase = "checking"
)

// CopyProgress tells how far a copy is.
type CopyProgress struct {
	Phase       CopyPhase
	Table       string
	Done, Total int64         // rows of this phase
	Left        time.Duration // of this phase; 0 while nobody can tell
}

// CopiedTable is what a copy came to for one table: both sides were counted and checksummed, and agree.
type CopiedTable struct {
	Name   string
	Rows   int64
	Digest string
}

// CopyResult is what a copy came to.
type CopyResult struct {
	Source, Target string // as Describe puts it
	Tables         []CopiedTable
	Rows           int64
	Others         []string // what the source holds that is not the product's and was not copied
	Resumed        bool     // an earlier copy that was interrupted was carried on
	Already        bool     // all was copied and checked before; nothing was done
	Took           time.Duration
}

// copyTable notes in the target how far a copy is. While it is there, the target can't be used by anybody else.
const copyTable = "flowhq_copy"

// copiedTable is what becomes of it when the copy is through: whoever gives the command once more is told so. The first who
// opens the target to work with it removes it.
const copiedTable = "flowhq_copied"

// copyRows and copyBytes bound one transaction of a copy.
const (
	copyRows  = 5000
	copyBytes = 8 << 20
)

// Copy copies everything from one database to another, of whatever engines. The source must not be in use and stays as it is;
// the target must be empty, or hold what an interrupted copy of the same source left, which is then carried on. Each part and the
// mark of how far it went are one transaction, so that nothing is doubled wherever it is cut off. At the end every table is
// counted and checksummed on both sides; only when all agree can the target be used. progress may be nil.
func Copy(ctx context.Context, from, to string, o Options, progress func(CopyProgress)) (CopyResult, error) {
	if progress == nil {
		progress = func(CopyProgress) {}
	}
	source, err := connect(ctx, from, o, false)
	if err != nil {
		return CopyResult{}, prefixed("the source cannot be opened", err)
	}
	defer func() { _ = source.Close() }() // it was only read
	target, err := connectPatiently(ctx, to, o)
	if err != nil {
		return CopyResult{}, prefixed("the target cannot be opened", err)
	}
	c := &copying{source: source, target: target, progress: progress, start: time.Now()}
	result, err := c.run(ctx)
	return result, errors.Join(err, target.Close())
}

// copying is a copy under way.
type copying struct {
	source, target *Store
	tables         []dump.Table
	progress       func(CopyProgress)
	start          time.Time
	resumed        bool
	already        bool
	counts         map[string]int64
	total          int64
}

func (c *copying) run(ctx context.Context) (out CopyResult, err error) {
	if c.source.addr.same(c.target.addr) {
		return out, flowhq.Errorf(flowhq.CodeConflict, "Source and target are the same database.")
	}
	for _, s := range []*Store{c.source, c.target} {
		release, err := s.LockExclusive(ctx)
		if err != nil {
			return out, err
		}
		defer release()
	}
	if err := c.source.mustBeCopied(ctx); err != nil {
		return out, err
	}
	if err := c.target.migrateAs(ctx, true); err != nil {
		return out, c.target.explainOpen(err)
	}
	if c.tables, err = Tables(ctx); err != nil {
		return out, err
	}
	if err := c.prepare(ctx); err != nil {
		return out, err
	}
	out = CopyResult{Source: c.source.String(), Target: c.target.String(), Resumed: c.resumed, Already: c.already}
	if c.already {
		return out, nil
	}
	err = c.source.picture(ctx, c.tables, func(r *dump.Reader) error {
		if out.Others, err = r.Others(ctx, versionTable, copiedTable, "_prisma_migrations"); err != nil {
			return err
		}
		if err := c.count(ctx, r); err != nil {
			return err
		}
		return c.copyAll(ctx, r)
	})
	if err != nil {
		return out, c.source.fail("copy", err)
	}
	if out.Tables, err = c.check(ctx); err != nil {
		return out, err
	}
	for _, t := range out.Tables {
		out.Rows += t.Rows
	}
	// From here on the target is a database like any other.
	if _, err := c.target.writer.ExecContext(ctx, "ALTER TABLE "+copyTable+" RENAME TO "+copiedTable); err != nil {
		return out, c.target.fail("finish the copy", err)
	}
	out.Took = time.Since(c.start)
	return out, nil
}

// mustBeCopied wants a source that is as this program knows it.
func (s *SchemaStore) mustBeCopied(ctx context.Context) error {
	schema, err := s.Schema(ctx)
	if err != nil {
		return err
	}
	unfinished, err := s.hasTable(ctx, copyTable)
	switch {
	case err != nil:
		return s.fail("inspect", err)
	case unfinished:
		return s.unfinishedCopy()
	case schema.Current == 0 && !schema.Prisma:
		return flowhq.Errorf(flowhq.CodeConflict, "%s is not Flow HQ's; there is nothing to copy.", s.addr)
	case !schema.UpToDate():
		return flowhq.Errorf(flowhq.CodeConflict, "%s is at version %d, not %d. Bring it up to date first: flowhq migrate, with DATABASE_URL naming it.",
			s.addr, schema.Current, schema.Wanted)
	}
	return nil
}

func (s *SchemaStore) unfinishedCopy() error {
	return flowhq.Errorf(flowhq.CodeConflict, "%s holds a copy that was not finished. Give the same `flowhq storage copy` again to finish it, or use another database.", s.addr)
}

// prepare makes sure that the target is empty, or that what it holds is the beginning of this very copy.
func (c *copying) prepare(ctx context.Context) error {
	t := c.target
	for _, mark := range []struct {
		table string
		is    *bool
	}{{copyTable, &c.resumed}, {copiedTable, &c.already}} {
		there, err := t.hasTable(ctx, mark.table)
		if err != nil {
			return t.fail("inspect", err)
		}
		if !there {
			continue
		}
		var source string
		err = t.writer.QueryRowContext(ctx, "SELECT after_json FROM "+mark.table+" WHERE table_name = ''").Scan(&source)
		if err != nil {
			return t.fail("read how far the copy is", err)
		}
		if source != c.source.identity() {
			return flowhq.Errorf(flowhq.CodeConflict, "%s holds a copy of another database (%s). Use an empty one.", t, source)
		}
		*mark.is = true
		return nil
	}
	for _, table := range c.tables {
		var one int
		some, err := found(t.writer.QueryRowContext(ctx, "SELECT 1 FROM "+table.Name+" LIMIT 1").Scan(&one))
		if err != nil {
			return t.fail("inspect", err)
		}
		if some {
			return flowhq.Errorf(flowhq.CodeConflict, "%s is not empty: it has rows in %s. Copy into an empty database.", t, table.Name)
		}
	}
	return t.fail("begin the copy", c.begin(ctx))
}

func (c *copying) begin(ctx context.Context) error {
	tx, err := c.target.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	for _, query := range []string{
		"CREATE TABLE " + copyTable + " (table_name TEXT PRIMARY KEY, after_json TEXT NOT NULL, done_rows BIGINT NOT NULL)",
		"INSERT INTO " + copyTable + " VALUES ('', " + literal(c.source.identity()) + ", 0)",
	} {
		if _, err := tx.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// identity tells a database from others, without its password.
func (s *database) identity() string {
	if s.addr.schema != "" {
		return s.addr.String() + ", schema " + s.addr.schema
	}
	return s.addr.String()
}

func (a *address) same(b *address) bool {
	if a.pg == nil || b.pg == nil {
		return a.pg == b.pg && a.file == b.file
	}
	return a.String() == b.String() && a.schema == b.schema
}

// picture has fn read one unchanging picture of the database.
func (s *BackupStore) picture(ctx context.Context, tables []dump.Table, fn func(*dump.Reader) error) error {
	raw, err := s.reader.BeginTx(ctx, &sql.TxOptions{Isolation: s.engine.isolation(), ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = raw.Rollback() }() // nothing was written
	return fn(&dump.Reader{DB: raw, Dialect: s.engine.dialect(), Tables: tables})
}

func (c *copying) count(ctx context.Context, r *dump.Reader) error {
	c.counts = map[string]int64{}
	for _, t := range c.tables {
		c.progress(CopyProgress{Phase: CopyCounting, Table: t.Name})
		n, err := r.Count(ctx, dump.Query{Table: t})
		if err != nil {
			return err
		}
		c.counts[t.Name] = n
		c.total += n
	}
	return nil
}

func (c *copying) copyAll(ctx context.Context, r *dump.Reader) error {
	w := newPace(CopyRows, 0, c.total, c.progress)
	for _, t := range c.tables {
		if err := c.addLabels(ctx, r, t); err != nil {
			return err
		}
		if err := c.copyTable(ctx, r, t, w); err != nil {
			return err
		}
	}
	return nil
}

// addLabels lets PostgreSQL's enums take values that only the source knows: those of the predecessor's later form.
func (c *copying) addLabels(ctx context.Context, r *dump.Reader, t dump.Table) error {
	enums, err := (&dump.Reader{DB: c.target.writer, Dialect: c.target.engine.dialect()}).Labels(ctx, t.Name)
	if err != nil {
		return err
	}
	for column, known := range enums {
		used, err := used(ctx, r, t, column)
		if err != nil {
			return err
		}
		strange := slices.DeleteFunc(used, func(v string) bool { return slices.Contains(known, v) })
		if err := c.target.AddLabels(ctx, t.Name, column, strange); err != nil {
			return err
		}
	}
	return nil
}

// used gives the different values of a column of texts.
func used(ctx context.Context, r *dump.Reader, t dump.Table, column string) ([]string, error) {
	rows, err := r.DB.QueryContext(ctx, fmt.Sprintf("SELECT DISTINCT CAST(%s AS TEXT) FROM %s WHERE %s IS NOT NULL", column, t.Name, column))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var values []string
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, rows.Err()
}
