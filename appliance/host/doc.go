// Package host is what the appliance has from the machine it runs on: control groups for its workers, descriptors that
// systemd keeps for it, systemd's watchdog, its log file, and the figures of memory, disk and database.
package host
