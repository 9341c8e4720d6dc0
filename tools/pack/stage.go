package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const staged = "build/package"

// stage makes everything that the package holds and that is no file of the source.
func stage(o options) error {
	for _, dir := range []string{"man", "completion", "scripts", "docs", "documents", "engine"} {
		if err := errors.Join(os.RemoveAll(filepath.Join(staged, dir)),
			os.MkdirAll(filepath.Join(staged, dir), 0o755)); err != nil {
			return err
		}
	}
	products := o.products()
	flowhq, engine := products[0], products[1]
	return errors.Join(
		documents(o), settingsPage(), guides(),
		changelog(o, flowhq, staged), scripts(flowhq, "packaging/scripts", filepath.Join(staged, "scripts"), "postinst",
			"prerm", "postrm"),
		plainCopy("packaging/lintian-overrides", staged),
		changelog(o, engine, filepath.Join(staged, "engine")),
		scripts(engine, "packaging/engine", filepath.Join(staged, "engine"), "postinst", "postrm"),
		plainCopy("packaging/engine/lintian-overrides", filepath.Join(staged, "engine")),
	)
}

// documents has the program write its manual pages and completions.
func documents(o options) error {
	dir := filepath.Join(staged, "documents")
	host, err := filepath.Abs(o.host)
	if err != nil {
		return err
	}
	if out, err := exec.Command(host, "documents", dir).CombinedOutput(); err != nil {
		return fmt.Errorf("manual pages: %w\n%s", err, out)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "man", "*.1"))
	if err != nil || len(pages) == 0 {
		return fmt.Errorf("no manual pages: %w", err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err == nil {
			err = writeGzip(filepath.Join(staged, "man", filepath.Base(page)+".gz"), text)
		}
		if err != nil {
			return err
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if err := os.Rename(filepath.Join(dir, "completion", shell),
			filepath.Join(staged, "completion", shell)); err != nil {
			return err
		}
	}
	return nil
}

// settingsPage makes flowhq.env(5) of .env.example, where each name stands under its sentence.
func settingsPage() error {
	text, err := os.ReadFile(".env.example")
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString(".TH FLOWHQ.ENV 5 \"\" \"Flow HQ\" \"Flow HQ\"\n.SH NAME\nflowhq.env \\- settings of Flow HQ\n.SH " +
		"SYNOPSIS\n.I /etc/flowhq/flowhq.env\n" +
		".SH DESCRIPTION\nOne NAME=value a line. A name that is set in the process environment counts before the " +
		"file. Nothing in a value is\nreplaced; values with # or blanks stand in single quotes.\n" +
		"After a change \\(gaflowhq reload \\-\\-all\\(ga puts it in force without stopping a worker.\n.SH SETTINGS\n")
	said := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		name, value, isSetting := strings.Cut(strings.TrimPrefix(line, "#"), "=")
		switch {
		case isSetting && name == strings.ToUpper(name) && !strings.Contains(name, " "):
			fmt.Fprintf(&b, ".TP\n.B %s\n%s", roff(name), roff(said))
			if value != "" && !strings.HasPrefix(line, "#") {
				fmt.Fprintf(&b, " (%s)", roff(value))
			}
			b.WriteString("\n")
			said = ""
		case strings.HasPrefix(line, "# "):
			said = strings.TrimSpace(said + " " + strings.TrimPrefix(line, "# "))
		default:
			said = ""
		}
	}
	b.WriteString(".SH SEE ALSO\n.BR flowhq (1),\n.BR flowhq-doctor (1)\n")
	return writeGzip(filepath.Join(staged, "man", "flowhq.env.5.gz"), []byte(b.String()))
}

func roff(s string) string { return strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`).Replace(s) }

// changelog makes Debian's form of CHANGELOG.md: the version being packaged with what is written for it.
func changelog(o options, p product, dir string) error {
	text, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		return err
	}
	_, rest, found := strings.Cut(string(text), "\n## ")
	if !found {
		return errors.New("CHANGELOG.md has no section")
	}
	_, rest, _ = strings.Cut(rest, "\n")
	section, _, _ := strings.Cut(rest, "\n## ")
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s) stable; urgency=medium\n\n", p.name, p.version)
	entry := ""
	flush := func() {
		for i, line := range wrapped(entry, 74) {
			fmt.Fprintf(&b, "  %s %s\n", [2]string{"*", " "}[min(i, 1)], line)
		}
		entry = ""
	}
	for line := range strings.Lines(section) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "- "):
			flush()
			entry = strings.TrimPrefix(line, "- ")
		case entry != "" && strings.HasPrefix(line, "  "):
			entry += " " + strings.TrimSpace(line)
		default:
			flush()
		}
	}
	flush()
	fmt.Fprintf(&b, "\n -- Flow HQ maintainers <maintainers@flowhq.invalid>  %s\n",
		time.Unix(o.epoch, 0).UTC().Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	return writeGzip(filepath.Join(dir, "changelog.gz"), []byte(b.String()))
}

// wrapped breaks text into lines of at most width characters.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// scripts writes the version into a package's maintainer scripts.
func scripts(p product, from, to string, names ...string) error {
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		text = bytes.ReplaceAll(text, []byte("@VERSION@"), []byte(p.version))
		if err := os.WriteFile(filepath.Join(to, name), text, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// guides takes the documentation that an installed system is worked with.
func guides() error {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		return err
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err == nil {
			err = os.WriteFile(filepath.Join(staged, "docs", filepath.Base(page)), text, 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// plainCopy copies a file into a folder with the permissions of one that is packaged.
func plainCopy(from, dir string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, filepath.Base(from)), text, 0o644)
}

// writeGzip writes a compressed file without name and time in it, as lintian and reproducibility want.
func writeGzip(path string, text []byte) error {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	return errors.Join(w.Close(), os.WriteFile(path, b.Bytes(), 0o644))
}
