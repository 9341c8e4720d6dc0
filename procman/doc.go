// Package procman is a process manager as a library: it starts child
// processes, keeps them running by a policy, bounds their memory and tasks,
// writes what they print into rotated files, and ends them so that no process is
// left behind.
//
// # What it promises
//
//   - Gone means gone. Stop, and the cleaning up after a crash, end the whole tree
//     of a process (also grandchildren in sessions of their own) before a successor
//     starts or success is reported. With a delegated cgroup v2 folder the kernel
//     guarantees this. Without one, the manager follows the process group, the
//     session, the descendants and a marker in the environment;
//     [Manager.Capabilities] says which.
//   - Output is not lost. Each process writes into a named pipe that it also holds
//     open itself, so the pipe outlives the manager. A chunk leaves the pipe only
//     when it is in the file. When the manager is killed, a chunk may be written
//     twice, never lost. Only a full disk discards, and the file then says how many
//     bytes. One gap: if a process ends while no manager is alive, its last output
//     (up to one pipe's content) is lost; a [PipeStore] closes this gap.
//   - The manager may die. A new one finds the living children by state file,
//     process descriptor and start time, and adopts them. [Manager.Handover]
//     replaces the running binary in place: same pid, same children.
//   - One state folder, one manager: a second [New] fails.
//
// # How it works
//
// A process has a [Spec] and a desired state (to run or not). One goroutine for
// each process compares desired and real state and takes the next step. Every
// public call only changes the desired state and may wait for the result. When
// calls contradict each other, the latest counts, and the earlier caller gets
// [ErrSuperseded].
//
//	stopped ──Start──▶ starting ──▶ running ──Stop──▶ stopping ──▶ stopped
//	                     ▲            │ ends
//	                     │            ▼
//	                     └──── backoff / crash-loop ────▶ exited (policy: enough)
//
// A child costs no thread: process descriptors and pipes are in one epoll set
// inside the runtime's poller.
//
// The package needs Linux 5.14 or later (cgroup.kill); exit statuses of adopted
// processes need 6.15. It imports the standard library, golang.org/x/sys,
// golang.org/x/sync and lumberjack, and no other package of its module.
package procman
