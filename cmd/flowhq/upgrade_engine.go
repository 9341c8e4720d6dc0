package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"flowhq"
	"flowhq/appliance/release"
	"flowhq/appliance/workers"
)

// engineSwitcher puts versions of the engine in force. A running appliance sees the change by itself and moves its
// workers one after the other.
type engineSwitcher struct {
	release.Layout
	out   io.Writer
	check func(ctx context.Context, program string) error // does the program speak this appliance's protocol?
}

func newEngineSwitcher(out io.Writer) *engineSwitcher {
	return &engineSwitcher{Layout: release.Engine(), out: out, check: workers.CheckEngine}
}

// upgrade puts the engine in force that its package brought, or notes why not.
func (s *engineSwitcher) upgrade(ctx context.Context) error {
	version, err := s.Packaged()
	if err != nil {
		return err
	}
	if version == "" {
		return flowhq.Errorf(flowhq.CodeNotFound, "The engine was not installed by its package here "+
			"(nothing is in %s).", s.Dir)
	}
	was, err := s.Current()
	if err != nil {
		return err
	}
	if err := s.Keep(version); err != nil {
		return err
	}
	if err := s.check(ctx, s.Program(version)); err != nil {
		return s.refuse(version, was, plain(err))
	}
	if err := s.Switch(version); err != nil {
		return err
	}
	if was != version {
		fmt.Fprintf(s.out, "The engine %s is in force. Each worker is moved to it by one short reconnect, one after "+
			"the other.\n", version)
	}
	if err := s.Accept(); err != nil {
		return err
	}
	return s.Prune()
}

// rollback puts the engine before in force.
func (s *engineSwitcher) rollback(ctx context.Context) error {
	now, err := s.Current()
	if err != nil {
		return err
	}
	before, err := s.Previous()
	if err != nil {
		return err
	}
	if _, err := os.Stat(s.Program(before)); before == "" || err != nil {
		return flowhq.Errorf(flowhq.CodeNotFound, "There is no engine to go back to: only %s was ever in force here.",
			now)
	}
	if err := s.check(ctx, s.Program(before)); err != nil {
		return flowhq.Errorf(flowhq.CodeConflict, "Going back to the engine %s is not possible; %s stays.\n%s", before,
			now, indent(plain(err)))
	}
	if err := s.Switch(before); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "The engine %s is in force again. Each worker is moved to it by one short reconnect, one "+
		"after the other.\n", before)
	return nil
}

// refuse notes why an engine is not in force and says so.
func (s *engineSwitcher) refuse(version, was, reason string) error {
	if err := s.Refuse(release.Refusal{Version: version, Reason: reason, At: time.Now().UTC()}); err != nil {
		return err
	}
	return flowhq.Errorf(flowhq.CodeConflict, "The engine %s was not put in force; %s stays.\n%s\nWhen the cause is "+
		"gone: sudo flowhq upgrade --engine",
		version, was, indent(reason))
}
