package main

import (
	"context"
	"fmt"
)

// serviceProof installs the service from a bare program, where there is no package.
func serviceProof(ctx context.Context, l *lab) error {
	share := l.path("bare")
	debs, err := l.debs(ctx, oldVersion)
	if err != nil {
		return err
	}
	script := fmt.Sprintf(`set -eu
mkdir -p %[1]s
cp %[2]s %[1]s/package.deb
cp %[3]s %[1]s/engine.deb
for deb in package engine; do dpkg-deb -x %[1]s/$deb.deb %[1]s/x; done
cp %[1]s/x/usr/lib/flowhq/%[4]s/flowhq %[1]s/x/usr/lib/flowhq-engine/%[4]s/flowhq-worker %[1]s`, share, debs[0], debs[1], oldVersion)
	if err := command(ctx, "sh", "-c", script); err != nil {
		return err
	}
	g, err := l.boot(ctx, "bookworm", "service", share)
	if err != nil {
		return err
	}
	defer g.stop()
	return g.stages(ctx, []stage{
		{"a program that a service cannot see is refused, with what to do", `
cp /share/flowhq /share/flowhq-worker /root/
/root/flowhq service install >/root/said 2>&1 && fail 'it was taken' || true
grep -q 'install /root/flowhq /root/flowhq-worker /usr/local/bin' /root/said || fail "$(cat /root/said)"
/root/flowhq service status >/root/said 2>&1 && fail 'it is there' || true
grep -q 'is not installed' /root/said || fail "$(cat /root/said)"
`},
		{"install makes user, settings and the package's pair of units", `
install /share/flowhq /usr/local/bin/flowhq
/usr/local/bin/flowhq service install >/root/said 2>&1 && fail 'it was taken without its engine' || true
grep -q 'flowhq-worker' /root/said || fail "$(cat /root/said)"
install /share/flowhq-worker /usr/local/bin/flowhq-worker
flowhq service install
[ "$(systemctl is-enabled flowhq.service)" = enabled ] && [ -e /etc/systemd/system/flowhq-workers.service ]
[ "$(stat -c '%a %U %G' /etc/flowhq/flowhq.env)" = '640 root flowhq' ]
for u in flowhq flowhq-workers; do
	sed 's#/usr/bin/flowhq#/usr/local/bin/flowhq#' /share/x/usr/lib/systemd/system/$u.service |
		cmp - /etc/systemd/system/$u.service || fail "$u.service is another than the package's"
done
`},
		{"start, status, a worker in the holder, kill -9 and adoption", `
flowhq service start; await 30 serves
flowhq service status | grep -q 'is running'
flowhq admin show-setup | sed -n 's/^Password: *//p' | head -1 >/root/password
api -X POST http://127.0.0.1:3000/admin/tenants -d \
	'{"name":"B","phone_number":"+255700000001","template_type":"BOOKING","business_name":"B","language":"SW"}' |
	field id >/root/tenant
flowhq start "$(cat /root/tenant)" >/dev/null
await 10 eval 'p=$(worker_pid); [ -n "$p" ] && [ "$p" != 0 ]'
w=$(worker_pid)
grep -q flowhq-workers.service "/proc/$w/cgroup"
kill -9 "$(main_pid)"; await 5 serves
await 5 eval '[ "$(worker_pid)" = '"$w"' ]'
`},
		{"a newer program in the same place takes over at a reload, in place", `
m=$(main_pid)
cp /share/flowhq /usr/local/bin/flowhq.new; printf x >>/usr/local/bin/flowhq.new
mv /usr/local/bin/flowhq.new /usr/local/bin/flowhq
systemctl reload flowhq.service
serves && [ "$(main_pid)" = "$m" ] || fail 'not in place'
cmp "/proc/$m/exe" /usr/local/bin/flowhq
`},
		{"stop and uninstall leave no process and no unit, and keep the data", `
flowhq service stop
await 5 eval '! pgrep -u flowhq' # the holder's unit is stopped after the service's, and nobody waits for it
flowhq service uninstall
ls /etc/systemd/system/flowhq* 2>/dev/null && fail 'units are left' || true
[ -s /var/lib/flowhq/flowhq.db ] && [ -s /etc/flowhq/flowhq.env ]
`},
		{"where the package owns the service, it refuses", `
apt-get install -y -qq /share/package.deb /share/engine.deb >/dev/null 2>&1 || dpkg -i /share/engine.deb /share/package.deb >/dev/null
for action in install uninstall start stop status; do
	/usr/local/bin/flowhq service $action >/root/said 2>&1 && fail "$action was done" || true
	grep -q 'installed by its package' /root/said || fail "$(cat /root/said)"
done
`},
	})
}
