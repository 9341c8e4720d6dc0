// Command pack makes the packages flowhq and flowhq-engine: it stages what their nfpm.yaml files name under
// build/package and writes .deb and .rpm files whose bytes depend on their input alone. It runs in the project's
// folder, on programs that were built before.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

type options struct {
	version, engine string // versions of the two packages
	arch, host, out string
	level           string
	epoch           int64
	formats         []string
}

// a product is one package: its nfpm file, name and version.
type product struct{ config, name, version string }

func (o options) products() []product {
	return []product{{"nfpm.yaml", "flowhq", o.version}, {"packaging/engine/nfpm.yaml", "flowhq-engine", o.engine}}
}

func main() {
	log.SetFlags(0)
	var o options
	formats := ""
	flag.StringVar(&o.version, "version", "", "version of package flowhq")
	flag.StringVar(&o.engine, "engine", "", "version of package flowhq-engine; that of flowhq when it is not given")
	flag.StringVar(&o.arch, "arch", "amd64", "architecture, Go's name; its programs are build/package/ARCH/flowhq "+
		"and flowhq-worker")
	flag.StringVar(&o.host, "host", "", "a program of the same version that runs here, for manual pages and "+
		"completions")
	flag.StringVar(&o.out, "out", "dist", "folder for the packages")
	flag.Int64Var(&o.epoch, "epoch", 0, "time of everything in the package, in Unix seconds")
	flag.StringVar(&o.level, "xz", "-9e", "how hard xz tries on a .deb; -0 is quick and large, for tests")
	flag.StringVar(&formats, "formats", "deb", "deb, rpm or deb,rpm")
	flag.Parse()
	o.formats = strings.Split(formats, ",")
	if o.engine == "" {
		o.engine = o.version
	}
	if err := run(o); err != nil {
		log.Fatal("pack: ", err)
	}
}

func run(o options) error {
	if o.version == "" || o.epoch == 0 {
		return errors.New("-version and -epoch are needed")
	}
	if err := stage(o); err != nil {
		return err
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	for _, format := range o.formats {
		for _, p := range o.products() {
			if err := pack(o, p, format); err != nil {
				return fmt.Errorf("%s, %s: %w", p.name, format, err)
			}
		}
	}
	return nil
}

// pack writes one package, aside first, so that a file that is there is a whole one.
func pack(o options, p product, format string) (err error) {
	values := map[string]string{"VERSION": p.version, "ARCH": o.arch}
	if err := os.Setenv("SOURCE_DATE_EPOCH", strconv.FormatInt(o.epoch, 10)); err != nil {
		return err
	}
	config, err := nfpm.ParseFileWithEnvMapping(p.config, func(name string) string { return values[name] })
	if err != nil {
		return err
	}
	info, err := config.Get(format)
	if err != nil {
		return err
	}
	info.MTime = time.Unix(o.epoch, 0).UTC()
	info = nfpm.WithDefaults(info)
	if err := nfpm.Validate(info); err != nil {
		return err
	}
	packager, err := nfpm.Get(format)
	if err != nil {
		return err
	}
	info.Target = filepath.Join(o.out, p.fileName(o.arch, format))
	f, err := os.Create(info.Target + ".new")
	if err != nil {
		return err
	}
	if err := errors.Join(packager.Package(info, f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if format == "deb" {
		if err := compress(f.Name(), o.level); err != nil {
			return err
		}
	}
	if err := os.Rename(f.Name(), info.Target); err != nil {
		return err
	}
	fmt.Println(info.Target)
	return nil
}

func (p product) fileName(arch, format string) string {
	if format == "rpm" {
		return fmt.Sprintf("%s-%s-1.%s.rpm", p.name, p.version,
			map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[arch])
	}
	return fmt.Sprintf("%s_%s_%s.deb", p.name, p.version, arch)
}
