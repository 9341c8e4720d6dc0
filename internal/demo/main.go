// Command demo shows the product without a phone: it starts the simulator and the appliance on SQLite in ./var/demo,
// makes three businesses whose phones scan their QR codes, lets customers write, and checks what the bot answers. With
// --once it ends there; otherwise it stays up with customers writing now and then until Ctrl-C. `make demo` builds and
// runs it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	once := flag.Bool("once", false, "end when every expected answer has arrived: status 0, or 1 with the reason")
	port := flag.Int("port", 3000, "port of the admin page; another one is taken when it is in use")
	dir := flag.String("dir", filepath.Join("var", "demo"),
		"folder of everything the demo writes; emptied at the start")
	bin := flag.String("bin", "bin", "folder of the programs flowhq and wasim")
	pictures := flag.String("screenshots", "", "take a picture of every page into this folder, then end")
	axe := flag.String("axe", "", "file of axe-core: check every page with it, then end")
	html := flag.String("html", filepath.Join("var", "pages"), "with --axe: folder for the HTML of every page")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	d := demo{once: *once, port: *port, dir: *dir, bin: *bin, pictures: *pictures, axe: *axe, html: *html,
		begun: time.Now()}
	if err := d.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "The demo failed:", err)
		os.Exit(1)
	}
}
