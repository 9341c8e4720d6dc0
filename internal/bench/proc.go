package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// spread is a set of measured values by rank.
type spread struct{ min, median, p99, max int }

func newSpread(values []int) spread {
	if len(values) == 0 {
		return spread{}
	}
	slices.Sort(values)
	at := func(q float64) int { return values[int(q*float64(len(values)-1))] }
	return spread{min: values[0], median: at(0.5), p99: at(0.99), max: values[len(values)-1]}
}

func (b *bench) workersPSS() (spread, error) {
	var all []int
	for _, s := range b.businesses {
		kib, err := pss(s.pid)
		if err != nil {
			return spread{}, fmt.Errorf("worker of %s: %w", s.number, err)
		}
		all = append(all, kib)
	}
	return newSpread(all), nil
}

// pss gives the proportional set size of a process in KiB.
func pss(pid int) (int, error) {
	return field(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss")
}

// memory gives one field of a process's status in KiB.
func memory(pid int, name string) (int, error) {
	return field(fmt.Sprintf("/proc/%d/status", pid), name)
}

func field(path, name string) (int, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			return strconv.Atoi(strings.Fields(rest)[0])
		}
	}
	return 0, fmt.Errorf("%s has no %s", path, name)
}

// cpu gives the processor time used so far by the appliance and by all workers.
func (b *bench) cpu() (app, fleet time.Duration, err error) {
	if app, err = cpuOf(b.app.PID()); err != nil {
		return 0, 0, err
	}
	for _, s := range b.businesses {
		d, err := cpuOf(s.pid)
		if err != nil {
			return 0, 0, err
		}
		fleet += d
	}
	return app, fleet, nil
}

// ticksPerSecond is the unit of /proc's times on Linux (USER_HZ).
const ticksPerSecond = 100

func cpuOf(pid int) (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, ok := strings.Cut(string(data), ") ")
	f := strings.Fields(rest)
	if !ok || len(f) < 13 {
		return 0, fmt.Errorf("cannot read /proc/%d/stat", pid)
	}
	user, err1 := strconv.Atoi(f[11])
	system, err2 := strconv.Atoi(f[12])
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("cannot read the times of /proc/%d/stat", pid)
	}
	return time.Duration(user+system) * time.Second / ticksPerSecond, nil
}
