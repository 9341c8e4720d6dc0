package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// controllersOn shows what needs control groups of version 2 with their controllers.
func controllersOn(suite string) func(context.Context, *lab) error {
	return func(ctx context.Context, l *lab) error {
		repo, err := l.repository(ctx, oldVersion)
		if err != nil {
			return err
		}
		m, err := l.build(ctx, suite, repo)
		if err != nil {
			return err
		}
		for n, script := range []string{firstBoot, secondBoot} {
			start := time.Now()
			out, err := m.boot(ctx, toolbox+script, 5*time.Minute)
			if err != nil {
				return fmt.Errorf("boot %d: %w", n+1, err)
			}
			for line := range strings.Lines(out) {
				if strings.HasPrefix(line, "ok ") {
					fmt.Printf("   %s", line)
				}
			}
			fmt.Printf("   boot %d took %s\n", n+1, time.Since(start).Round(time.Second))
		}
		return nil
	}
}

// firstBoot installs, makes three businesses and hurts them. The machine is slow: times are three to four times those
// of a server.
const firstBoot = `
groups=/sys/fs/cgroup/flowhq.slice/flowhq-workers.service
grep -qw memory /sys/fs/cgroup/cgroup.controllers ||
	fail "this machine has no memory controller: $(cat /sys/fs/cgroup/cgroup.controllers)"
` + installByName + `
apt-get install -y -qq flowhq=` + oldVersion + ` flowhq-engine=` + oldVersion + ` >/root/install.log 2>&1 ||
	{ cat /root/install.log; exit 1; }
await 60 serves
flowhq admin show-setup | sed -n 's/^Password: *//p' | head -1 >/root/password
echo "ok  installed by name under $(systemctl --version | head -1)"

for c in memory pids cpu; do grep -qw $c $groups/cgroup.subtree_control ||
	fail "$c is not handed on: $(cat $groups/cgroup.subtree_control)"; done
grep -q '"groups":true,"memory":"cgroup"' /var/log/flowhq/control-plane.log ||
	fail "$(grep 'process manager' /var/log/flowhq/control-plane.log)"
[ "$(stat -c %U $groups/cgroup.procs)" = flowhq ] || fail 'the holder does not own its group'
runuser -u flowhq -- sh -c 'echo 1 >/sys/fs/cgroup/system.slice/pids.max' 2>/dev/null &&
	fail 'it may write to the groups of others' || true
echo 'ok  controllers are delegated to the holder, and nothing else'

for n in 1 2 3; do
	api -X POST http://127.0.0.1:3000/admin/tenants \
	-d '{"name":"B'$n'","phone_number":"+25570000000'$n'",'\
'"template_type":"BOOKING","business_name":"B'$n'","language":"SW"}' | field id >/root/tenant$n
	api -X POST "http://127.0.0.1:3000/admin/tenants/$(cat /root/tenant$n)/worker/start" >/dev/null
done
group() { echo $groups/w-worker-$(cat /root/tenant$1); }
pid_of() { flowhq describe --json "$(cat /root/tenant$1)" | field pid; }
for n in 1 2 3; do
	await 60 eval '[ -n "$(pid_of '$n')" ] && [ "$(pid_of '$n')" != 0 ]'
	g=$(group $n)
	[ "$(cat $g/memory.max)" = 268435456 ] && [ "$(cat $g/memory.swap.max)" = 0 ] &&
		[ "$(cat $g/memory.oom.group)" = 1 ] && [ "$(cat $g/pids.max)" = 256 ] ||
		fail "limits: $(cat $g/memory.max $g/memory.swap.max $g/memory.oom.group $g/pids.max)"
	grep -qx "$(pid_of $n)" $g/cgroup.procs || fail 'the worker is not in its group'
done
echo 'ok  three workers, each in a group of its own with its limits'

m=$(main_pid) a=$(pid_of 1) b=$(pid_of 2) c=$(pid_of 3)
before=$(sed -n 's/^oom_group_kill //p' $(group 1)/memory.events)
# what a worker's group takes counts, whoever takes it: this never lets go
sh -c 'echo $$ >'"$(group 1)"'/cgroup.procs; exec tail /dev/zero' >/dev/null 2>&1 || true
await 60 eval 'p=$(pid_of 1); [ -n "$p" ] && [ "$p" != 0 ] && [ "$p" != '"$a"' ]'
[ "$(main_pid)" = "$m" ] && [ "$(pid_of 2)" = "$b" ] && [ "$(pid_of 3)" = "$c" ] || fail 'somebody else was hurt'
serves
flowhq events "$(cat /root/tenant1)" | grep -qi 'memory' ||
	fail "the time line does not tell: $(flowhq events "$(cat /root/tenant1)")"
echo "ok  a leaking worker is killed at its limit and started anew; the appliance and the others go on"

a=$(pid_of 1)
kill -9 "$m"
await 20 serves
[ "$(main_pid)" != "$m" ] || fail 'the same process'
await 30 eval '[ "$(pid_of 1)" = '"$a"' ] && [ "$(pid_of 2)" = '"$b"' ] && [ "$(pid_of 3)" = '"$c"' ]'
kill -0 "$a" && kill -0 "$b" && kill -0 "$c"
[ "$(cat $(group 2)/memory.max)" = 268435456 ] || fail 'the limit is gone'
grep -qx "$b" $(group 2)/cgroup.procs
echo 'ok  kill -9 of the appliance: workers live on in their groups and are adopted'

systemctl stop flowhq.service
await 2 eval '! pgrep -u flowhq' # the holder's unit is stopped after the service's, and nobody waits for it
ls -d /sys/fs/cgroup/flowhq.slice/*/w-* 2>/dev/null && fail 'groups are left' || true
systemctl start flowhq.service; await 60 serves
echo 'ok  stop leaves no process and no group'
`

// secondBoot finds everything back without anybody doing anything.
const secondBoot = `
await 90 serves
for n in 1 2 3; do
	await 60 eval 'p=$(flowhq describe --json "$(cat /root/tenant'$n')" | field pid); [ -n "$p" ] && [ "$p" != 0 ]'
	[ "$(cat /sys/fs/cgroup/flowhq.slice/flowhq-workers.service/w-worker-$(cat /root/tenant$n)/memory.max)" = \
		268435456 ] || fail 'a limit is missing'
done
systemctl is-active --quiet flowhq.service
echo 'ok  after a reboot everything is back'
`
