// Package procman is a process manager as a library: it starts child
// processes, keeps them running by a policy, bounds their memory and tasks,
// writes what they print into rotated files, and ends them so that nobody is
// left behind.
//
// # What it promises
//
//   - Gone means gone. Stop, and the clean-up after a crash, end the whole tree
//     of a process (grandchildren in sessions of their own included) before a
//     successor starts or success is reported. With a delegated cgroup v2 folder
//     this is the kernel's promise; without one, the process group, the session,
//     the descendants and a marker in the environment are followed, and
//     [Manager.Capabilities] says so.
//   - Output is not lost. Each process writes into a named pipe that its own end
//     keeps open, so the pipe outlives the manager; a chunk leaves the pipe only
//     once it is in the file. A chunk may be written twice when the manager is
//     killed, never lost. Only a full disk discards, and then the file says how
//     many bytes. The one gap: what a process wrote last, up to one pipe's
//     content, if it ends while no manager is alive; a [PipeStore] closes it.
//   - The manager may die. A new one finds the living children by state file,
//     process descriptor and start time, and adopts them. [Manager.Handover]
//     replaces the running binary in place: same pid, same children.
//   - One state folder, one manager: a second [New] refuses.
//
// # How it works
//
// A process has a [Spec] and a wish (run or not). One goroutine for each process
// compares wish and world and takes the next step; every public call only
// changes the wish and, if it likes, waits. When calls meet, the latest wish
// wins and the caller that was overtaken gets [ErrSuperseded].
//
//	stopped ──Start──▶ starting ──▶ running ──Stop──▶ stopping ──▶ stopped
//	                     ▲            │ ends
//	                     │            ▼
//	                     └──── backoff / crash-loop ────▶ exited (policy: enough)
//
// No thread is spent on a child: process descriptors and pipes sit in one epoll
// set inside the runtime's poller.
//
// The package needs Linux 5.14 or later (cgroup.kill); exit statuses of adopted
// processes need 6.15. It imports the standard library, golang.org/x/sys,
// golang.org/x/sync and lumberjack, and never anything else of the module that it lives in.
package procman
