package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// guides are the pages whose commands are run as written, in the order in which a person comes to them.
func guides() []string {
	return []string{"install", "first-business", "operate", "troubleshooting", "security"}
}

// block is one block of commands of a page.
type block struct {
	page    string
	line    int
	content string
}

// commands gives the blocks of a page that are marked as shell. Text blocks hold what cannot be run here: on another
// computer, with a name on the internet.
func commands(page, text string) []block {
	var out []block
	var b *block
	n := 0
	for line := range strings.Lines(text) {
		n++
		trimmed := strings.TrimSpace(line)
		switch {
		case b == nil && trimmed == "```sh":
			b = &block{page: page, line: n + 1}
		case b != nil && trimmed == "```":
			out, b = append(out, *b), nil
		case b != nil:
			b.content += strings.TrimPrefix(line, strings.Repeat(" ", 3))
		}
	}
	return out
}

// serveRepository makes the guest the web server of packages.example.com, with a certificate of its own, so that the
// guide's commands run as they stand.
const serveRepository = `
mkdir -p /srv/packages && ln -sfn /share /srv/packages/flowhq
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=packages.example.com \
	-addext subjectAltName=DNS:packages.example.com -keyout /etc/ssl/private/packages.key -out \
	/usr/local/share/ca-certificates/packages.crt 2>/dev/null
update-ca-certificates >/dev/null 2>&1
echo '127.0.0.1 packages.example.com bots.example.com' >>/etc/hosts
cat >/etc/nginx/sites-available/packages <<'SITE'
server {
	listen 443 ssl;
	server_name packages.example.com;
	ssl_certificate /usr/local/share/ca-certificates/packages.crt;
	ssl_certificate_key /etc/ssl/private/packages.key;
	root /srv/packages;
}
SITE
ln -sf ../sites-available/packages /etc/nginx/sites-enabled/packages
rm -f /etc/nginx/sites-enabled/default
systemctl unmask -q nginx.service && systemctl restart nginx.service
`

// docsProof runs every command of the guides.
func docsProof(ctx context.Context, l *lab) error {
	repo, err := l.repository(ctx, oldVersion)
	if err != nil {
		return err
	}
	g, err := l.boot(ctx, "bookworm", "docs", repo)
	if err != nil {
		return err
	}
	defer g.stop()
	if err := g.stages(ctx, []stage{{"the repository is served at packages.example.com",
		serveRepository}}); err != nil {
		return err
	}
	ran := 0
	for _, page := range guides() {
		text, err := os.ReadFile(filepath.Join("docs", page+".md"))
		if err != nil {
			return err
		}
		blocks := commands(page, string(text))
		if len(blocks) == 0 {
			return fmt.Errorf("docs/%s.md has no commands", page)
		}
		for _, b := range blocks {
			// the password is what the guide tells people to have at hand
			script := "cd /root\nexport PASSWORD=$(cat /root/password 2>/dev/null || true)\n" + b.content
			out, err := g.run(ctx, script)
			if err != nil {
				return fmt.Errorf("docs/%s.md, line %d: %w", b.page, b.line, err)
			}
			if p := passwordIn(out); p != "" {
				if _, err := g.run(ctx, fmt.Sprintf("umask 077; echo %s >/root/password", p)); err != nil {
					return err
				}
			}
			ran++
		}
		fmt.Printf("   ok  docs/%s.md: %d blocks of commands\n", page, len(blocks))
	}
	err = g.step(ctx, fmt.Sprintf("after %d blocks everything runs", ran),
		toolbox+"await 20 serves; systemctl is-active --quiet flowhq.service")
	return err
}

// passwordIn finds a password that a command showed.
func passwordIn(out string) string {
	for line := range strings.Lines(out) {
		for _, before := range []string{"Password:", "New password:"} {
			if rest, ok := strings.CutPrefix(line, before); ok {
				if p := strings.TrimSpace(rest); len(p) == 29 && !strings.Contains(p, " ") {
					return p
				}
			}
		}
	}
	return ""
}
