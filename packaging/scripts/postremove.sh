#!/bin/sh
# After the files are gone. Data and settings stay until the package is purged.
set -e

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
fi

case "$1" in
purge)
	rm -rf /etc/flowhq /var/lib/flowhq /var/log/flowhq /run/flowhq
	if getent passwd flowhq >/dev/null; then
		userdel flowhq
	fi
	;;
esac
