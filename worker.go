package flowhq

import "time"

// Worker is a tenant's worker process as the store knows it; ask the process manager what the process itself does.
type Worker struct {
	ID           string
	TenantID     string
	ProcessName  string // column and JSON name pm2_name
	Status       WorkerStatus
	DesiredState DesiredState
	LastError    string
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// WorkerStatus is what the worker of a tenant is doing, as the database tells it.
type WorkerStatus string

// The states of a worker.
const (
	WorkerRunning WorkerStatus = "RUNNING"
	WorkerStopped WorkerStatus = "STOPPED"
	WorkerError   WorkerStatus = "ERROR"
)

// DesiredState says whether a worker should run; it outlives restarts of everything.
type DesiredState string

// The desired states.
const (
	DesiredStopped DesiredState = "stopped"
	DesiredRunning DesiredState = "running"
)

// ProcessName gives the name of a tenant's worker process. It is made from the id, so that two tenants never share one.
func ProcessName(tenantID string) string { return "worker-" + tenantID }
