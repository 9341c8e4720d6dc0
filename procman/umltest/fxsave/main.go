// Command fxsave runs a program, user-mode Linux, for which ptrace has no extended registers: `fxsave PROGRAM
// ARGUMENTS`.
//
// Kernels of user-mode Linux before 6.13 hand extended registers over in a buffer of fixed size, which is too small on
// processors with AMX: every program in the guest dies at its start. Told by the first look that there are none, they
// use the old call, which knows only x87 and SSE. AVX is lost in a switch between threads then, so programs in the
// guest must do without it (run.sh tells Go's to).
package main

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: fxsave PROGRAM [ARGUMENT...]")
		os.Exit(2)
	}
	err := hideExtendedRegisters()
	if err == nil {
		err = unix.Exec(os.Args[1], os.Args[1:], os.Environ())
	}
	fmt.Fprintln(os.Stderr, "fxsave:", err)
	os.Exit(1)
}

// xstate is the set of registers that PTRACE_GETREGSET is refused for (NT_X86_XSTATE of elf.h).
const xstate = 0x202

// hideExtendedRegisters installs a filter of system calls that the program and all that comes of it keep. Offsets are
// those of struct seccomp_data on a little-endian machine: number 0, architecture 4, arguments from 16, eight bytes
// each.
func hideExtendedRegisters() error {
	runtime.LockOSThread() // the filter is this thread's, and so is exec
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	unless := func(k uint32, skip uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: skip, K: k}
	}
	give := func(k uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k} }
	filter := []unix.SockFilter{
		load(4), unless(unix.AUDIT_ARCH_X86_64, 7),
		load(0), unless(unix.SYS_PTRACE, 5),
		load(16), unless(unix.PTRACE_GETREGSET, 3),
		load(32), unless(xstate, 1),
		give(unix.SECCOMP_RET_ERRNO | uint32(unix.EINVAL)),
		give(unix.SECCOMP_RET_ALLOW),
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0)
}
