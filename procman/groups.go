package procman

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"flowhq/procman/internal/kernel"
)

// groups makes a cgroup for each process, if there is a folder for them.
type groups struct {
	root   *kernel.Root // nil without groups
	prefix string
}

// of names the group of a process; nil without groups.
func (g groups) of(name string) *kernel.Group {
	if g.root == nil {
		return nil
	}
	return g.root.Group(g.prefix + name)
}

// memory tells whether the kernel limits and counts the memory of groups.
func (g groups) memory() bool { return g.root != nil && g.root.Memory }

// tasks tells whether the kernel limits and counts the tasks of groups.
func (g groups) tasks() bool { return g.root != nil && g.root.Pids }

// emptyTimeout bounds how long a group that is used again may take to become empty.
const emptyTimeout = 5 * time.Second

// prepare makes an empty group with the spec's limits and opens its folder.
func (g groups) prepare(group *kernel.Group, spec Spec) (int, error) {
	// A process that joined the group after the last run ended does not belong to
	// the new run, but would be taken for a part of it.
	for end := time.Now().Add(emptyTimeout); group.Populated() && time.Now().Before(end); {
		_ = group.Kill()
		time.Sleep(time.Millisecond)
	}
	if err := group.Create(); err != nil {
		return -1, err
	}
	if err := g.limit(group, spec, true); err != nil {
		_ = group.Remove()
		return -1, err
	}
	fd, err := group.Open()
	if err != nil {
		return -1, fmt.Errorf("open group: %w", err)
	}
	return fd, nil
}

// limit writes the spec's limits into those files of the group that exist. A
// fresh group has the kernel's defaults; a used one is set back to them.
func (g groups) limit(group *kernel.Group, spec Spec, fresh bool) error {
	if g.root == nil {
		return nil // the group was adopted from a manager that had a folder for groups
	}
	var errs []error
	set := func(file, value string) {
		if value != "" {
			errs = append(errs, group.Write(file, value))
		}
	}
	if g.root.Memory {
		set("memory.max", numberOrMax(spec.Memory.Max))
		if spec.Memory.Max > 0 {
			set("memory.oom.group", "1")
			_ = group.Write("memory.swap.max", "0") // absent in a kernel without swap
		}
	}
	if g.root.Pids {
		set("pids.max", numberOrMax(int64(spec.PidsMax)))
	}
	if g.root.CPU {
		weight, ceiling := spec.CPU.files(fresh)
		set("cpu.weight", weight)
		set("cpu.max", ceiling)
	}
	return errors.Join(errs...)
}

func numberOrMax(n int64) string {
	if n <= 0 {
		return "max"
	}
	return strconv.FormatInt(n, 10)
}

// files gives the contents of cpu.weight and cpu.max; empty: nothing to write.
func (c CPUPolicy) files(fresh bool) (weight, ceiling string) {
	if !fresh {
		weight, ceiling = "100", "max 100000"
	}
	if c.Weight > 0 {
		weight = strconv.Itoa(c.Weight)
	}
	if c.MaxPercent > 0 {
		ceiling = fmt.Sprintf("%d 100000", c.MaxPercent*1000)
	}
	return weight, ceiling
}
