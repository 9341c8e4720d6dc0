#!/usr/bin/env bash
# Runs `make test` again and again in a fresh clone, beside loops that keep the processors busy, and writes how long each run
# took and how it ended.
#
#   tools/steady-tests.sh [RUNS] [BUSY] [OUT]
#
# RUNS (5) runs, BUSY (4) busy loops, OUT (docs/benchmarks/tests.md) gets a line for each run. Ends with 1 when a run failed.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-5}
busy=${2:-4}
out=$(realpath "${3:-docs/benchmarks/tests.md}")
commit=$(git rev-parse --short HEAD)
dir=$(mktemp -d)
loops=()
cleanup() {
	[ ${#loops[@]} -eq 0 ] || kill "${loops[@]}" 2>/dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT

git clone --quiet . "$dir/clone"
for _ in $(seq "$busy"); do
	(while :; do :; done) &
	loops+=($!)
done

{
	printf '\n## %s: %s runs beside %s busy loops, %s processors\n\n' "$commit" "$runs" "$busy" "$(nproc)"
	printf '`tools/steady-tests.sh %s %s`, %s\n\n' "$runs" "$busy" "$(date -u +%Y-%m-%d)"
	printf '| run | seconds | load at the end | result |\n| --- | ---: | ---: | --- |\n'
} >>"$out"
failed=0
for run in $(seq "$runs"); do
	began=$SECONDS
	result=green
	make -C "$dir/clone" --no-print-directory test >"$dir/log" 2>&1 || {
		result="red: $(grep -oE '^--- FAIL: [A-Za-z_0-9]+' "$dir/log" | sed 's/--- FAIL: //' | sort -u | paste -sd' ' -)"
		failed=1
		cp "$dir/log" "$(dirname "$out")/../../var/steady-$run.log" 2>/dev/null || true
	}
	line=$(printf '| %d | %d | %s | %s |' "$run" "$((SECONDS - began))" "$(cut -d' ' -f1 /proc/loadavg)" "$result")
	echo "$line" | tee -a "$out"
done
exit $failed
