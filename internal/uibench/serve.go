package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"flowhq/internal/harness"
)

// times are measured lengths of time by rank.
type times struct{ median, p99, max time.Duration }

func newTimes(all []time.Duration) times {
	slices.Sort(all)
	at := func(q float64) time.Duration { return all[int(q*float64(len(all)-1))] }
	return times{at(0.5), at(0.99), all[len(all)-1]}
}

// get asks for an address as a signed-in browser does and gives the time until the whole answer was there.
func get(ctx context.Context, a *harness.Appliance, path string) (time.Duration, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.URL+path, nil)
	if err != nil {
		return 0, err
	}
	r.SetBasicAuth("admin", harness.AdminPassword)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Accept-Encoding", "gzip")
	began := time.Now()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return 0, err
	}
	if res.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s answers %d", path, res.StatusCode)
	}
	return time.Since(began), nil
}

// serve asks for the list in many ways, one request after the other. Before every tenth a business is renamed, so that
// the list is read anew.
func (r *result) serve(ctx context.Context, a *harness.Appliance, views int) error {
	var rows []struct{ ID string }
	if err := a.Admin(ctx, http.MethodGet, "/admin/tenants", nil, &rows); err != nil {
		return err
	}
	paths := []string{
		"/admin/tenants", "/admin/tenants?page=7", "/admin/tenants?q=neema", "/admin/tenants?status=ERROR",
		"/admin/tenants?order=messages",
		"/admin/tenants?order=heard&page=3", "/admin/tenants?part=list", "/admin/tenants?q=255700000999",
		"/admin/tenants?order=name&back=1&page=20",
	}
	var list, fresh, overview []time.Duration
	for i := range views {
		renamed := i%10 == 0
		if renamed {
			name := map[string]string{"name": fmt.Sprint("Neema Salon ", i)}
			if err := a.Admin(ctx, http.MethodPatch, "/admin/tenants/"+rows[i%len(rows)].ID, name, nil); err != nil {
				return err
			}
		}
		took, err := get(ctx, a, paths[i%len(paths)])
		if err != nil {
			return err
		}
		list = append(list, took)
		if renamed {
			fresh = append(fresh, took)
		}
		if i%10 == 5 {
			if took, err = get(ctx, a, "/admin/overview"); err != nil {
				return err
			}
			overview = append(overview, took)
		}
	}
	r.list, r.fresh, r.summary = newTimes(list), newTimes(fresh), newTimes(overview)
	r.views = views
	return nil
}

const (
	openPages  = 50
	quiet      = 20 * time.Second
	changing   = 20 * time.Second
	changesGap = 500 * time.Millisecond
)

// streams opens fifty pages' streams and measures what they cost: while nothing happens, and while businesses change
// and each page fetches its list anew, once a second at most, as the pages do.
func (r *result) streams(ctx context.Context, a *harness.Appliance) error {
	before, err := cpu(a.PID())
	if err != nil {
		return err
	}
	if !pause(ctx, quiet) {
		return ctx.Err()
	}
	alone, err := cpu(a.PID())
	if err != nil {
		return err
	}
	r.alone = share(alone-before, quiet)
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	var fetched counter
	ready := make(chan error, openPages)
	for range openPages {
		all.Go(func() { ready <- watch(watching, a, &fetched) })
	}
	pause(ctx, time.Second)
	from, err := cpu(a.PID())
	if err != nil {
		return err
	}
	pause(ctx, quiet)
	to, err := cpu(a.PID())
	if err != nil {
		return err
	}
	r.streaming = share(to-from, quiet)
	if err := r.change(ctx, a); err != nil {
		return err
	}
	busy, err := cpu(a.PID())
	if err != nil {
		return err
	}
	r.busy, r.fetched = share(busy-to, changing), fetched.value()
	cancel()
	all.Wait()
	close(ready)
	for err := range ready {
		if err != nil {
			return err
		}
	}
	return nil
}

// change renames businesses, two a second.
func (r *result) change(ctx context.Context, a *harness.Appliance) error {
	var rows []struct{ ID string }
	if err := a.Admin(ctx, http.MethodGet, "/admin/tenants?limit=50", nil, &rows); err != nil {
		return err
	}
	for i, began := 0, time.Now(); time.Since(began) < changing; i++ {
		if err := a.Admin(ctx, http.MethodPatch, "/admin/tenants/"+rows[i%len(rows)].ID,
			map[string]string{"name": fmt.Sprint("FastNet ", i)}, nil); err != nil {
			return err
		}
		if !pause(ctx, changesGap) {
			return ctx.Err()
		}
	}
	return nil
}

type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) add() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
}

func (c *counter) value() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// watch is one open page: it holds a stream and fetches the list when something changed, once a second at most.
func watch(ctx context.Context, a *harness.Appliance, fetched *counter) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.URL+"/admin/events", nil)
	if err != nil {
		return err
	}
	r.SetBasicAuth("admin", harness.AdminPassword)
	r.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the stream answers %d", res.StatusCode)
	}
	var last time.Time
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if !strings.HasPrefix(lines.Text(), "event: tenant") || time.Since(last) < time.Second {
			continue
		}
		last = time.Now()
		if _, err := get(ctx, a, "/admin/tenants?part=list"); err != nil && ctx.Err() == nil {
			return err
		}
		fetched.add()
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func share(used, of time.Duration) float64 { return 100 * float64(used) / float64(of) }

// cpu gives the processor time that a process used so far.
func cpu(pid int) (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	var ticks int64
	for _, f := range fields[11:13] { // user and system, in hundredths of a second
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}
