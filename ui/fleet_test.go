package ui_test

import (
	"context"
	"slices"
	"strings"
	"time"

	"flowhq"
)

// fleetStub is a small fleet in memory: what was done to it can be looked at.
type fleetStub struct {
	tenants  []flowhq.TenantDetail
	requests []flowhq.SetupRequestDetail
	messages []flowhq.Message
	done     []string
	refuse   error
	public   bool // there is an address outside
	paused   *flowhq.Pause
	draft    *flowhq.SettingsVersion
	saved    flowhq.Settings
	records  []flowhq.CustomerRequest
	alarms   []flowhq.Alarm
	invites  []flowhq.LinkInvite
	versions []flowhq.SettingsVersion
}

// partOf gives a part of a list that is sorted as the store would sort it.
func partOf[V any](all []V, limit int, after func(V) bool) []V {
	var out []V
	for _, v := range all {
		if after(v) && (limit == 0 || len(out) < limit) {
			out = append(out, v)
		}
	}
	return out
}

// beyond tells whether a row of the moment at lies after a place in a list, newest first.
func beyond(c flowhq.Cursor, at time.Time) bool { return c.IsZero() || at.Before(c.At) }

func (f *fleetStub) do(what string) error {
	if f.refuse != nil {
		return f.refuse
	}
	f.done = append(f.done, what)
	return nil
}

// Board gives all tenants as lines, on pages of fifty, in the order they are kept.
func (f *fleetStub) Board(_ context.Context, q flowhq.BoardQuery) (flowhq.Board, error) {
	b := flowhq.Board{All: len(f.tenants), Counts: map[flowhq.TenantStatus]int{}, Length: 50}
	var lines []flowhq.TenantSummary
	for _, t := range f.tenants {
		if !strings.Contains(strings.ToLower(t.Name), strings.ToLower(q.Query)) {
			continue
		}
		b.Found++
		b.Counts[t.Status]++
		if q.Status == "" || q.Status == t.Status {
			lines = append(lines, lineOf(t))
		}
	}
	b.Pages = max(1, (len(lines)+49)/50)
	b.Page = min(max(1, q.Page), b.Pages)
	b.Lines = lines[min((b.Page-1)*50, len(lines)):min(b.Page*50, len(lines))]
	if q.Length > 0 {
		b.Lines = lines
	}
	return b, nil
}

func lineOf(t flowhq.TenantDetail) flowhq.TenantSummary {
	l := flowhq.TenantSummary{ID: t.ID, Name: t.Name, PhoneNumber: t.PhoneNumber, Status: t.Status, Received: 1234, Sent: 7, OpenRequests: 3, Memory: 9 << 20, MemoryMax: 256 << 20, Restarts: 2}
	l.Hours[23] = 9
	if t.Session != nil {
		l.Phase, l.HeardAt = t.Session.Phase, t.Session.WAHeardAt
	}
	if t.Worker != nil {
		l.Worker, l.DesiredState, l.LastError = t.Worker.Status, t.Worker.DesiredState, t.Worker.LastError
	}
	return l
}

func (f *fleetStub) Overview(context.Context) (flowhq.Overview, error) {
	o := flowhq.Overview{
		Tenants: len(f.tenants), Counts: map[flowhq.TenantStatus]int{}, SetupRequests: len(f.requests), Alarms: f.alarms, Received: 12345, Sent: 9, Before: 20,
		OpenRequests: 4, Response: 4200 * time.Millisecond, Workers: 3, Memory: 27 << 20, Capacity: 357, Since: noon(),
		Host: flowhq.HostState{DiskPath: "/data", DiskTotal: 100 << 30, DiskFree: 40 << 30, MemoryTotal: 8 << 30, MemoryAvailable: 4 << 30, Database: "SQLite", DatabaseSize: 3 << 20, Version: "1.0"},
	}
	for _, t := range f.tenants {
		o.Counts[t.Status]++
		if t.Status == flowhq.TenantError || t.Status == flowhq.TenantQRPending {
			o.Needing = append(o.Needing, lineOf(t))
		}
	}
	o.NeedingAll = len(o.Needing)
	return o, nil
}

func (f *fleetStub) StartBulk(_ context.Context, by string, a flowhq.BulkAction, ids []string) (flowhq.BulkJob, error) {
	return flowhq.BulkJob{ID: "j1"}, f.do(string(a) + " " + strings.Join(ids, ",") + " by " + by)
}

func (f *fleetStub) Bulk(id string) (flowhq.BulkJob, error) {
	if id != "j1" {
		return flowhq.BulkJob{}, flowhq.NotFound("Job")
	}
	end := noon()
	return flowhq.BulkJob{ID: id, Action: flowhq.BulkStop, Ended: &end, Results: []flowhq.BulkResult{
		{TenantID: "t1", Name: "Neema Salon", Done: true}, {TenantID: "t2", Name: "Duka", Done: true, Error: "Worker already running"},
	}}, nil
}

func (f *fleetStub) WaitingSetupRequests(context.Context) (n int, err error) {
	for _, r := range f.requests {
		if r.Status.Open() {
			n++
		}
	}
	return n, nil
}

func (f *fleetStub) Tenant(_ context.Context, id string) (flowhq.TenantDetail, error) {
	i := slices.IndexFunc(f.tenants, func(t flowhq.TenantDetail) bool { return t.ID == id })
	if i < 0 {
		return flowhq.TenantDetail{}, flowhq.NotFound("Tenant")
	}
	return f.tenants[i], nil
}

