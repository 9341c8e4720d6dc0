package journal

// RenewRequests gives the requests in stored events new ids, for a copy of a business: it must not send the original's.
func (j *Journal) RenewRequests(renewed func(old string) string) error {
	return j.Write(func(tx *Tx) error {
		ids := map[int64]string{}
		err := tx.each(
			`SELECT seq, json_extract(CAST(json AS TEXT), '$.request.id') AS id FROM events WHERE id <> ''`,
			nil,
			func(scan func(...any) error) error {
				var seq int64
				var id string
				err := scan(&seq, &id)
				ids[seq] = id
				return err
			},
		)
		if err != nil {
			return err
		}
		for seq, id := range ids {
			err := tx.exec(
				"UPDATE events SET json = CAST(json_set(CAST(json AS TEXT), '$.request.id', ?) AS BLOB) WHERE seq = ?",
				renewed(id), seq,
			)
			if err != nil {
				return err
			}
		}
		return nil
	})
}
