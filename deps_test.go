package flowhq_test

import (
	"os/exec"
	"strings"
	"testing"
)

// What each program must not link. The appliance stays free of the GPL, which libsignal is under, and of what only a
// worker needs; hundreds of workers share a machine and stay small without what only an appliance needs.
func TestPrograms_Deps(t *testing.T) {
	for program, never := range map[string][]string{
		"flowhq/cmd/flowhq": {"go.mau.fi/whatsmeow", "go.mau.fi/libsignal", "flowhq/worker/whatsapp",
			"flowhq/internal"},
		"flowhq/cmd/flowhq-worker": {
			"github.com/gin-gonic/gin", "github.com/jackc/pgx", "github.com/spf13/cobra", "html/template",
			"text/template",
			"github.com/kardianos/service", "github.com/minio/minio-go", "golang.org/x/crypto/acme",
			"github.com/nyaruka/phonenumbers",
			"github.com/nicksnyder/go-i18n", "filippo.io/age", "flowhq/appliance", "flowhq/storage", "flowhq/procman",
			"flowhq/ui",
			"flowhq/locale", "flowhq/internal", "net/http/pprof",
		},
	} {
		t.Run(program, func(t *testing.T) {
			out, err := exec.Command("go", "list", "-deps", program).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			deps := strings.Fields(string(out))
			if len(deps) < 100 {
				t.Fatalf("only %d packages were listed", len(deps))
			}
			for _, dep := range deps {
				for _, n := range never {
					if dep != "flowhq/locale/key" && (dep == n || strings.HasPrefix(dep, n+"/")) { // constants alone
						t.Errorf("links %s", dep)
					}
				}
			}
		})
	}
}
