package main

import (
	"context"
	"fmt"
)

// stage is one step of a proof: what it shows, and a script that fails where it is not so.
type stage struct{ shows, script string }

// Shell functions that scripts of a guest may use.
const toolbox = `
fail() { echo "FAILED: $*" >&2; exit 1; }
main_pid() { systemctl show -p MainPID --value flowhq.service; }
password() { cat /root/password; }
api() { curl -fsS -m 20 -u "admin:$(password)" -H 'Accept: application/json' -H 'Content-Type: application/json' "$@"; }
field() { tr ',{}' '\n\n\n' | sed -n "s/^ *\"$1\": *\"\{0,1\}\([^\"]*\)\"\{0,1\}$/\1/p" | head -1; }
await() { local n=$1; shift; for _ in $(seq $((n * 10))); do "$@" >/dev/null 2>&1 &&
	return; sleep 0.1; done; fail "not within $n s: $*"; }
serves() { [ "$(curl -fsS -m 5 http://127.0.0.1:3000/readyz)" = '{"status":"ready"}' ]; }
worker_pid() { flowhq ps --json | field pid; }
version() { flowhq version | cut -d' ' -f2; }
`

// installByName is what the guide says, with the repository in a folder of the guest.
const installByName = `
install -m 0644 /share/flowhq-archive-keyring.gpg /usr/share/keyrings/
sed 's#https://packages.example.com/flowhq#file:/share#' /share/flowhq.sources >/etc/apt/sources.list.d/flowhq.sources
apt-get update -qq
`

func (g *guest) stages(ctx context.Context, list []stage) error {
	for _, s := range list {
		if err := g.step(ctx, s.shows, toolbox+s.script); err != nil {
			journal, _ := g.run(ctx, "journalctl -q --no-pager -n 40 -u 'flowhq*' || true")
			return fmt.Errorf("%w\n--- journal\n%s", err, journal)
		}
	}
	return nil
}

// lifeOn shows the life of an installation from the first install to the purge.
func lifeOn(suite string) func(context.Context, *lab) error {
	return func(ctx context.Context, l *lab) error {
		repo, err := l.repository(ctx, oldVersion, newVersion, badVersion, liarVersion)
		if err != nil {
			return err
		}
		g, err := l.boot(ctx, suite, "life-"+suite, repo)
		if err != nil {
			return err
		}
		defer g.stop()
		for _, part := range [][]stage{firstInstall(), troubles(), upgrades(), refusals(), goings()} {
			if err := g.stages(ctx, part); err != nil {
				return err
			}
		}
		if err := g.stages(ctx, exposures()); err != nil {
			return err
		}
		return g.stages(ctx, lastDays())
	}
}

