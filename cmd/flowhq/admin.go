package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"flowhq"
	"flowhq/appliance"
	"flowhq/appliance/config"
)

func newAdmin() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "admin",
		Short: "The admin page's password, and how to reach the page",
		Long: "Shows how to reach the admin page, and minds its password. These commands are for root, since they " +
			"read and write the settings.",
	}
	cmd.AddCommand(newShowSetup(), newNewPassword(), newFirstSettings())
	return cmd
}

// settingsFile is where the settings stand that a command is to read or write as a file.
func settingsFile(cmd *cobra.Command) (string, error) {
	src, err := source(cmd)
	if err != nil {
		return "", err
	}
	switch {
	case src.File != "":
		return filepath.Abs(src.File)
	case src.Installed:
		return config.InstalledFile, nil
	}
	return filepath.Join(src.Dir, config.HandFile), nil
}

func newShowSetup() *cobra.Command {
	return &cobra.Command{
		Use:   "show-setup",
		Short: "Show where the admin page is, and the first password once",
		Long: `Shows where the admin page is, how to reach it from another machine, and the password that the
installation made. The password is shown once: it is kept nowhere afterwards. A lost one is replaced
by "flowhq admin new-password".`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := settingsFile(cmd)
			if err != nil {
				return err
			}
			src, err := source(cmd)
			if err != nil {
				return err
			}
			c, err := appliance.Settings(src)
			if err != nil {
				return err
			}
			password, err := appliance.ReadFirstPassword(file)
			if err != nil && flowhq.CodeOf(err) != flowhq.CodeNotFound {
				return err
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "Admin page:  %s\n", c.URL())
			if err == nil {
				fmt.Fprintf(out, "Password:    %s\n             Write it down now: it is shown this once and "+
					"kept nowhere.\n", password)
			} else {
				fmt.Fprintf(out, "Password:    %s\n", plain(err))
			}
			return showWay(out, c)
		},
	}
}

// showWay says how to reach the page from another machine, and how to change to PostgreSQL.
func showWay(out io.Writer, c *config.Config) error {
	if c.PublicURL == "" && c.Loopback() {
		host, err := os.Hostname()
		if err != nil {
			host = "this-server"
		}
		fmt.Fprintf(out, `
The page can be reached from this server alone. From your own computer, open a tunnel and leave it open:
    ssh -L %d:127.0.0.1:%d you@%s
and then open http://127.0.0.1:%d/ in its browser.
`, c.Port, c.Port, host, c.Port)
	}
	if strings.HasPrefix(c.DatabaseURL.Reveal(), "sqlite:") {
		fmt.Fprintf(out, "\nThe data is kept in one file (SQLite), which is right for most single servers. To keep "+
			"it in this server's PostgreSQL instead:\n    sudo flowhq storage use postgres\n")
	}
	return nil
}

func newNewPassword() *cobra.Command {
	return &cobra.Command{
		Use:   "new-password",
		Short: "Make a new admin password",
		Long: `Makes a new admin password, writes its hash into the settings and shows it once. It counts as soon
as the appliance has read its settings: "flowhq reload --all" does that without stopping any worker.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := settingsFile(cmd)
			if err != nil {
				return err
			}
			password, err := appliance.ReplacePassword(file)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "New password: %s\nIt is shown this once and kept nowhere. It counts "+
				"after: flowhq reload --all\n", password)
			return nil
		},
	}
}

// serviceUser is the system user that an installed appliance runs as.
const serviceUser = "flowhq"

func newFirstSettings() *cobra.Command {
	return &cobra.Command{
		Use:    "first-settings",
		Short:  "Write the settings of a new installation, for the package's scripts",
		Hidden: true,
		Args:   exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := settingsFile(cmd)
			if err != nil {
				return err
			}
			gid, err := serviceGroup()
			if err != nil {
				return err
			}
			made, err := appliance.MakeFirstSettings(file, gid)
			if err != nil || !made {
				return err
			}
			host, err := os.Hostname()
			if err != nil {
				host = "this-server"
			}
			fmt.Fprintf(cmd.OutOrStdout(), `Flow HQ is installed. Its admin page is at
http://127.0.0.1:3000/ and can be reached only from this server.
    sudo flowhq admin show-setup           shows the password, once
    ssh -L 3000:127.0.0.1:3000 you@%s      on your own computer brings the page there, at the same address
    sudo flowhq storage use postgres       keeps the data in this machine's PostgreSQL instead of a file
`, host)
			return nil
		},
	}
}

func serviceGroup() (int, error) {
	g, err := user.LookupGroup(serviceUser)
	if _, unknown := errors.AsType[user.UnknownGroupError](err); unknown {
		return -1, nil
	}
	if err != nil {
		return -1, err
	}
	return strconv.Atoi(g.Gid)
}
