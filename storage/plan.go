package storage

import (
	"context"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// Plan tells what bringing a database up to date would do to it.
type Plan struct {
	Schema
	Kept    []TablePlan         // tables that are there already, with what they get
	Tables  []string            // tables that are made
	Indexes []string            // indexes that are made
	Labels  map[string][]string // values that enums which are there already get, by enum
	Relink  int                 // businesses of the predecessor that are marked as to be linked again
	Others  []string            // tables that are not ours and are left alone
	Columns map[string][]string // columns of our tables that are not ours and are left alone, by table
	Values  map[string][]string // values of our enums that this program does not know and leaves alone, by enum
}

// TablePlan is a table that is there, and the columns that are added to it.
type TablePlan struct {
	Name    string
	Rows    int64
	Columns []string
}

// MakePlan connects to the database that dsn names and tells what Open would do to it. It changes nothing.
func MakePlan(ctx context.Context, dsn string, o Options) (Plan, error) {
	schema, err := Inspect(ctx, dsn, o)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Schema: schema}
	if schema.Absent {
		steps, err := stepsAfter(sqliteEngine(), schema.Current)
		p.sort(steps, &catalog{})
		return p, err
	}
	s, err := connect(ctx, dsn, o, false)
	if err != nil {
		return Plan{}, err
	}
	return p, errors.Join(s.plan(ctx, &p), s.Close())
}

func (s *SchemaStore) plan(ctx context.Context, p *Plan) error {
	there, err := s.catalog(ctx)
	if err != nil {
		return s.fail("plan", err)
	}
	steps, err := stepsAfter(s.engine, p.Current)
	if err != nil {
		return err
	}
	p.sort(steps, there)
	for i := range p.Kept {
		// Names come from our own migrations.
		if err := s.writer.QueryRowContext(ctx, "SELECT count(*) FROM "+p.Kept[i].Name).Scan(&p.Kept[i].Rows); err != nil {
			return s.fail("plan", err)
		}
	}
	all, err := stepsAfter(s.engine, 0)
	if err != nil {
		return err
	}
	p.strange(all, there)
	if !p.UpToDate() {
		p.Labels = missingLabels(all, there)
	}
	if there.tables["tenants"] == nil || p.Current >= relinkMigration {
		return nil
	}
	p.Relink, err = s.engine.countRelinks(ctx, s.database, there)
	return s.fail("plan", err)
}

// relinkMigration is the migration that marks the predecessor's tenants.
const relinkMigration = 3

// ddl is what migrations make.
type ddl struct {
	tables  []string
	columns map[string][]string // by table, in order
	indexes []string
	enums   map[string][]string
}

var (
	createTable = regexp.MustCompile(`(?ms)^CREATE TABLE (?:IF NOT EXISTS )?(\w+) \((.*?)^\);`)
	tableColumn = regexp.MustCompile(`(?m)^  ([a-z]\w*) `)
	addColumn   = regexp.MustCompile(`(?m)^ALTER TABLE (\w+) ADD COLUMN (?:IF NOT EXISTS )?(\w+)`)
	createIndex = regexp.MustCompile(`(?m)^CREATE (?:UNIQUE )?INDEX (?:IF NOT EXISTS )?(\w+) ON`)
	createEnum  = regexp.MustCompile(`CREATE TYPE "(\w+)" AS ENUM \((.*?)\)`)
)

// stepsAfter gives what the migrations after a version make.
func stepsAfter(e engine, after int64) (ddl, error) {
	out := ddl{columns: map[string][]string{}, enums: map[string][]string{}}
	files, _, err := migrationsOf(e)
	if err != nil {
		return out, err
	}
	err = fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		version, err := versionOf(path)
		if err != nil || version <= after {
			return err
		}
		text, err := fs.ReadFile(files, path)
		out.read(string(text))
		return err
	})
	return out, err
}

func (d *ddl) read(text string) {
	for _, m := range createTable.FindAllStringSubmatch(text, -1) {
		d.tables = append(d.tables, m[1])
		for _, c := range tableColumn.FindAllStringSubmatch(m[2], -1) {
			d.columns[m[1]] = append(d.columns[m[1]], c[1])
		}
	}
	for _, m := range addColumn.FindAllStringSubmatch(text, -1) {
		d.columns[m[1]] = append(d.columns[m[1]], m[2])
	}
	for _, m := range createIndex.FindAllStringSubmatch(text, -1) {
		d.indexes = append(d.indexes, m[1])
	}
	for _, m := range createEnum.FindAllStringSubmatch(text, -1) {
		for value := range strings.SplitSeq(m[2], ",") {
			d.enums[m[1]] = append(d.enums[m[1]], strings.Trim(value, " '"))
		}
	}
}

// sort tells what of the steps is there already.
func (p *Plan) sort(steps ddl, there *catalog) {
	for _, table := range steps.tables {
		if there.tables[table] == nil {
			p.Tables = append(p.Tables, table)
		}
	}
	for table, columns := range there.tables {
		plan := TablePlan{Name: table}
		for _, c := range steps.columns[table] {
			if !slices.Contains(columns, c) {
				plan.Columns = append(plan.Columns, c)
			}
		}
		if len(plan.Columns) > 0 || slices.Contains(steps.tables, table) {
			p.Kept = append(p.Kept, plan)
		}
	}
	slices.SortFunc(p.Kept, func(a, b TablePlan) int { return strings.Compare(a.Name, b.Name) })
	for _, index := range steps.indexes {
		if !slices.Contains(there.indexes, index) {
			p.Indexes = append(p.Indexes, index)
		}
	}
}

// strange lists what is there and is not ours.
func (p *Plan) strange(ours ddl, there *catalog) {
	p.Columns, p.Values = map[string][]string{}, map[string][]string{}
	for table, columns := range there.tables {
		if !slices.Contains(ours.tables, table) {
			if table != versionTable {
				p.Others = append(p.Others, table)
			}
			continue
		}
		for _, c := range columns {
			if !slices.Contains(ours.columns[table], c) {
				p.Columns[table] = append(p.Columns[table], c)
			}
		}
	}
	slices.Sort(p.Others)
	for enum, values := range there.enums {
		for _, v := range values {
			if known := ours.enums[enum]; known != nil && !slices.Contains(known, v) {
				p.Values[enum] = append(p.Values[enum], v)
			}
		}
	}
}