func (f *fleetStub) Messages(context.Context, string, flowhq.MessageQuery) ([]flowhq.Message, error) {
	return f.messages, nil
}

func (f *fleetStub) Events(context.Context, string, flowhq.EventQuery) ([]flowhq.TenantEvent, error) {
	return []flowhq.TenantEvent{{Detail: "Status NEW to QR_PENDING: worker started", CreatedAt: noon()}}, nil
}

func (f *fleetStub) Process(context.Context, string) (flowhq.Process, error) {
	started := noon()
	return flowhq.Process{PID: 4711, StartedAt: &started, MemoryRSS: 9 << 20, MemoryMax: 256 << 20, Restarts: 2}, nil
}

func (f *fleetStub) CreateTenant(_ context.Context, by string, in flowhq.NewTenant) (flowhq.TenantDetail, error) {
	if strings.TrimSpace(in.Name) == "" {
		return flowhq.TenantDetail{}, flowhq.Invalid([]flowhq.FieldError{{Field: "name", Message: "must not be empty"}})
	}
	return flowhq.TenantDetail{Tenant: flowhq.Tenant{ID: "t9", Name: in.Name}}, f.do("create " + in.Name + " by " + by)
}

func (f *fleetStub) DeleteTenant(_ context.Context, _, id string) error { return f.do("delete " + id) }
func (f *fleetStub) StartWorker(_ context.Context, _, id string) error  { return f.do("start " + id) }
func (f *fleetStub) StopWorker(_ context.Context, _, id string) error   { return f.do("stop " + id) }
func (f *fleetStub) RestartWorker(_ context.Context, _, id string) error {
	return f.do("restart " + id)
}
func (f *fleetStub) ForceRestartWorker(_ context.Context, _, id string) error {
	return f.do("force-restart " + id)
}
func (f *fleetStub) Pause(_ context.Context, _, id string) error  { return f.do("pause " + id) }
func (f *fleetStub) Resume(_ context.Context, _, id string) error { return f.do("resume " + id) }
func (f *fleetStub) OpenLinking(_ context.Context, id string) error {
	return f.do("open linking " + id)
}
func (f *fleetStub) Logout(_ context.Context, _, id string) error { return f.do("logout " + id) }

func (f *fleetStub) LinkCode(_ context.Context, id, phone string) (flowhq.LinkCode, error) {
	return flowhq.LinkCode{Code: "ABCD-EFGH", ExpiresAt: noon()}, f.do("link code " + id + " " + phone)
}

func (f *fleetStub) SetupRequests(_ context.Context, q flowhq.SetupQuery) ([]flowhq.SetupRequestDetail, error) {
	return partOf(f.requests, q.Limit, func(r flowhq.SetupRequestDetail) bool {
		return beyond(q.Before, r.CreatedAt) && !(q.Decided && r.Status.Open())
	}), nil
}

func (f *fleetStub) OpenSetupRequests(_ context.Context, from flowhq.Cursor, most int) ([]flowhq.SetupRequestDetail, error) {
	all := slices.Clone(f.requests)
	slices.Reverse(all)
	return partOf(all, most, func(r flowhq.SetupRequestDetail) bool {
		return r.Status.Open() && (from.IsZero() || r.CreatedAt.After(from.At))
	}), nil
}

func (f *fleetStub) SetupRequest(_ context.Context, id string) (flowhq.SetupRequestDetail, error) {
	i := slices.IndexFunc(f.requests, func(r flowhq.SetupRequestDetail) bool { return r.ID == id })
	if i < 0 {
		return flowhq.SetupRequestDetail{}, flowhq.NotFound("Setup request")
	}
	return f.requests[i], nil
}

func (f *fleetStub) ReviewSetupRequest(ctx context.Context, _, id string) (flowhq.SetupRequestDetail, error) {
	r, err := f.SetupRequest(ctx, id)
	if err != nil {
		return r, err
	}
	r.Status = flowhq.SetupReviewing
	return r, f.do("review " + id)
}

func (f *fleetStub) ApproveSetupRequest(ctx context.Context, _, id, notes string) (flowhq.SetupRequestDetail, error) {
	r, _ := f.SetupRequest(ctx, id)
	return r, f.do("approve " + id + " " + notes)
}

func (f *fleetStub) RejectSetupRequest(ctx context.Context, _, id, notes string) (flowhq.SetupRequestDetail, error) {
	r, _ := f.SetupRequest(ctx, id)
	return r, f.do("reject " + id + " " + notes)
}

func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

func tenant(id, name string, s flowhq.TenantStatus, p flowhq.Phase) flowhq.TenantDetail {
	heard := noon()
	return flowhq.TenantDetail{
		Tenant:  flowhq.Tenant{ID: id, Name: name, PhoneNumber: "+255700000001", Status: s, CreatedAt: noon()},
		Config:  &flowhq.TenantConfig{BusinessName: name, TemplateType: flowhq.TemplateBooking, Language: flowhq.Swahili},
		Session: &flowhq.Session{Phase: p, State: p.State(), WAHeardAt: &heard},
		Worker:  &flowhq.Worker{Status: flowhq.WorkerRunning, DesiredState: flowhq.DesiredRunning},
	}
}
