package appliance

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"flowhq/appliance/config"
	"flowhq/appliance/workers"
	"flowhq/storage"
)

// CheckSelf tells whether this program, whether or not it is the one in force, can work with the settings and the
// database as they are. It changes nothing. A Problem among the findings says that it must not take over.
func CheckSelf(ctx context.Context, src config.Source) []Finding {
	c, err := Settings(src)
	if err != nil {
		return settingFindings(err)
	}
	findings := []Finding{{Verdict: OK, What: "program",
		Message: fmt.Sprintf("version %s runs on this machine", Version)}}
	findings = append(findings, checkOwnEngine(ctx))
	findings = append(findings, checkFolder("SESSIONS_PATH", c.SessionsPath), checkFolder("LOGS_PATH", c.LogsPath),
		checkFolder("RUNTIME_DIR", c.RuntimeDir))
	return append(findings, checkSchema(ctx, c))
}

// Outlook is what putting this program in force would do to the database.
type Outlook struct {
	Schema  int64 `json:"schema"`  // of the database, 0 when there is nothing in it
	Wanted  int64 `json:"wanted"`  // by this program
	Backups bool  `json:"backups"` // are kept
}

// Changes tells whether what is in the database is changed, so that a program that knows it as it is cannot be gone
// back to.
func (o Outlook) Changes() bool { return o.Schema != 0 && o.Schema < o.Wanted }

// LookOut tells what putting this program in force would do. It changes nothing.
func LookOut(ctx context.Context, src config.Source) (Outlook, error) {
	c, err := Settings(src)
	if err != nil {
		return Outlook{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, 4*doctorPatient)
	defer cancel()
	s, err := storage.Inspect(ctx, c.DatabaseURL.Reveal(), storage.Options{Logger: slog.New(slog.DiscardHandler)})
	return Outlook{Schema: s.Current, Wanted: s.Wanted, Backups: c.Backup.To != ""}, err
}

// checkSchema tells how this program and the database fit.
func checkSchema(ctx context.Context, c *config.Config) Finding {
	const what = "database"
	ctx, cancel := context.WithTimeout(ctx, 4*doctorPatient)
	defer cancel()
	s, err := storage.Inspect(ctx, c.DatabaseURL.Reveal(), storage.Options{Logger: slog.New(slog.DiscardHandler)})
	switch {
	case err != nil:
		return Finding{Verdict: Problem, What: what,
			Message: fmt.Sprintf("Version %s cannot use the database: %s", Version, sentenceOf(err))}
	case s.Current > s.Wanted:
		return Finding{Verdict: Problem, What: what, Message: fmt.Sprintf(
			"The database was changed by a newer version (schema %d) and version %s knows schema %d at most, so it "+
				"cannot work with it. "+
				"Stay with the newer version, or restore a backup from before.", s.Current, Version, s.Wanted)}
	case s.Absent || s.Current == 0 && !s.Prisma:
		return Finding{Verdict: OK, What: what, Message: "is new and will be made"}
	case s.Current < s.Wanted:
		return Finding{Verdict: OK, What: what, Message: fmt.Sprintf(
			"%s is changed from schema %d to %d at the switch; versions that do not know schema %d cannot be gone "+
				"back to afterwards", s.Database, s.Current, s.Wanted, s.Wanted)}
	}
	return Finding{Verdict: OK, What: what, Message: fmt.Sprintf("%s fits as it is (schema %d)", s.Database, s.Current)}
}

// HasProblem tells whether one of the findings is a Problem.
func HasProblem(findings []Finding) bool {
	for _, f := range findings {
		if f.Verdict == Problem {
			return true
		}
	}
	return false
}

// checkOwnEngine tells how the engine that belongs to this program fits.
func checkOwnEngine(ctx context.Context) Finding {
	const what = "engine"
	exe, err := os.Executable()
	if err != nil {
		return Finding{Verdict: Problem, What: what, Message: err.Error()}
	}
	e := workers.EngineOf(exe)
	if _, err := e.File(); err != nil {
		return Finding{Verdict: Problem, What: what, Message: sentenceOf(err)}
	}
	if err := workers.CheckEngine(ctx, e.Path); err != nil {
		return Finding{Verdict: Problem, What: what, Message: sentenceOf(err)}
	}
	return Finding{Verdict: OK, What: what, Message: fmt.Sprintf("version %s at %s speaks the appliance's protocol",
		e.Version(), e.Path)}
}
