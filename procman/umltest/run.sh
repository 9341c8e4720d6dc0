#!/bin/bash
# run.sh [go test flags, e.g. -test.run=Limit]: the tests of this package in user-mode Linux.
# Without flags it also wants them to fail in a kernel without the memory controller. UML names the kernel (default linux.uml from PATH, else the Debian package is unpacked into a cache folder).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d -p /var/tmp procman-uml.XXXXXX)
trap 'rm -rf "$work"' EXIT
kernel=${UML:-$(command -v linux.uml || true)}
if [ -z "$kernel" ]; then
	cache=${XDG_CACHE_HOME:-$HOME/.cache}/procman-uml
	if [ ! -x "$cache/usr/bin/linux.uml" ]; then
		mkdir -p "$cache"
		(cd "$cache" && apt-get download -q user-mode-linux && dpkg -x user-mode-linux_*.deb .)
	fi
	kernel=$cache/usr/bin/linux.uml
fi
(cd "$here" && CGO_ENABLED=0 go test -c -tags memcg -o "$work/memory.test" .)
# A processor with more registers than the kernel has room for: it is kept from seeing them, and Go's programs from using them.
no_avx=
runs=0
"$here/../../tools/uml-runs.sh" "$kernel" || runs=$?
case $runs in
0) with=() ;;
3)
	echo "== the extended registers are hidden from it, and Go does without AVX"
	(cd "$here" && CGO_ENABLED=0 go build -o "$work/fxsave" ./fxsave)
	with=("$work/fxsave")
	no_avx='export GODEBUG=cpu.avx=off,cpu.avx2=off,cpu.fma=off,cpu.avx512f=off,cpu.avx512bw=off,cpu.avx512vl=off'
	;;
*) exit 1 ;;
esac
# init TEST-FLAGS: the guest's first process.
init() {
	cat > "$work/init" <<INIT
#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmp /tmp
mount -t cgroup2 cgroup /sys/fs/cgroup
cd /tmp
$no_avx
"$work/memory.test" -test.v -test.timeout=10m $*
echo "exit status \$?"
echo o > /proc/sysrq-trigger
sleep 10
INIT
	chmod +x "$work/init"
}
# boot KERNEL-ARGUMENTS: runs the guest to its end.
boot() {
	timeout -k 5 "${LIMIT:-540}" "${with[@]}" "$(command -v "$kernel")" mem="${MEM:-512M}" root=/dev/root rootfstype=hostfs rootflags=/ ro init="$work/init" \
		con=null con0=null,fd:1 quiet umid="procman$$" uml_dir="$work" "$@" </dev/null 2>/dev/null | tr -d '\r' | tee "$work/out"
}
# The guest's memory is a file in TMPDIR.
[ -w /dev/shm ] && export TMPDIR=/dev/shm
if [ $# = 0 ]; then
	echo "== a kernel without the memory controller: the tests must fail"
	init '-test.run=^TestLimit$'
	boot cgroup_disable=memory
	grep -qx 'exit status 1' "$work/out" && grep -q 'the controllers are missing' "$work/out"
	echo "== a kernel with all controllers"
fi
init "$*"
boot
grep -qx 'exit status 0' "$work/out"
