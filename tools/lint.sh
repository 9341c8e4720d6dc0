#!/usr/bin/env bash
# Checks the source. tools/lint.sh checks everything except the packages in tools/lint-pending.txt;
# tools/lint.sh ./storage/... checks what it is given, whether it is on that list or not.
#
# It builds its programs itself, in the versions that tools/lint/go.mod pins. The rules are in .golangci.yml.
set -euo pipefail
cd "$(dirname "$0")/.."

# The vulnerability database is read from the network, or, where only the Go module proxy can be reached, from
# this version of the module that holds it.
vulndb=v0.0.0-20261105234957-e22db6528018
bin=$PWD/build/lint
pending=tools/lint-pending.txt
modules=(tools procman/internal/bench) # with dependencies of their own, see their go.mod
failed=0
export CGO_ENABLED=0

# check NAME COMMAND... runs one check. All checks run, so that one pass shows everything.
check() {
	local name=$1 began=$SECONDS
	shift
	if "$@"; then
		echo "lint: $name ok ($((SECONDS - began)) s)"
	else
		echo "lint: $name FAILED ($((SECONDS - began)) s)"
		failed=1
	fi
}

formatted() {
	local files
	files=$(git ls-files -z --cached --others --exclude-standard '*.go' | xargs -0 gofmt -s -l 2>&1)
	[ -z "$files" ] || { printf 'not formatted:\n%s\n' "$files"; return 1; }
}

# packages prints the folders to check: all packages except those on the list of pending ones.
packages() {
	go list -f '{{.Dir}}' ./... | sed "s|^$PWD|.|" | grep -vxF -f <(grep -v '^#' "$pending")
}

# pending_exist fails when the list names a package that is not there any more.
pending_exist() {
	local dir bad=0
	while read -r dir; do
		ls "$dir"/*.go >/dev/null 2>&1 || { echo "$pending names $dir, which is not a package"; bad=1; }
	done < <(grep -v '^#' "$pending")
	return $bad
}

check_module() (
	cd "$1"
	go vet ./... && "$bin/golangci-lint" run --allow-parallel-runners ./...
)

# vulnerabilities fails for what an update of a module mends. What only another Go mends is said and does not fail:
# which Go builds is decided by the machine.
vulnerabilities() {
	local db=https://vuln.go.dev found status=0
	if ! "$bin/govulncheck" -version | grep -q '^DB updated'; then
		db=file://$(go mod download -json "golang.org/x/vulndb@$vulndb" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')/data/osv
		echo "lint: vuln.go.dev cannot be reached; vulnerabilities as known on ${vulndb:7:8}"
	fi
	found=$("$bin/govulncheck" -db "$db" ./...) || status=$?
	[ $status = 0 ] && return
	if [ $status != 3 ] || grep -q '^  Module:' <<<"$found"; then
		echo "$found"
		return 1
	fi
	echo "lint: WARNING: $(grep -c '^  Standard library' <<<"$found") vulnerabilities in the standard library of" \
		"$(go env GOVERSION), fixed in:" $(sed -n 's/^ *Fixed in: .*@//p' <<<"$found" | sort -uV)
}

began=$SECONDS
GOBIN=$bin go install -C tools/lint tool
echo "lint: programs ready ($((SECONDS - began)) s)"

check gofmt formatted
if [ $# -gt 0 ]; then
	check 'go vet' go vet "$@"
	check golangci-lint "$bin/golangci-lint" run --allow-parallel-runners "$@"
	exit $failed
fi
check "$pending" pending_exist
check 'go vet' go vet ./...
mapfile -t folders < <(packages)
check "golangci-lint on ${#folders[@]} packages" "$bin/golangci-lint" run --allow-parallel-runners "${folders[@]}"
for module in "${modules[@]}"; do
	check "$module" check_module "$module"
done
check govulncheck vulnerabilities
left=$(grep -vc '^#' "$pending" || true)
[ "$left" = 0 ] || echo "lint: $left packages are still on $pending and were not checked by golangci-lint"
exit $failed
