package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// outage is how long WhatsApp is away before the fleet comes back.
const outage = 20 * time.Second

// comeback is how a fleet came back after an outage.
type comeback struct {
	workers  int
	first    time.Duration // after WhatsApp was there again, until the first login
	median   time.Duration
	last     time.Duration
	inSecond int     // most logins in one second
	peakCPU  float64 // of one core: appliance and workers, the worst second
	simCPU   float64 // the simulator's in that second
}

// reconnect grows the fleet, lets WhatsApp be away, and watches how the workers return.
func (b *bench) reconnect(ctx context.Context) (c comeback, err error) {
	if err := b.grow(ctx, b.reconnecting); err != nil {
		return c, err
	}
	if err := pause(ctx, 15*time.Second); err != nil {
		return c, err
	}
	b.say("%d workers are linked; WhatsApp is away for %s", len(b.businesses), outage)
	began := time.Now()
	if err := b.sim.Outage(ctx, outage); err != nil {
		return c, err
	}
	back := began.Add(outage)
	if err := b.watchReturn(ctx, back, &c); err != nil {
		return c, err
	}
	var logins []time.Duration
	for _, s := range b.businesses {
		p, err := b.sim.Phone(ctx, s.number)
		if err != nil {
			return c, err
		}
		for _, d := range p.Devices {
			if at := d.LastLogin; at.After(began) {
				logins = append(logins, max(at.Sub(back), 0))
			}
		}
	}
	if len(logins) == 0 {
		return c, fmt.Errorf("nobody logged in after the outage")
	}
	slices.Sort(logins)
	c.workers, c.first, c.median, c.last = len(logins), logins[0], logins[len(logins)/2], logins[len(logins)-1]
	c.inSecond = busiestSecond(logins)
	return c, nil
}

// busiestSecond gives the most of the sorted times that lie within one second.
func busiestSecond(times []time.Duration) (most int) {
	from := 0
	for i, at := range times {
		for at-times[from] > time.Second {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

// watchReturn measures processor use every second until all devices are online.
func (b *bench) watchReturn(ctx context.Context, back time.Time, c *comeback) error {
	limit := back.Add(8 * time.Minute)
	before, at := b.used()
	for time.Now().Before(limit) {
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
		after, now := b.used()
		seconds := now.Sub(at).Seconds()
		if used := (after.product - before.product).Seconds() / seconds; time.Now().After(back) && used > c.peakCPU {
			c.peakCPU, c.simCPU = used, (after.simulator-before.simulator).Seconds()/seconds
		}
		before, at = after, now
		if st, err := b.sim.Stats(ctx); err == nil && time.Now().After(back) && st.DevicesOnline >= len(b.businesses) {
			return nil
		}
	}
	return fmt.Errorf("not all of %d workers came back in 8 minutes", len(b.businesses))
}

type usage struct{ product, simulator time.Duration }

// used gives the processor time used so far; a process that is gone counts as none.
func (b *bench) used() (u usage, at time.Time) {
	u.simulator, _ = cpuOf(b.sim.PID())
	u.product, _ = cpuOf(b.app.PID())
	for _, s := range b.businesses {
		d, _ := cpuOf(s.pid)
		u.product += d
	}
	return u, time.Now()
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
