package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"flowhq/appliance"
	"flowhq/appliance/config"
)

type verifyOptions struct {
	url, passwordFile string
	patience          time.Duration
}

func newVerify() *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check a running installation from end to end",
		Long: `Checks a running installation as an admin and as the portal would use it: health, sign-in, store, a
worker that comes up, that three test businesses never see each other's data, and the reply limit.
The test businesses are made for it and removed again, also when the check is interrupted. Nobody is
written to and nothing is linked.

With ADMIN_PASSWORD_HASH the password is read from --password-file ("-": standard input).
Exit status: 0 when all is well, 1 when a check failed.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return runVerify(cmd, o) },
	}
	cmd.Flags().StringVar(&o.url, "url", "", "where the appliance is; by default as the settings say")
	cmd.Flags().StringVar(&o.passwordFile, "password-file", "", "read the admin password from this file")
	cmd.Flags().DurationVar(&o.patience, "patience", 45*time.Second, "how long to wait for workers")
	return cmd
}

func runVerify(cmd *cobra.Command, o verifyOptions) error {
	src, err := source(cmd)
	if err != nil {
		return err
	}
	c, err := appliance.Settings(src)
	if err != nil {
		return err
	}
	password, err := adminPassword(cmd, c, o.passwordFile)
	if err != nil {
		return err
	}
	control, err := newClient(cmd)
	if err != nil {
		return err
	}
	if o.url == "" {
		o.url = c.LocalURL()
	}
	v := &verification{
		out: cmd.OutOrStdout(), patience: o.patience, control: control,
		web: newWebClient(strings.TrimRight(o.url, "/"), password, c.PortalKey.Reveal()),
	}
	fmt.Fprintf(v.out, "Checking %s\n", o.url)
	v.run(cmd.Context())
	if v.failures > 0 {
		fmt.Fprintf(v.out, "%d of %d checks failed.\n", v.failures, v.checks)
		return quietFailure(exitFailure)
	}
	fmt.Fprintf(v.out, "All %d checks passed.\n", v.checks)
	return nil
}

func adminPassword(cmd *cobra.Command, c *config.Config, file string) (string, error) {
	switch {
	case file == "-":
		return readPassword(cmd)
	case file != "":
		text, err := os.ReadFile(file)
		return strings.TrimRight(string(text), "\r\n"), err
	case c.AdminPassword != "":
		return c.AdminPassword.Reveal(), nil
	}
	return "", errors.New("only a hash of the admin password is known here; give the password by --password-file")
}

// errStop ends a verification whose further checks make no sense.
var errStop = errors.New("the checks that follow need this one")

// check does one check and prints its line. do gives what to say when all is well.
func (v *verification) check(name string, do func() (string, error)) error {
	v.checks++
	said, err := do()
	if err == nil {
		fmt.Fprintf(v.out, "ok       %s: %s\n", name, said)
		return nil
	}
	v.failures++
	fmt.Fprintf(v.out, "failed   %s: %s\n", name, plain(err))
	return errStop
}

func (v *verification) warn(name, format string, args ...any) {
	fmt.Fprintf(v.out, "warning  %s: %s\n", name, fmt.Sprintf(format, args...))
}

// run does all checks in order; what was made is removed whatever happens.
func (v *verification) run(ctx context.Context) {
	if v.check("health", func() (string, error) { return v.health(ctx) }) != nil {
		return
	}
	if v.check("sign-in", func() (string, error) { return v.signIn(ctx) }) != nil {
		return
	}
	if v.check("portal key", func() (string, error) { return v.portalKey(ctx) }) != nil {
		return
	}
	defer v.cleanUp(ctx)
	if v.check("store", func() (string, error) { return v.store(ctx) }) != nil {
		return
	}
	_ = v.check("workers", func() (string, error) { return v.workers(ctx) })
	_ = v.check("isolation", func() (string, error) { return v.isolation(ctx) })
	_ = v.check("isolation in the portal", func() (string, error) { return v.portalIsolation(ctx) })
	_ = v.check("reply limit", func() (string, error) { return v.replyLimit(ctx) })
}

// cleanUp removes what the checks made, even when they were interrupted.
func (v *verification) cleanUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute)
	defer cancel()
	_ = v.check("tidy up", func() (string, error) { return v.remove(ctx) })
}
