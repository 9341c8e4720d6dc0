#!/bin/sh
# Runs every fuzz target of the conversations for so long each (FUZZTIME, 30s); new finds stay under appliance/bot/testdata/fuzz.
set -eu
cd "$(dirname "$0")/.."
for target in $(sed -n 's/^func \(Fuzz[A-Za-z]*\)(.*/\1/p' appliance/bot/fuzz_test.go); do
	echo "== $target"
	go test ./appliance/bot -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-30s}"
done
