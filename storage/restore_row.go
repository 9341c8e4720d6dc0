package storage

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"

	"flowhq"
	"flowhq/storage/dump"
)

// part is rows of one table that are brought back together.
type part struct {
	*restoring
	table   dump.Table
	columns []dump.Column
}

// prepare makes a row fit for here; false: it is not wanted.
func (p *part) prepare(row dump.Row) (wanted bool, err error) {
	if !p.ofWanted(row) {
		return false, nil
	}
	switch p.table.Name {
	case "tenants":
		err = p.tenant(row)
	case "users":
		if p.Tenant != "" {
			return p.user(row)
		}
	case "whatsapp_sessions":
		p.session(row)
	case "worker_processes":
		p.worker(row)
	case "setup_requests", "portal_event_logs":
		err = p.userOf(row)
	}
	if err == nil && p.As != "" && p.table.Name != "users" {
		p.renew(row)
	}
	return true, err
}

// ofWanted tells whether a row belongs to the tenant that is wanted.
func (p *part) ofWanted(row dump.Row) bool {
	switch {
	case p.Tenant == "":
		return true
	case p.table.Name == "users": // those of setup requests too: user decides
		return true
	case p.table.Name == "tenants":
		return p.text(row, "id") == p.Tenant
	default:
		return p.text(row, "tenant_id") == p.Tenant
	}
}

func (p *part) place(column string) int {
	return slices.IndexFunc(p.columns, func(c dump.Column) bool { return c.Name == column })
}

func (p *part) text(row dump.Row, column string) string {
	if i := p.place(column); i >= 0 {
		text, _ := row[i].(string)
		return text
	}
	return ""
}

func (p *part) set(row dump.Row, column string, value any) {
	if i := p.place(column); i >= 0 {
		row[i] = value
	}
}

// tenant refuses a number that somebody else has here; one beside its original goes without.
func (p *part) tenant(row dump.Row) error {
	id, number := p.text(row, "id"), p.text(row, "phone_number")
	p.found[id] = &flowhq.RestoreHold{DesiredState: flowhq.DesiredStopped}
	p.order = append(p.order, id)
	if p.Tenant == "" || number == "" {
		return nil
	}
	name, taken, err := p.exists("SELECT name FROM tenants WHERE phone_number = $1 AND id <> $2", number, p.target(id))
	switch {
	case err != nil || !taken:
		return err
	case p.As != "":
		p.set(row, "phone_number", "")
		return nil
	}
	return flowhq.Errorf(flowhq.CodeConflict, "%s has the number %s of this business here. Change it, or restore "+
		"beside it (--as-new).", name, number)
}

func (p *part) session(row dump.Row) {
	p.set(row, "state", string(flowhq.SessionDisconnected))
	p.set(row, "phase", string(flowhq.PhaseOff))
	for _, column := range []string{"last_qr", "qr_code", "qr_expires_at"} {
		p.set(row, column, nil)
	}
}

func (p *part) worker(row dump.Row) {
	id := p.text(row, "tenant_id")
	if f := p.found[id]; f != nil && p.text(row, "wish") == string(flowhq.DesiredRunning) {
		f.DesiredState = flowhq.DesiredRunning
	}
	p.set(row, "status", string(flowhq.WorkerStopped))
	if _, came := p.Folders[id]; came {
		p.set(row, "wish", string(flowhq.DesiredStopped))
	}
	if p.As != "" {
		p.set(row, "pm2_name", flowhq.ProcessName(p.As))
	}
}

// user brings a user of the tenant back. Of the others it is not known yet whether they asked for its setup: they wait.
func (p *part) user(row dump.Row) (wanted bool, err error) {
	if p.text(row, "tenant_id") != p.Tenant {
		p.spare[p.text(row, "id")] = spareUser{p.columns, row}
		return false, nil
	}
	return p.welcome(row, p.target(p.Tenant))
}

// welcome makes a user ready who is not here. One who is stays as he is, and takes the tenant where he has none.
func (p *part) welcome(row dump.Row, tenant string) (wanted bool, err error) {
	id, email := p.text(row, "id"), p.text(row, "email")
	here, there, err := p.exists("SELECT id FROM users WHERE id = $1", id)
	if err == nil && !there {
		here, there, err = p.exists("SELECT id FROM users WHERE lower(email) = lower($1)", email)
	}
	if err != nil {
		return false, err
	}
	if there {
		p.users[id] = here
		_, err := p.w.Tx.ExecContext(p.ctx, `UPDATE users SET tenant_id = $1 WHERE id = $2 AND tenant_id IS NULL AND
	$1 <> ''
AND NOT EXISTS (SELECT 1 FROM users WHERE tenant_id = $1)`, tenant, here)
		return false, err
	}
	p.users[id] = id
	p.set(row, "tenant_id", nil)
	if tenant != "" {
		p.set(row, "tenant_id", tenant)
	}
	return true, nil
}

