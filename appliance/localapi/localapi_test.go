package localapi

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"flowhq"
	"flowhq/appliance/api"
	"flowhq/appliance/services"
)

// Every call of the command line stands in the OpenAPI document as one of its own, and no other does.
func TestCalls_Routes(t *testing.T) {
	calls, err := api.New(api.Config{Services: services.New(services.Config{})})
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(calls.DocumentJSON(), &document); err != nil {
		t.Fatal(err)
	}
	var described, routed []string
	for path, item := range document.Paths {
		for method, text := range item {
			var operation struct {
				Security []map[string]any `json:"security"`
			}
			if json.Unmarshal(text, &operation) != nil {
				continue // the parameters that a path's operations share
			}
			if len(operation.Security) == 1 && operation.Security[0]["local"] != nil {
				described = append(described, strings.ToUpper(method)+" "+path)
			}
		}
	}
	parameter := regexp.MustCompile(`:([a-z]+)`)
	for _, r := range New(Config{API: calls}).Routes() {
		if r.Area != api.Local {
			t.Errorf("%s %s is not the command line's own", r.Method, r.Path)
		}
		if !strings.HasPrefix(r.Path, "/local/") && !strings.HasPrefix(r.Path, "/v1/") {
			t.Errorf("%s %s: the web address does not refuse it", r.Method, r.Path)
		}
		routed = append(routed, r.Method+" "+parameter.ReplaceAllString(r.Path, "{$1}"))
	}
	slices.Sort(described)
	slices.Sort(routed)
	if !slices.Equal(described, routed) {
		t.Errorf("described are\n%s\nand there are\n%s", strings.Join(described, "\n"), strings.Join(routed, "\n"))
	}
}

func TestFindTenant(t *testing.T) {
	tenants := []flowhq.TenantDetail{
		{Tenant: flowhq.Tenant{ID: "0198c0de-aaaa", Name: "Salon Amina", PhoneNumber: "+255700000001"}},
		{Tenant: flowhq.Tenant{ID: "0198c0de-bbbb", Name: "Duka", PhoneNumber: "+255700000002"},
			Config: &flowhq.TenantConfig{BusinessName: "Duka la Juma"}},
		{Tenant: flowhq.Tenant{ID: "0198c0df-cccc", Name: "duka", PhoneNumber: "+255700000003"}},
	}
	for wanted, want := range map[string]string{
		"0198c0de-aaaa": "0198c0de-aaaa", "0198C0DE-A": "0198c0de-aaaa", "salon amina": "0198c0de-aaaa",
		"255700000002": "0198c0de-bbbb", "+255700000003": "0198c0df-cccc", "DUKA LA JUMA": "0198c0de-bbbb",
		"019": string(flowhq.CodeNotFound), "": string(flowhq.CodeNotFound), "0198c0de": string(flowhq.CodeConflict),
		"Duka": string(flowhq.CodeConflict),
	} {
		got, err := FindTenant(wanted, tenants)
		if got.ID+string(flowhq.CodeOf(err)) != want {
			t.Errorf("%q means %q, %v; want %q", wanted, got.ID, err, want)
		}
	}
}
