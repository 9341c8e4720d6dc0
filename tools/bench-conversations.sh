#!/bin/sh
# Measures the conversations and writes docs/benchmarks/conversations.md.
set -eu
cd "$(dirname "$0")/.."
out=$(go test ./worker/bot -run '^$' -bench . -benchtime 3s)
echo "$out"
row() { echo "$out" | awk -v name="Benchmark$1" -v unit="$2" -v scale="$3" '$1 ~ "^" name "(-|$)" { for (i = 2; i < NF; i++) if ($(i+1) == unit) printf "%.1f", $i / scale }'; }
cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
cat >docs/benchmarks/conversations.md <<END
# Conversations, measured

\`make bench-conversations\` on $(nproc) cores ($cpu), $(go env GOVERSION), $(date -u +%F). One step takes a message and gives the answer; the
conversations are those of all three templates with their default flows, in both languages.

| what | measured | bound |
| --- | --- | --- |
| one step, median | $(row Step µs-median 1) µs | 100 µs |
| one step, 99th percentile | $(row Step µs-p99 1) µs | |
| one step, memory | $(row Step B/op 1024) KiB in $(row Step allocs/op 1) pieces | |
| a message of 100,000 characters, the first of a chat | $(row Huge ns/op 1000000) ms | |
| a step with $(sed -n 's/^\tMaxItems *= \([0-9]*\).*/\1/p' settings.go) products | $(row LargeShop ns/op 1000000) ms | |
| loading a flow, once for each worker | $(row Load ns/op 1000000) ms | |
END