// spareUser is a user of a whole backup who may be needed.
type spareUser struct {
	columns []dump.Column
	row     dump.Row
}

// userOf puts the id in that a user has here, and brings back one who asked for the tenant's setup without being its
// user. An event of one who is nowhere goes without.
func (p *part) userOf(row dump.Row) error {
	id := p.text(row, "user_id")
	if p.Tenant == "" || id == "" {
		return nil
	}
	if p.users[id] == "" {
		if err := p.fetch(id); err != nil {
			return err
		}
	}
	p.set(row, "user_id", nil)
	if here := p.users[id]; here != "" {
		p.set(row, "user_id", here)
	}
	return nil
}

func (p *part) fetch(id string) error {
	spare, there := p.spare[id]
	if !there {
		here, there, err := p.exists("SELECT id FROM users WHERE id = $1", id)
		if there {
			p.users[id] = here
		}
		return err
	}
	users := &part{restoring: p.restoring, columns: spare.columns,
		table: p.w.Tables[slices.IndexFunc(p.w.Tables, func(t dump.Table) bool {
			return t.Name == "users"
		})]}
	wanted, err := users.welcome(spare.row, "")
	if err != nil || !wanted {
		return err
	}
	columns, rows := users.onlyKnown([]dump.Row{spare.row})
	if err := p.s.learn(p.ctx, p.labels, "users", columns, rows); err != nil {
		return err
	}
	return p.w.Insert(p.ctx, "users", columns, rows)
}

// renew gives a row of a tenant that comes back beside its original ids of its own, so that neither's is the other's.
func (p *part) renew(row dump.Row) {
	for i, c := range p.columns {
		old, ok := row[i].(string)
		switch {
		case !ok:
		case c.Name == "tenant_id", p.table.Foreign[c.Name] == "tenants", p.table.Name == "tenants" && c.Name == "id":
			row[i] = p.target(old)
		case c.Name == "id", p.table.Foreign[c.Name] != "" && p.table.Foreign[c.Name] != "users":
			row[i] = RenewedID(p.As, old)
		case c.Name == "payload_json":
			row[i] = renewedPayload(p.As, old)
		}
	}
	if i := p.place("token_hash"); i >= 0 { // an invitation is for the original alone
		sum := sha256.Sum256(append([]byte(p.As), p.text(row, "id")...))
		row[i] = sum[:]
	}
}

// payloadIDs are the names by which time lines speak of a tenant's requests.
var payloadIDs = []string{"request_id", "setupRequestId"}

// renewedPayload puts the new ids of requests into a payload, so that a request keeps its history.
func renewedPayload(tenant, payload string) string {
	var doc map[string]any
	dec := json.NewDecoder(strings.NewReader(payload))
	dec.UseNumber()
	if dec.Decode(&doc) != nil {
		return payload // it names nothing
	}
	renewed := false
	for _, name := range payloadIDs {
		if old, ok := doc[name].(string); ok && old != "" {
			doc[name], renewed = RenewedID(tenant, old), true
		}
	}
	text, err := json.Marshal(doc)
	if err != nil || !renewed {
		return payload
	}
	return dump.CanonicalJSON(string(text))
}

// RenewedID makes an id of an old one, for a row of a tenant that comes back beside its original as the tenant named:
// always the same one, and one that sorts where the old one does.
func RenewedID(tenant, old string) string {
	sum := sha256.Sum256([]byte(tenant + "\x00" + old))
	id := uuid.UUID(sum[:16])
	if was, err := uuid.Parse(old); err == nil {
		copy(id[:6], was[:6])
	}
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// onlyKnown leaves out columns that this program does not know.
func (p *part) onlyKnown(rows []dump.Row) ([]dump.Column, []dump.Row) {
	var places []int
	for i, c := range p.columns {
		if p.table.Column(c.Name) >= 0 {
			places = append(places, i)
		}
	}
	if len(places) == len(p.columns) {
		return p.columns, rows
	}
	columns := make([]dump.Column, len(places))
	for i, at := range places {
		columns[i] = p.columns[at]
	}
	for r, row := range rows {
		short := make(dump.Row, len(places))
		for i, at := range places {
			short[i] = row[at]
		}
		rows[r] = short
	}
	return columns, rows
}
