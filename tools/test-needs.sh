#!/bin/sh
# Installs what the tests need and the machine lacks, after saying so: a C compiler (for the race detector), PostgreSQL's
# server programs (for throw-away databases) and, with the argument "browser", Chromium, with "uml" user-mode Linux, with "pages" Chromium and Node.js. Where it may not install, it says exactly what to install and ends with 1.
set -eu

missing=""
have() { command -v "$1" >/dev/null 2>&1; }
have_postgres() {
	have initdb && have postgres && return 0
	for dir in /usr/lib/postgresql/*/bin; do
		[ -x "$dir/initdb" ] && return 0
	done
	return 1
}
have gcc || missing="$missing gcc libc6-dev"
have_postgres || missing="$missing postgresql"
if [ "${1:-}" = pages ]; then
	have node || missing="$missing nodejs"
	have npm || missing="$missing npm"
fi
if [ "${1:-}" = browser ] || [ "${1:-}" = pages ]; then
	have chromium || have chromium-browser || missing="$missing chromium"
fi
if [ "${1:-}" = system ]; then
	have mmdebstrap || missing="$missing mmdebstrap"
	have systemd-nspawn || missing="$missing systemd-container"
	have linux.uml || missing="$missing user-mode-linux"
	have mkfs.ext4 || missing="$missing e2fsprogs"
	have apt-ftparchive || missing="$missing apt-utils"
	have gpg || missing="$missing gnupg"
	have lintian || missing="$missing lintian"
	have xz || missing="$missing xz-utils"
	have pgrep || missing="$missing procps"
fi
if [ "${1:-}" = uml ]; then
	have linux.uml || missing="$missing user-mode-linux"
fi
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
	sudo=""
elif have sudo && sudo -n true 2>/dev/null; then
	sudo="sudo -n"
else
	echo "The tests need packages that are not here and that this user may not install. Run:"
	echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing"
	exit 1
fi
if ! have apt-get; then
	echo "The tests need:$missing (names of Debian packages). This machine has no apt-get: install them by its own means."
	exit 1
fi
echo "Installing for the tests:$missing"
# The tests start databases of their own: the package need not make and start a cluster.
if ! have_postgres && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
	$sudo mkdir -p /etc/postgresql-common
	echo "create_main_cluster = false" | $sudo tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
$sudo apt-get update -qq
# shellcheck disable=SC2086 # a list of words is meant
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
echo "Installed."
