package ui_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"flowhq"
)

// Lists that grow for ever are shown part by part; following the links meets every row once.
func TestListsAreShownInParts(t *testing.T) {
	const n = 120
	f := &fleetStub{tenants: []flowhq.TenantDetail{tenant("t1", "Asha", flowhq.TenantActive, flowhq.PhaseConnected)}}
	var d door
	for i := range n {
		at := noon().Add(-time.Duration(i) * time.Minute)
		id := fmt.Sprintf("row%03d", i)
		d.sessions = append(d.sessions, flowhq.AdminSession{ID: id, LastSeenAt: at, CreatedAt: at, ExpiresAt: noon()})
		f.invites = append(f.invites, flowhq.LinkInvite{ID: id, CreatedAt: at, ExpiresAt: time.Now().Add(time.Hour)})
		f.versions = append(f.versions, flowhq.SettingsVersion{Version: n - i, State: flowhq.SettingsOld, CreatedAt: at})
		for s, of := range map[flowhq.SetupRequestStatus]string{flowhq.SetupSubmitted: "w", flowhq.SetupRejected: "d"} {
			f.requests = append(f.requests, flowhq.SetupRequestDetail{SetupRequest: flowhq.SetupRequest{ID: of + id, Status: s, CreatedAt: at}})
		}
	}
	f.versions[0].State = flowhq.SettingsDraft // is no version that was in force
	f.versions[1].State = flowhq.SettingsPublished
	h := serveBehind(t, f, d)
	for _, list := range []struct {
		name, path, row, next string
		rows                  int
	}{
		{"sessions", "/admin/sessions", `/admin/sessions/(\w+)/end"`, `/admin/sessions\?before=[^"]+`, n},
		{"waiting", "/admin/setup-requests", `<li id="request-(wrow\d+)"`, `/admin/setup-requests\?after=[^"]+`, n},
		{"decided", "/admin/setup-requests", `<li id="request-(drow\d+)"`, `/admin/setup-requests\?before=[^"]+`, n},
		{"links", "/admin/tenants/t1/linking", `/links/(row\d+)/revoke`, `/admin/tenants/t1/linking\?before=[^"]+`, n},
		{"versions", "/admin/tenants/t1/settings", `name="version" value="(\d+)"`, `/admin/tenants/t1/settings\?below=[^"]+`, n - 2},
		{"versions of the flow", "/admin/tenants/t1/flow", `name="version" value="(\d+)"`, `/admin/tenants/t1/flow\?below=[^"]+`, n - 2},
	} {
		row, next := regexp.MustCompile(list.row), regexp.MustCompile(`href="(`+list.next+`)" rel="next"`)
		seen, parts := map[string]bool{}, 0
		for path := list.path; path != "" && parts < 20; parts++ {
			body := get(h, path).Body.String()
			for _, m := range row.FindAllStringSubmatch(body, -1) {
				if seen[m[1]] {
					t.Errorf("%s: %s is shown twice", list.name, m[1])
				}
				seen[m[1]] = true
			}
			path = ""
			if m := next.FindStringSubmatch(body); m != nil {
				path, _, _ = strings.Cut(strings.ReplaceAll(m[1], "&amp;", "&"), "#")
			}
		}
		if len(seen) != list.rows || parts < 3 {
			t.Errorf("%s: %d of %d rows in %d parts", list.name, len(seen), list.rows, parts)
		}
	}
}

// A list that renews itself stays where it is.
func TestAPartRenewsItself(t *testing.T) {
	f := &fleetStub{tenants: []flowhq.TenantDetail{tenant("t1", "Asha", flowhq.TenantActive, flowhq.PhaseConnected)}}
	h := serve(t, f)
	for path, want := range map[string]string{
		"/admin/setup-requests?before=20260301T090000.000_x":     `hx-get="/admin/setup-requests?part=list&amp;before=20260301T090000.000_x"`,
		"/admin/setup-requests?after=20260301T090000.000_x":      `hx-get="/admin/setup-requests?part=list&amp;after=20260301T090000.000_x"`,
		"/admin/tenants/t1/linking?before=20260301T090000.000_x": `hx-get="/admin/tenants/t1/linking?part=invites&amp;before=20260301T090000.000_x"`,
	} {
		if body := get(h, path).Body.String(); !strings.Contains(body, want) {
			t.Errorf("%s does not hold %s", path, want)
		}
	}
}
