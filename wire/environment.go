package wire

// Names of a worker's environment, which the appliance writes and the worker reads; nothing else of it is read.
const (
	EnvTenant       = "FLOWHQ_TENANT_ID"
	EnvDir          = "FLOWHQ_TENANT_DIR"
	EnvSocket       = "FLOWHQ_WORKER_SOCKET"
	EnvToken        = "FLOWHQ_WORKER_TOKEN"
	EnvVersion      = "FLOWHQ_VERSION"
	EnvLogLevel     = "LOG_LEVEL"
	EnvSimulator    = "WHATSAPP_SIMULATOR"
	EnvSimulatorKey = "WHATSAPP_SIMULATOR_KEY"
	EnvWAVersion    = "WHATSAPP_VERSION"
)

// Exit statuses of a worker.
const (
	ExitLocked = 75 // another process has the tenant's folder (EX_TEMPFAIL)
	ExitConfig = 78 // the environment is wrong (EX_CONFIG)
)

// RuntimeSettings are environment variables for Go's runtime in a worker. They count before the first package is
// initialized, so they must stand in the environment. They trade a little speed for memory, since hundreds of workers
// share a machine and most of them are idle: the caches of one processor instead of two, no heap profile, and a heap
// that is collected when it has grown by a quarter save one MiB for each worker.
func RuntimeSettings() []string {
	return []string{"GOMAXPROCS=1", "GOGC=25", "GODEBUG=memprofilerate=0"}
}
