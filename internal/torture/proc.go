package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// processesWith gives the processes that were started with an entry in their environment.
func processesWith(entry string) (pids []int) {
	dirs, _ := os.ReadDir("/proc")
	for _, d := range dirs {
		if pid, err := strconv.Atoi(d.Name()); err == nil && startedWith(pid, entry) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func startedWith(pid int, entry string) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return false
	}
	for e := range bytes.SplitSeq(data, []byte{0}) {
		if string(e) == entry {
			return true
		}
	}
	return false
}

// isWorker tells whether a process is the worker of a folder: a number in a file may be another process's by now.
func isWorker(pid int, dir string) bool { return startedWith(pid, "FLOWHQ_TENANT_DIR="+dir) }