func firstInstall() []stage {
	return []stage{
		{"apt installs it by name from the signed repository", installByName + `
apt-get install -y -qq flowhq=` + oldVersion + ` flowhq-engine=` + oldVersion + ` >/root/install.log 2>&1 ||
	{ cat /root/install.log; exit 1; }
grep -q 'flowhq admin show-setup' /root/install.log && grep -q 'ssh -L 3000:127.0.0.1:3000' /root/install.log &&
	grep -q 'storage use postgres' /root/install.log ||
	fail "the installation does not say how to go on: $(cat /root/install.log)"
`},
		{"a repository that somebody else signed is refused", `
cp -r /share /srv/forged
sed -i 's/Flow HQ/Foul HQ/' /srv/forged/dists/stable/InRelease
chmod -R a+rX /srv/forged
echo 'deb [signed-by=/usr/share/keyrings/flowhq-archive-keyring.gpg] file:/srv/forged stable main' \
	>/etc/apt/sources.list.d/forged.list
said=$(apt-get update 2>&1 || true)
rm -r /srv/forged /etc/apt/sources.list.d/forged.list
case $said in *BADSIG*|*'is not signed'*) ;; *) fail "a forged repository was believed: $said" ;; esac
apt-get update -qq
`},
		{"it runs, enabled, as its own user, on loopback alone", `
await 30 serves
[ "$(systemctl is-active flowhq.service)" = active ] || fail 'not active'
[ "$(systemctl is-enabled flowhq.service)" = enabled ] || fail 'not enabled'
[ "$(ps -o user= -p "$(main_pid)")" = flowhq ] || fail 'not its own user'
ss -Hltn | awk '{print $4}' | grep ':3000$' | grep -v '^127.0.0.1:' && fail 'it listens beyond loopback' || true
`},
		{"its settings are 0640 for root and its group; secrets are random", `
[ "$(stat -c '%a %U %G' /etc/flowhq/flowhq.env)" = '640 root flowhq' ] ||
	fail "$(stat -c '%a %U %G' /etc/flowhq/flowhq.env)"
[ "$(stat -c '%a %U' /var/lib/flowhq)" = '700 flowhq' ] || fail 'the data can be read by others'
grep -q '^PORTAL_INTERNAL_KEY=[0-9a-f]\{48\}$' /etc/flowhq/flowhq.env || fail 'no random portal key'
cp /etc/flowhq/flowhq.env /root/first.env
`},
		{"show-setup shows the page, the password once, the tunnel and PostgreSQL", `
flowhq admin show-setup >/root/setup
sed -n 's/^Password: *//p' /root/setup | head -1 >/root/password
grep -q 'http://127.0.0.1:3000' /root/setup && grep -q 'ssh -L 3000:127.0.0.1:3000' /root/setup &&
	grep -q 'flowhq storage use postgres' /root/setup || fail "$(cat /root/setup)"
[ "$(wc -c </root/password)" = 30 ] || fail 'no password was shown'
flowhq admin show-setup | grep -q 'read already' || fail 'it was shown twice'
[ "$(api -o /dev/null -w '%{http_code}' http://127.0.0.1:3000/admin/tenants)" = 200 ] ||
	fail 'the password does not open the page'
[ "$(curl -s -o /dev/null -w '%{http_code}' -u admin:wrong -H 'Accept: application/json' \
	http://127.0.0.1:3000/admin/tenants)" = 401 ] || fail 'a wrong password opens the page'
`},
		{"manual pages, completions, samples and guides are there", `
for f in man1/flowhq.1.gz man1/flowhq-admin-show-setup.1.gz man5/flowhq.env.5.gz; do dpkg -L flowhq |
	grep -q "/usr/share/man/$f" || fail "no $f"; done
bash -c 'source /usr/share/bash-completion/completions/flowhq' || fail 'the completion for bash does not load'
dpkg -L flowhq | grep -q vendor-completions/_flowhq && dpkg -L flowhq | grep -q vendor_completions.d/flowhq.fish ||
	fail 'completions are missing'
dpkg -L flowhq | grep -q examples/nginx.conf && dpkg -L flowhq | grep -q examples/Caddyfile ||
	fail 'samples are missing'
dpkg -V flowhq
`},
		{"a business is made and its worker runs", `
api -X POST http://127.0.0.1:3000/admin/tenants \
	-d '{"name":"Salon Amina","phone_number":"+255700000001",'\
'"template_type":"BOOKING","business_name":"Salon Amina","language":"SW"}' | field id >/root/tenant
api -X POST "http://127.0.0.1:3000/admin/tenants/$(cat /root/tenant)/worker/start" >/dev/null
await 10 eval '[ -n "$(worker_pid)" ] && [ "$(worker_pid)" != 0 ]'
grep -q flowhq-workers.service "/proc/$(worker_pid)/cgroup" || fail 'the worker is not in the holder'
`},
	}
}

