#!/bin/sh
# `make run`: the appliance on SQLite in ./var, against the real WhatsApp. Secrets are made at the first run, kept in ./var/flowhq.env (readable by this user alone), and the
# admin password is printed once, then.
set -eu
env_file=var/flowhq.env
mkdir -p var && chmod 700 var
random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
if [ ! -e "$env_file" ]; then
	password=$(random 10)
	( umask 077
	cat >"$env_file.new" <<EOF
DATABASE_URL=sqlite:var/flowhq.db
ADMIN_PASSWORD=$password
PORTAL_INTERNAL_KEY=$(random 24)
SESSIONS_PATH=var/sessions
LOGS_PATH=var/logs
RUNTIME_DIR=var/run
BACKUP_TO=var/backups
EOF
	mv "$env_file.new" "$env_file" )
	echo "Admin password (shown this once; kept in $env_file): $password"
fi
echo "Admin page: http://127.0.0.1:${PORT:-3000}/  Ctrl-C ends everything."
exec bin/flowhq serve --env-file "$env_file"
