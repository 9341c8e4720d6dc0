#!/bin/sh
# Makes storage/internal/db from storage/queries.sql, and checks that both engines understand the file.
# With "check" it changes nothing and fails where the committed code is not what would be made.
set -eu
cd "$(dirname "$0")"
export CGO_ENABLED=0 # sqlc's C parser takes minutes to compile; without cgo it uses one compiled to WebAssembly

case "${1-}" in
'') go tool sqlc generate -f ../storage/sqlc.yaml ;;
check) go tool sqlc diff -f ../storage/sqlc.yaml ;;
*) echo "usage: $0 [check]" >&2; exit 2 ;;
esac
go tool sqlc compile -f ../storage/sqlc-sqlite.yaml
