package flowhq

import "time"

// HostState is what the machine has. A field is 0 or "" where it can't be told.
type HostState struct {
	MemoryTotal     int64 // bytes
	MemoryAvailable int64
	DiskPath        string
	DiskTotal       int64
	DiskFree        int64
	Database        string // "PostgreSQL" or "SQLite"
	DatabaseSize    int64
	PublicURL       string
	CertificateEnds *time.Time // of PUBLIC_URL's host, where that is reached by TLS
	BackupAt        *time.Time // the newest good backup
	Version         string
}

// Bounds of what counts as full, and of what is planned with.
const (
	DiskLow           = 1 << 30 // bytes free below which a disk is low
	DiskFineAgain     = DiskLow + DiskLow/5
	CertificateDays   = 14       // days before its end that a certificate is spoken of
	WorkerMemory      = 12 << 20 // bytes that a worker is planned with where none has run yet
	MemoryKeptBack    = 256 << 20
	memoryKeptPercent = 10
)

// RoomForWorkers tells how many more workers fit into the memory that is available, given what the running ones use
// each; -1 when it can't be told. A tenth of the memory and MemoryKeptBack stay free.
func RoomForWorkers(b HostState, workers int, used int64) int {
	if b.MemoryTotal == 0 {
		return -1
	}
	each := int64(WorkerMemory)
	if workers > 0 {
		each = max(used/int64(workers), WorkerMemory/2)
	}
	free := b.MemoryAvailable - b.MemoryTotal*memoryKeptPercent/100 - MemoryKeptBack
	return int(max(0, free) / each)
}
