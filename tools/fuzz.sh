#!/bin/sh
# Runs every fuzz target of the conversations for so long each (FUZZTIME, 30s); new finds stay under worker/bot/testdata/fuzz.
set -eu
cd "$(dirname "$0")/.."
for target in $(sed -n 's/^func \(Fuzz[A-Za-z]*\)(.*/\1/p' worker/bot/fuzz_test.go); do
	echo "== $target"
	go test ./worker/bot -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-30s}"
done
