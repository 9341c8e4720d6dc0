package main

import (
	"context"
	"path/filepath"
)

// serviceProof installs the service from a bare program, where there is no package.
func serviceProof(ctx context.Context, l *lab) error {
	share := l.path("bare")
	deb, err := l.deb(ctx, oldVersion)
	if err != nil {
		return err
	}
	if err := command(ctx, "sh", "-c", "mkdir -p "+share+" && dpkg-deb -x "+deb+" "+share+"/x && cp "+
		filepath.Join(share, "x/usr/lib/flowhq", oldVersion,
			"flowhq")+" "+share+"/flowhq && cp "+deb+" "+share+"/package.deb"); err != nil {
		return err
	}
	g, err := l.boot(ctx, "bookworm", "service", share)
	if err != nil {
		return err
	}
	defer g.stop()
	return g.stages(ctx, []stage{
		{"a program that a service cannot see is refused, with what to do", `
cp /share/flowhq /root/flowhq
/root/flowhq service install >/root/said 2>&1 && fail 'it was taken' || true
grep -q 'install /root/flowhq /usr/local/bin/flowhq' /root/said || fail "$(cat /root/said)"
/root/flowhq service status >/root/said 2>&1 && fail 'it is there' || true
grep -q 'is not installed' /root/said || fail "$(cat /root/said)"
`},
		{"install makes user, settings and the package's pair of units", `
install /share/flowhq /usr/local/bin/flowhq
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
pgrep -u flowhq && fail 'processes are left' || true
flowhq service uninstall
ls /etc/systemd/system/flowhq* 2>/dev/null && fail 'units are left' || true
[ -s /var/lib/flowhq/flowhq.db ] && [ -s /etc/flowhq/flowhq.env ]
`},
		{"where the package owns the service, it refuses", `
apt-get install -y -qq /share/package.deb >/dev/null 2>&1 || dpkg -i /share/package.deb >/dev/null
for action in install uninstall start stop status; do
	/usr/local/bin/flowhq service $action >/root/said 2>&1 && fail "$action was done" || true
	grep -q 'installed by its package' /root/said || fail "$(cat /root/said)"
done
`},
	})
}
