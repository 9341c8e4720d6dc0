#!/bin/sh
# Before the files go: the service ends, unless this is an upgrade.
set -e

case "$1" in
remove | 0)
	if [ -d /run/systemd/system ]; then
		systemctl disable --now flowhq.service
		systemctl stop flowhq-workers.service flowhq.slice
	fi
	;;
esac
