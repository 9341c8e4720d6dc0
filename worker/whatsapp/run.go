package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"flowhq"
)

// ending says why a connection ended, and so what comes next:
//
//	           +--------------------- no device ----------------------+
//	           v                                                       |
//	Run --> [ pair ] --paired--> [ serve ] --loggedOut--> forget the device
//	           |  ^                 |  ^
//	           |  +-- pause --------+  +-- pause --+
//	           |                    |              |
//	           +--------------------+--------------+
//	                 lost: jittered backoff, for ever
//	                 again: at once (a server's restart, a fresh round of codes)
//	                 unseen: after five rounds, until Relink or LinkCode
//	                 banned: until the ban's end
//	                 outdated, refused: Timing.Slow, or Relink; the version is asked anew
//	                 replaced: until Relink, or two programs would throw each other out
type ending struct {
	how    how
	detail string
	until  time.Time     // of banned
	held   time.Duration // how long the session was ready
}

type how int

const (
	lost how = iota
	again
	paired
	unseen
	loggedOut
	banned
	outdated
	refused
	replaced
)

// Run pairs, logs in and reconnects until ctx ends or Close is called; then it disconnects cleanly and returns nil. It
// may run once.
func (c *Client) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	c.mu.Lock()
	if c.closed || c.running != nil {
		defer c.mu.Unlock()
		if c.closed {
			return ErrClosed
		}
		return errors.New("whatsapp: Run was called twice")
	}
	done := make(chan struct{})
	c.stop, c.running = stop, done
	c.mu.Unlock()
	defer close(done)

	c.awaitPauses(ctx)
	c.announceVersion(ctx, false)
	rounds := 0
	var asked *codeRequest
	for ctx.Err() == nil {
		end := c.once(ctx, &asked)
		if ctx.Err() != nil {
			break
		}
		if asked != nil && end.how != again {
			asked.fail(fmt.Errorf("%w: %s", ErrOffline, end.detail))
			asked = nil
		}
		if end.how == unseen {
			rounds++
		} else {
			rounds = 0
		}
		if asked == nil {
			asked = c.afterEnding(ctx, end, rounds)
		}
		if rounds >= qrRounds || asked != nil {
			rounds = 0
		}
	}
	if asked != nil {
		asked.fail(ErrClosed)
	}
	return nil
}

// once makes one connection and stays with it to its end. asked is a request for a link code that waits for a fresh
// round.
func (c *Client) once(ctx context.Context, asked **codeRequest) ending {
	device, err := c.store.linked(ctx)
	if err != nil {
		return ending{how: lost, detail: err.Error()}
	}
	c.setDevice(device)
	n := newConnection(c)
	if device == nil {
		n.device = c.store.devices.NewDevice()
		return n.pair(ctx, asked)
	}
	if *asked != nil {
		(*asked).fail(ErrLinked)
		*asked = nil
	}
	n.device = device
	return n.serve(ctx)
}

// afterEnding does what an ending requires, and waits. It returns a request for a link code that came meanwhile.
func (c *Client) afterEnding(ctx context.Context, end ending, rounds int) *codeRequest {
	linked := !c.Self().IsZero()
	switch end.how {
	case again, paired:
	case unseen:
		if rounds >= qrRounds {
			c.status.set(
				phase{
					is:     flowhq.PhaseNobody,
					detail: "Nobody scanned the code. Ask for a new one when the phone is at hand.",
				},
			)
			return c.pause(ctx, 0, true)
		}
	case loggedOut:
		c.logOff(ctx, end.detail)
	case banned:
		c.status.set(phase{is: flowhq.PhaseBanned, detail: end.detail, until: end.until})
		return c.pause(ctx, max(end.until.Sub(c.cfg.Now()), time.Second), false)
	case outdated:
		c.status.set(phase{is: flowhq.PhaseOutdated, detail: end.detail})
		asked := c.pause(ctx, c.cfg.Timing.Slow, true)
		c.announceVersion(ctx, true)
		return asked
	case refused:
		c.status.set(phase{is: betweenTries(linked), detail: end.detail})
		return c.pause(ctx, c.cfg.Timing.Slow, true)
	case replaced:
		c.status.set(phase{is: flowhq.PhaseReplaced, detail: end.detail})
		return c.pause(ctx, 0, true)
	case lost:
		if end.held >= c.cfg.Timing.Stable {
			c.retry.Reset()
		}
		wait := c.retry.NextBackOff()
		c.log.Info("connection lost", "cause", end.detail, "retry_in", wait)
		c.status.set(phase{is: betweenTries(linked), detail: end.detail})
		return c.pause(ctx, wait, !linked)
	}
	return nil
}

// betweenTries is the phase between two tries.
func betweenTries(linked bool) flowhq.Phase {
	if linked {
		return flowhq.PhaseReconnecting
	}
	return flowhq.PhaseStarting
}

// pause waits: for d, or with d 0 until asked. wakeable says whether Relink and LinkCode end it; where they do not,
// LinkCode is answered with an error.
func (c *Client) pause(ctx context.Context, d time.Duration, wakeable bool) *codeRequest {
	select { // an older Relink does not count
	case <-c.wake:
	default:
	}
	var end <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		end = timer.C
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-end:
			return nil
		case <-c.wake:
			if wakeable {
				return nil
			}
		case request := <-c.codes:
			if !c.Self().IsZero() {
				request.fail(ErrLinked)
			} else if !wakeable {
				request.fail(fmt.Errorf("%w: %s", ErrOffline, c.status.now().Detail))
			} else {
				return &request
			}
		}
	}
}

// logOff forgets the device and reports that; the next connection shows codes.
func (c *Client) logOff(ctx context.Context, detail string) {
	device, err := c.store.linked(ctx)
	if err == nil && device != nil {
		err = c.store.forget(ctx, device.GetJID())
	}
	if err != nil {
		c.log.Error("forgetting the unlinked device", "err", err)
	}
	c.setDevice(nil)
	c.retry.Reset()
	c.status.set(phase{is: flowhq.PhaseLoggedOut, detail: detail})
}
