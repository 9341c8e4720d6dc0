package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// maxGroup bounds how many writers share one commit.
const maxGroup = 64

type write struct {
	do   func(tx *Tx) error
	done chan error
	err  error
}

// Write runs do in a transaction and returns when the change is on the disk, or with an error when nothing of it is.
// Writers that wait at the same time share a commit. Each sees what those before it did, and only the part of one that
// fails is rolled back. do must be quick, must not call Write, and must not keep tx.
func (j *Journal) Write(do func(tx *Tx) error) error {
	w := &write{do: do, done: make(chan error, 1)}
	j.mu.Lock()
	j.queue = append(j.queue, w)
	lead := !j.busy
	j.busy = true
	j.mu.Unlock()
	if lead {
		j.commitGroup()
	}
	return <-w.done
}

// commitGroup commits what is queued. Another goroutine commits what came meanwhile, so that no writer does so for
// ever.
func (j *Journal) commitGroup() {
	j.mu.Lock()
	n := min(len(j.queue), maxGroup)
	batch := j.queue[:n:n]
	if j.queue = j.queue[n:]; len(j.queue) == 0 {
		j.queue = nil
	}
	j.mu.Unlock()
	if n > 0 {
		j.commit(batch)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.queue) > 0 {
		go j.commitGroup()
		return
	}
	j.busy = false
}

func (j *Journal) commit(batch []*write) {
	err := j.transact(batch)
	for _, w := range batch {
		if w.err == nil {
			w.err = err
		}
		w.done <- w.err
	}
}

// transact runs a batch in one transaction; each writer's own failure goes to its err.
func (j *Journal) transact(batch []*write) (err error) {
	j.io.Lock()
	defer j.io.Unlock()
	seq := j.lastSeq
	defer func() {
		if err != nil {
			j.lastSeq = seq
			_, _ = j.conn.ExecContext(context.Background(), "ROLLBACK")
		}
	}()
	if _, err = j.exec("BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("%w: %w", errCommit, err)
	}
	for _, w := range batch {
		if err = j.runWriter(w); err != nil {
			return fmt.Errorf("%w: %w", errCommit, err)
		}
	}
	if _, err = j.exec("COMMIT"); err != nil {
		return fmt.Errorf("%w: commit: %w", errCommit, err)
	}
	return nil
}

// runWriter runs one writer inside a savepoint. It fails only when the whole transaction cannot go on.
func (j *Journal) runWriter(w *write) error {
	seq := j.lastSeq
	if _, err := j.exec("SAVEPOINT w"); err != nil {
		return err
	}
	if w.err = run(w.do, &Tx{j: j}); w.err != nil {
		j.lastSeq = seq
		if _, err := j.exec("ROLLBACK TO w"); err != nil {
			return errors.Join(w.err, err)
		}
	}
	_, err := j.exec("RELEASE w")
	return err
}

// run calls do; a panic in it is an error, so that one writer cannot take the others down.
func run(do func(tx *Tx) error, tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return do(tx)
}

// Tx is a transaction, inside Write or Read.
type Tx struct{ j *Journal }

// Try runs do as a part that can fail alone: then its changes are rolled back, and the transaction goes on.
func (tx *Tx) Try(do func() error) error {
	seq := tx.j.lastSeq
	if err := tx.exec("SAVEPOINT part"); err != nil {
		return err
	}
	failed := run(func(*Tx) error { return do() }, tx)
	if failed != nil {
		tx.j.lastSeq = seq
		if err := tx.exec("ROLLBACK TO part"); err != nil {
			return errors.Join(failed, err)
		}
	}
	return errors.Join(failed, tx.exec("RELEASE part"))
}

// Read runs do without a transaction of its own: for looking things up. It must not change anything.
func (j *Journal) Read(do func(tx *Tx) error) error {
	j.io.Lock()
	defer j.io.Unlock()
	return do(&Tx{j: j})
}

func (j *Journal) stmt(query string) (*sql.Stmt, error) {
	if j.watch != nil {
		j.watch(query)
	}
	if s := j.stmts[query]; s != nil {
		return s, nil
	}
	s, err := j.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	j.stmts[query] = s
	return s, nil
}

func (j *Journal) exec(query string, args ...any) (sql.Result, error) {
	s, err := j.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(context.Background(), args...)
}

func (tx *Tx) exec(query string, args ...any) error {
	_, err := tx.j.exec(query, args...)
	return err
}

// changed runs a statement and gives how many rows it touched.
func (tx *Tx) changed(query string, args ...any) (int64, error) {
	r, err := tx.j.exec(query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// one scans a single row; found is false when there is none.
func (tx *Tx) one(query string, args []any, dest ...any) (found bool, err error) {
	s, err := tx.j.stmt(query)
	if err != nil {
		return false, err
	}
	err = s.QueryRowContext(context.Background(), args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// each calls scan for every row.
func (tx *Tx) each(query string, args []any, scan func(scan func(dest ...any) error) error) (err error) {
	s, err := tx.j.stmt(query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(context.Background(), args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
