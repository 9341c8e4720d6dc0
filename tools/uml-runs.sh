#!/bin/bash
# uml-runs.sh [KERNEL]: tells whether user-mode Linux can start a program on this machine's processor; if not, it says why and ends
# with 3. Kernels before 6.13 have room for the registers of processors up to AVX-512; one with AMX has more, and every program in
# such a guest dies at its start ("ptrace set fp regs failed").
set -euo pipefail
kernel=${1:-${UML:-linux.uml}}
work=$(mktemp -d -p /var/tmp uml-runs.XXXXXX)
trap 'rm -rf "$work"' EXIT
printf '#!/bin/sh\necho a program runs\nPATH=/bin:/usr/bin mount -t proc proc /proc\necho o >/proc/sysrq-trigger\nsleep 10\n' >"$work/init"
chmod +x "$work/init"
[ -w /dev/shm ] && export TMPDIR=/dev/shm
said=$(timeout -k 5 60 "$kernel" mem=64M root=/dev/root rootfstype=hostfs rootflags=/ ro init="$work/init" \
	con=null con0=null,fd:1 quiet umid="runs$$" uml_dir="$work" </dev/null 2>/dev/null | tr -d '\r\0' || true)
case $said in
*'a program runs'*) ;;
*'fp regs failed'*)
	echo "user-mode Linux cannot run on this processor: it has more registers (AMX) than that kernel has room for" >&2
	exit 3
	;;
*)
	printf 'user-mode Linux does not start a program:\n%s\n' "$said" >&2
	exit 1
	;;
esac
