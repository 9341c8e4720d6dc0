package main

import "context"

// postgresProof moves an installation into PostgreSQL, and shows that upgrades wait for the database.
func postgresProof(ctx context.Context, l *lab) error {
	repo, err := l.repository(ctx, oldVersion, newVersion)
	if err != nil {
		return err
	}
	g, err := l.boot(ctx, "bookworm", "postgres", repo)
	if err != nil {
		return err
	}
	defer g.stop()
	return g.stages(ctx, []stage{
		{"apt install beside a local PostgreSQL offers it", installByName + `
systemctl unmask -q postgresql.service
[ -n "$(pg_lsclusters -h)" ] || pg_createcluster "$(ls /usr/lib/postgresql)" main >/dev/null
systemctl start postgresql.service "postgresql@$(ls /usr/lib/postgresql)-main.service"
apt-get install -y -qq flowhq=` + oldVersion + ` flowhq-engine=` + oldVersion + ` >/root/install.log 2>&1 ||
	{ cat /root/install.log; exit 1; }
grep -q 'flowhq storage use postgres' /root/install.log || fail "$(cat /root/install.log)"
await 30 serves
flowhq admin show-setup | sed -n 's/^Password: *//p' | head -1 >/root/password
for n in 1 2 3; do api -X POST http://127.0.0.1:3000/admin/tenants \
	-d '{"name":"B'$n'","phone_number":"+25570000000'$n'",'\
'"template_type":"BOOKING","business_name":"B'$n'","language":"SW"}' >/dev/null; done
`},
		{"storage use postgres: database, role with password, copied, switched", `
flowhq storage use postgres >/root/move.log 2>&1 || { cat /root/move.log; exit 1; }
await 30 serves
[ "$(api http://127.0.0.1:3000/admin/tenants | grep -o '"business_name":"B[123]"' | sort -u | wc -l)" = 3 ] ||
	fail 'businesses are missing'
grep -q '^DATABASE_URL=postgres://flowhq_db:[0-9a-f]\{48\}@127.0.0.1:' /etc/flowhq/flowhq.env ||
	fail 'the settings do not name it'
[ "$(stat -c '%a %U %G' /etc/flowhq/flowhq.env)" = '640 root flowhq' ]
[ -s /var/lib/flowhq/flowhq.db ] || fail 'the old file is gone'
grep -rq "$(sed -n 's/.*flowhq_db:\([0-9a-f]*\)@.*/\1/p' /etc/flowhq/flowhq.env)" /var/log/postgresql &&
	fail 'the password is in a log' || true
`},
		{"the database lets nobody in without its password", `
runuser -u flowhq -- psql -XAtq -d flowhq -c 'SELECT 1' 2>/dev/null && fail 'the system user flowhq got in' || true
runuser -u flowhq -- psql -XAtq -h 127.0.0.1 -U flowhq_db -w -d flowhq -c 'SELECT 1' 2>/dev/null &&
	fail 'the role got in without a password' || true
`},
		{"asked again it changes nothing", `
cp /etc/flowhq/flowhq.env /root/before.env
flowhq storage use postgres >/root/again.log 2>&1 && fail 'it did it again' || true
grep -q 'Nothing was changed' /root/again.log && cmp /root/before.env /etc/flowhq/flowhq.env ||
	fail "$(cat /root/again.log)"
`},
		{"an upgrade while the database is away is refused; the old one goes on", `
m=$(main_pid)
systemctl stop postgresql.service "postgresql@$(ls /usr/lib/postgresql)-main.service"
apt-get install -y -qq flowhq=` + newVersion + ` flowhq-engine=` + newVersion + ` >/root/upgrade.log 2>&1 ||
	{ cat /root/upgrade.log; exit 1; }
grep -q 'was not put in force' /root/upgrade.log || fail "$(cat /root/upgrade.log)"
[ "$(main_pid)" = "$m" ] && [ "$(version)" = ` + oldVersion + ` ] || fail 'it was switched to'
`},
		{"when the cause is gone, flowhq upgrade puts it in force", `
m=$(main_pid)
flowhq upgrade-check >/root/check 2>&1 && fail 'nothing seems to stand in the way' || true
systemctl start postgresql.service "postgresql@$(ls /usr/lib/postgresql)-main.service"
await 20 eval 'flowhq upgrade'
[ "$(version)" = ` + newVersion + ` ] && [ "$(main_pid)" = "$m" ] || fail 'it was not put in force in place'
await 20 serves
`},
		{"rollback is refused with a sentence when the schema does not allow it", `
m=$(main_pid)
runuser -u postgres -- psql -Xq -d flowhq -c \
	"INSERT INTO flowhq_migrations (version_id, is_applied) SELECT max(version_id) + 1, true FROM flowhq_migrations"
flowhq rollback >/root/rollback 2>&1 && fail 'it went back' || true
grep -q 'was changed by a newer version' /root/rollback || fail "$(cat /root/rollback)"
[ "$(version)" = ` + newVersion + ` ] && [ "$(main_pid)" = "$m" ] && serves
`},
	})
}
