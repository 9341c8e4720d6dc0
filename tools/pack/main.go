// Command pack makes the packages of one version: it stages what nfpm.yaml names under build/package and writes .deb
// and .rpm files whose bytes depend on their input alone. It runs in the project's folder, on programs that were built
// before.
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
	version, arch, host, out string
	level                    string
	epoch                    int64
	formats                  []string
}

func main() {
	log.SetFlags(0)
	var o options
	formats := ""
	flag.StringVar(&o.version, "version", "", "version of the package")
	flag.StringVar(&o.arch, "arch", "amd64", "architecture, Go's name; its program is build/package/ARCH/flowhq")
	flag.StringVar(&o.host, "host", "", "a program of the same version that runs here, for manual pages and "+
		"completions")
	flag.StringVar(&o.out, "out", "dist", "folder for the packages")
	flag.Int64Var(&o.epoch, "epoch", 0, "time of everything in the package, in Unix seconds")
	flag.StringVar(&o.level, "xz", "-9e", "how hard xz tries on a .deb; -0 is quick and large, for tests")
	flag.StringVar(&formats, "formats", "deb", "deb, rpm or deb,rpm")
	flag.Parse()
	o.formats = strings.Split(formats, ",")
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
		if err := pack(o, format); err != nil {
			return fmt.Errorf("%s: %w", format, err)
		}
	}
	return nil
}

// pack writes one package, aside first, so that a file that is there is a whole one.
func pack(o options, format string) (err error) {
	values := map[string]string{"VERSION": o.version, "ARCH": o.arch}
	if err := os.Setenv("SOURCE_DATE_EPOCH", strconv.FormatInt(o.epoch, 10)); err != nil {
		return err
	}
	config, err := nfpm.ParseFileWithEnvMapping("nfpm.yaml", func(name string) string { return values[name] })
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
	info.Target = filepath.Join(o.out, fileName(o, format))
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

func fileName(o options, format string) string {
	if format == "rpm" {
		return fmt.Sprintf("flowhq-%s-1.%s.rpm", o.version,
			map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[o.arch])
	}
	return fmt.Sprintf("flowhq_%s_%s.deb", o.version, o.arch)
}
