package storage

import (
	"context"
	"database/sql"
)

// droppedIndexes are the indexes, and on PostgreSQL the foreign keys, that were dropped for the time of a load: kept up row by
// row they cost several times what the rows themselves do. They are dropped and restored in the transaction of the load, so a
// load that is broken off leaves everything as it was.
type droppedIndexes struct {
	statements []string // that restore them, in order
}

// restore makes them again. A row that breaks a rule is an error now.
func (b *droppedIndexes) restore(ctx context.Context, tx *sql.Tx, tell func(done, total int)) error {
	for i, statement := range b.statements {
		if tell != nil {
			tell(i, len(b.statements))
		}
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// queryThrees gives the rows of a query for three texts.
func queryThrees(ctx context.Context, tx *sql.Tx, query string) (out [][3]string, err error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r [3]string
		if err := rows.Scan(&r[0], &r[1], &r[2]); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}