func troubles() []stage {
	return []stage{
		{"kill -9 of the appliance: back in 2 s, the worker lives and is adopted; systemd holds its log's pipe", `
held() { systemctl show --property=NFileDescriptorStore --value flowhq.service; }
w=$(worker_pid) m=$(main_pid)
[ "$(held)" = 1 ] || fail "systemd holds $(held) pipes, not that of the one worker"
kill -9 "$m"
await 2 serves
[ "$(main_pid)" != "$m" ] || fail 'the same process'
await 5 eval '[ "$(worker_pid)" = '"$w"' ]'
kill -0 "$w"
[ "$(held)" = 1 ] || fail "systemd holds $(held) pipes after a crash, not that of the one worker"
`},
		{"an appliance that hangs is ended by the watchdog and started anew; the worker lives", `
mkdir -p /etc/systemd/system/flowhq.service.d
printf '[Service]\nWatchdogSec=3s\n' >/etc/systemd/system/flowhq.service.d/test.conf
systemctl daemon-reload
kill -9 "$(main_pid)"; await 10 serves
w=$(worker_pid) m=$(main_pid)
kill -STOP "$m"
await 15 eval '[ "$(main_pid)" != '"$m"' ] && serves'
await 5 eval '[ "$(worker_pid)" = '"$w"' ]'
journalctl -q -u flowhq.service | grep -qi watchdog || fail 'the journal does not name the watchdog'
rm -r /etc/systemd/system/flowhq.service.d; systemctl daemon-reload; kill -9 "$(main_pid)"; await 10 serves
`},
		{"kill -9 of the worker: a successor at once", `
w=$(worker_pid)
kill -9 "$w"
await 5 eval 'p=$(worker_pid); [ -n "$p" ] && [ "$p" != 0 ] && [ "$p" != '"$w"' ]'
`},
		{"kill -9 of the holder: both units and the worker come back", `
systemctl kill -s KILL --kill-whom=main flowhq-workers.service 2>/dev/null ||
	systemctl kill -s KILL --kill-who=main flowhq-workers.service
sleep 0.5
await 15 serves
await 15 eval 'p=$(worker_pid); [ -n "$p" ] && [ "$p" != 0 ]'
systemctl is-active --quiet flowhq-workers.service
`},
		{"a wrong setting is refused at reload, and the running ones stay", `
m=$(main_pid)
echo 'PORT=what' >>/etc/flowhq/flowhq.env
if systemctl reload flowhq.service 2>/dev/null; then fail 'a wrong setting was taken'; fi
serves; [ "$(main_pid)" = "$m" ]
sed -i '/^PORT=what$/d' /etc/flowhq/flowhq.env
systemctl reload flowhq.service
`},
		{"a new password counts after reload --all: same process, same worker", `
m=$(main_pid) w=$(worker_pid)
old=$(password)
flowhq admin new-password | sed -n 's/^New password: //p' >/root/password
flowhq reload --all
[ "$(main_pid)" = "$m" ] && [ "$(worker_pid)" = "$w" ] || fail 'something was started anew'
[ "$(api -o /dev/null -w '%{http_code}' http://127.0.0.1:3000/admin/tenants)" = 200 ] ||
	fail 'the new password does not open the page'
[ "$(curl -s -o /dev/null -w '%{http_code}' -u "admin:$old" -H 'Accept: application/json' \
	http://127.0.0.1:3000/admin/tenants)" = 401 ] || fail 'the old one still does'
cp /etc/flowhq/flowhq.env /root/first.env
`},
	}
}

func upgrades() []stage {
	return []stage{
		{"upgrade: same process, page always there, the worker moved after it", `
m=$(main_pid) w=$(worker_pid)
(while [ ! -e /root/upgraded ]; do curl -s -m 10 -o /dev/null -w '%{http_code} %{time_total}\n' \
	http://127.0.0.1:3000/healthz >>/root/polls || echo refused >>/root/polls; sleep 0.02; done) &
apt-get install -y -qq flowhq=` + newVersion + ` flowhq-engine=` + newVersion + ` >/root/upgrade.log 2>&1 ||
	{ cat /root/upgrade.log; exit 1; }
await 5 eval '[ "$(version)" = ` + newVersion + ` ]'
[ "$(main_pid)" = "$m" ] || fail 'the appliance was started anew'
await 20 eval 'p=$(worker_pid); [ -n "$p" ] && [ "$p" != 0 ] && [ "$p" != '"$w"' ]'
touch /root/upgraded; wait
grep -v '^200' /root/polls && fail 'a call was refused' || true
awk '{ if ($2 > max) max = $2 } END { printf "longest wait for an answer: %.2f s\n", max; exit max > 2 }' /root/polls
cmp /root/first.env /etc/flowhq/flowhq.env
`},
		{"the version before is kept outside of dpkg's files", `
[ "$(readlink /usr/lib/flowhq/current)" = \
	kept/` + newVersion + ` ] && [ "$(readlink /usr/lib/flowhq/previous)" = kept/` + oldVersion + ` ]
[ -x /usr/lib/flowhq/kept/` + oldVersion + `/flowhq ]
dpkg -S /usr/lib/flowhq/kept/` + oldVersion + `/flowhq 2>/dev/null && fail 'dpkg owns it' || true
flowhq upgrade-check | grep -q 'is in force'
`},
		{"rollback and upgrade again, same process throughout", `
m=$(main_pid)
flowhq rollback
[ "$(version)" = ` + oldVersion + ` ] && serves && [ "$(main_pid)" = "$m" ] || fail 'not rolled back in place'
flowhq upgrade-check | grep -q 'Nothing stands in the way'
flowhq upgrade
[ "$(version)" = ` + newVersion + ` ] && serves && [ "$(main_pid)" = "$m" ] || fail 'not upgraded in place'
`},
	}
}

