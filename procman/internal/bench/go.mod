// The benches beside other process managers are a module of their own: nothing of the product depends on them.
module flowhq/procman/internal/bench

go 1.26.0

replace flowhq => ../../..

require (
	flowhq v0.0.0-00010101000000-000000000000
	golang.org/x/sys v0.49.0
)

require (
	golang.org/x/sync v0.24.0 // indirect
	gopkg.in/natefinch/lumberjack.v2 v2.2.1 // indirect
)
