package storage

import "context"

// Size tells how many bytes the database takes on its disk.
func (s *Store) Size(ctx context.Context) (int64, error) {
	query := "SELECT pg_database_size(current_database())"
	if s.Engine() == SQLite {
		query = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
	}
	var n int64
	err := s.reader.QueryRowContext(ctx, query).Scan(&n)
	return n, s.fail("measure the database", err)
}