func refusals() []stage {
	return []stage{
		{"a program that cannot be run is not put in force, and apt goes on", `
m=$(main_pid)
apt-get install -y -qq flowhq=` + badVersion + ` >/root/bad.log 2>&1 || { cat /root/bad.log; exit 1; }
grep -q 'was not put in force' /root/bad.log || fail "$(cat /root/bad.log)"
[ "$(version)" = ` + newVersion + ` ] && serves && [ "$(main_pid)" = "$m" ] || fail 'it was switched to'
dpkg-query -W -f '${Status}' flowhq | grep -q 'ok installed'
`},
		{"the page says so, and the next start takes the old one too", `
await 20 eval 'api http://127.0.0.1:3000/admin/alarms | grep -q upgrade_refused'
systemctl restart flowhq.service; await 10 serves
[ "$(version)" = ` + newVersion + ` ]
flowhq upgrade-check >/root/check 2>&1 && fail 'nothing seems to stand in the way' || true
grep -q 'still stands in the way' /root/check || fail "$(cat /root/check)"
`},
		{"a program that changes the database is not put in force without a backup", `
[ -d /var/lib/flowhq/backups ] || install -d -o flowhq -g flowhq -m 0700 /var/lib/flowhq/backups
mv /var/lib/flowhq/backups /root/backups; touch /var/lib/flowhq/backups
apt-get install -y -qq flowhq=` + liarVersion + ` >/root/bare.log 2>&1 || { cat /root/bare.log; exit 1; }
grep -q 'backup before that could not be taken' /root/bare.log || fail "$(cat /root/bare.log)"
[ "$(version)" = ` + newVersion + ` ] && serves || fail 'it was switched to'
rm /var/lib/flowhq/backups; mv /root/backups /var/lib/flowhq/backups
`},
		{"a program that says it is fit and does not serve is taken back at once", `
w=$(worker_pid) n=$(ls /var/lib/flowhq/backups | wc -l)
flowhq upgrade >/root/liar.log 2>&1 && fail 'it is in force' || true
grep -q 'schema 1 to 2' /root/liar.log && [ "$(ls /var/lib/flowhq/backups | wc -l)" -gt "$n" ] ||
	fail "no backup was taken: $(cat /root/liar.log)"
[ "$(readlink /usr/lib/flowhq/current)" = \
	kept/` + newVersion + ` ] || fail "in force: $(readlink /usr/lib/flowhq/current) $(cat /root/liar.log)"
await 20 serves
await 10 eval '[ "$(worker_pid)" = '"$w"' ]'
`},
		{"one that says it is fit and never takes over is not in force either", `
[ "$(version)" = ` + newVersion + ` ]
flowhq upgrade-check >/root/check 2>&1
grep -q 'It was refused at' /root/check || fail "$(cat /root/check)"
`},
		{"downgrade by apt: in place as well", `
m=$(main_pid)
apt-get install -y -qq --allow-downgrades \
	flowhq=` + oldVersion + ` flowhq-engine=` + oldVersion + ` >/root/down.log 2>&1 || { cat /root/down.log; exit 1; }
await 10 eval '[ "$(version)" = ` + oldVersion + ` ]'
serves && [ "$(main_pid)" = "$m" ]
await 20 eval '! api http://127.0.0.1:3000/admin/alarms | grep -q upgrade_refused'
`},
	}
}

