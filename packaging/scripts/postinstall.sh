#!/bin/sh
# After the files are there: a user, secrets at the first installation, and the service.
set -e

user=flowhq
env_file=/etc/flowhq/flowhq.env

random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

make_user() {
	if ! getent passwd "$user" >/dev/null; then
		useradd --system --user-group --home-dir /var/lib/flowhq --no-create-home --shell /usr/sbin/nologin "$user"
	fi
}

# An environment file that is there stays as it is, whatever is in it.
make_settings() {
	if [ -e "$env_file" ]; then
		return
	fi
	umask 077
	cat >"$env_file.new" <<SETTINGS
# Settings of Flow HQ; /usr/share/doc/flowhq/env.example explains every name. After a change: systemctl restart flowhq
DATABASE_URL=sqlite:///var/lib/flowhq/flowhq.db
ADMIN_PASSWORD=$(random 12)
PORTAL_INTERNAL_KEY=$(random 24)
SETTINGS
	chown root:"$user" "$env_file.new"
	chmod 0640 "$env_file.new"
	mv "$env_file.new" "$env_file"
	echo "Flow HQ: the admin page is at http://127.0.0.1:3000/, its password stands in $env_file (ADMIN_PASSWORD)."
}

start_service() {
	if [ -d /run/systemd/system ]; then
		systemctl daemon-reload
		systemctl enable flowhq.service
		systemctl restart flowhq.service || echo "Flow HQ did not start: journalctl -u flowhq tells why."
	fi
}

case "$1" in
configure | 1 | 2)
	make_user
	make_settings
	start_service
	;;
esac