func goings() []stage {
	return []stage{
		{"a service that an admin switched off stays off over an upgrade", `
systemctl disable --now --quiet flowhq.service
apt-get install -y -qq flowhq=` + newVersion + ` flowhq-engine=` + newVersion + ` >/dev/null 2>&1
[ "$(systemctl is-enabled flowhq.service || true)" = disabled ] || fail "$(systemctl is-enabled flowhq.service)"
systemctl is-active --quiet flowhq.service && fail 'it was started' || true
systemctl enable --now --quiet flowhq.service; await 10 serves
`},
		{"stop leaves no process, start brings the worker back", `
systemctl stop flowhq.service
await 2 eval '! pgrep -u flowhq' # the holder's unit is stopped after the service's, and nobody waits for it
systemctl start flowhq.service; await 10 serves
await 10 eval 'p=$(worker_pid); [ -n "$p" ] && [ "$p" != 0 ]'
`},
	}
}

// exposures holds both units to what docs/security.md says of them.
func exposures() []stage {
	return []stage{{"systemd-analyze security: at most 2.0, and 1.5 for the holder", `
for u in flowhq.service:20 flowhq-workers.service:15; do
	level=$(systemd-analyze security --no-pager "${u%:*}" |
		sed -n 's/.*level for [^:]*: \([0-9]*\)\.\([0-9]\).*/\1\2/p')
	[ -n "$level" ] && [ "$level" -le "${u#*:}" ] || fail "${u%:*}: $level tenths"
	echo "${u%:*}: exposure $level tenths"
done
`}}
}

func lastDays() []stage {
	return []stage{
		{"remove stops everything and keeps data and settings", `
apt-get remove -y -qq flowhq >/dev/null 2>&1
pgrep -u flowhq && fail 'processes are left' || true
[ -s /var/lib/flowhq/flowhq.db ] && [ -s /etc/flowhq/flowhq.env ] || fail 'data is gone'
[ ! -e /usr/lib/flowhq ] && [ ! -e /usr/bin/flowhq ] || fail 'programs are left'
systemctl list-units --all --no-legend 'flowhq*' | grep -v -e not-found -e masked && fail 'units are left' || true
`},
		{"installed again it goes on where it was", `
apt-get install -y -qq flowhq=` + newVersion + ` flowhq-engine=` + newVersion + ` >/dev/null 2>&1
await 20 serves
cmp /root/first.env /etc/flowhq/flowhq.env
api http://127.0.0.1:3000/admin/tenants | grep -q 'Salon Amina' || fail 'the business is gone'
await 10 eval 'p=$(worker_pid); [ -n "$p" ] && [ "$p" != 0 ]'
`},
		{"purge removes settings, data, user and units", `
apt-get purge -y -qq flowhq flowhq-engine >/dev/null 2>&1
pgrep -x flowhq && fail 'processes are left' || true
getent passwd flowhq && fail 'the user is left' || true
getent group flowhq && fail 'the group is left' || true
find / -xdev \( -path /share -o -path /proc -o -path /root -o -path /var/lib/apt -o -path /var/cache -o -path \
	/var/log/journal -o -path /run/log \) -prune -o -name '*flowhq*' -print |
	grep -v -e keyrings -e sources.list.d -e /var/log/dpkg -e /var/log/apt && fail 'something is left' || true
`},
		{"after it a new installation is as new", `
apt-get install -y -qq flowhq=` + newVersion + ` flowhq-engine=` + newVersion + ` >/dev/null 2>&1
await 20 serves
flowhq admin show-setup | sed -n 's/^Password: *//p' | head -1 >/root/password
[ "$(api http://127.0.0.1:3000/admin/tenants)" = '[]' ] || fail 'it remembers'
cmp -s /root/first.env /etc/flowhq/flowhq.env && fail 'it has the old secrets' || true
`},
	}
}
