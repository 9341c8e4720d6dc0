package whatsapp

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/types/events"

	"flowhq"
)

// unlinked is the signal that this program itself has unlinked the device.
type unlinked struct{}

// restrictionChanged is the signal that the restriction of sending has changed.
type restrictionChanged struct{}

// session is a login with a stored device, until the connection ends.
type session struct {
	*connection
	login          *time.Timer  // limit for becoming ready
	pulse          *time.Ticker // looks for silence
	refetch        *time.Timer  // runs when a message could not be taken in
	restrictionEnd *time.Timer  // runs while sending is restricted
	ready          time.Time    // since when; zero before
}

// serve logs in and stays until the connection ends.
func (n *connection) serve(ctx context.Context) ending {
	c := n.client
	if c.status.now().Phase != flowhq.PhaseReconnecting {
		c.status.set(phase{is: flowhq.PhaseConnecting})
	}
	if err := n.connect(ctx); err != nil {
		return ending{how: lost, detail: err.Error()}
	}
	s := &session{
		connection: n,
		login:      time.NewTimer(c.cfg.Timing.Login), pulse: time.NewTicker(c.cfg.Silence / 3),
		refetch: stopped(), restrictionEnd: stopped(),
	}
	end := s.run(ctx)
	s.pulse.Stop()
	for _, t := range []*time.Timer{s.login, s.refetch, s.restrictionEnd} {
		t.Stop()
	}
	n.close(n.silent() >= c.cfg.Silence)
	if !s.ready.IsZero() {
		end.held = time.Since(s.ready)
		if !n.broken.Load() {
			c.intake.Reset()
		}
	}
	return end
}

func stopped() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

func (s *session) run(ctx context.Context) ending {
	c := s.client
	for {
		select {
		case <-ctx.Done():
			return ending{}
		case <-s.login.C:
			return ending{how: lost, detail: "The login did not complete in time."}
		case <-s.pulse.C:
			switch quiet := s.silent(); pulseOf(quiet, c.cfg.Silence) {
			case pulseLost:
				return ending{how: lost, detail: fmt.Sprintf("WhatsApp was silent for %s.", quiet.Round(time.Second))}
			case pulsePing:
				s.ping()
			}
		case <-s.refetch.C:
			return ending{how: again, detail: "Messages that could not be stored are fetched again."}
		case <-s.restrictionEnd.C:
			s.reportRestriction()
		case request := <-c.codes:
			request.fail(ErrLinked)
		case <-c.wake: // nothing to link
		case <-s.signals.ready:
			for _, signal := range s.signals.take() {
				if end, over := s.signal(signal); over {
					return end
				}
			}
		}
	}
}

// pulse is what to do about a connection from which nothing comes.
type pulse int

const (
	pulseQuiet pulse = iota // nothing
	pulsePing               // ask for a sign of life
	pulseLost               // the connection counts as lost
)

// pulseOf decides what to do after a time of silence; limit is when it is too long.
func pulseOf(quiet, restriction time.Duration) pulse {
	switch {
	case quiet >= restriction:
		return pulseLost
	case quiet >= restriction/3:
		return pulsePing
	}
	return pulseQuiet
}

// signal handles one event of the connection; over says that it was the last.
func (s *session) signal(signal any) (end ending, over bool) {
	switch e := signal.(type) {
	case *events.Connected:
		s.becomeReady()
	case *events.PushNameSetting:
		s.sendAway()
	case *events.AppStateSyncComplete:
		if e.Name == appstate.WAPatchCriticalBlock {
			s.sendAway()
		}
	case *events.NotifyAccountReachoutTimelock:
		s.timelocked(e)
	case restrictionChanged:
		s.reportRestriction()
	case intakeError:
		wait := s.client.intake.NextBackOff()
		s.client.log.Error("a message could not be stored; WhatsApp keeps it", "err", e.err, "again_in", wait)
		s.refetch.Reset(wait)
	case *events.Disconnected:
		return s.whyClosed(), true
	default:
		return s.ended(signal)
	}
	return ending{}, false
}

// timelocked handles what WhatsApp says of a timelock. What it said while this device was away comes late. It is
// ignored when the timelock is over by then.
func (s *session) timelocked(e *events.NotifyAccountReachoutTimelock) {
	ends := e.TimeEnforcementEnds.Time
	if ends.Unix() <= 0 {
		ends = time.Time{} // not said
	}
	if e.IsActive && !ends.IsZero() && !ends.After(s.client.cfg.Now()) {
		return
	}
	s.client.timelock(e.IsActive, ends)
	s.reportRestriction()
}

// becomeReady is the end of the login.
func (s *session) becomeReady() {
	if !s.ready.IsZero() || !s.wa.IsConnected() {
		return
	}
	s.ready = time.Now()
	s.login.Stop()
	s.client.setDevice(s.device)
	s.client.store.checkpoint(s.ctx)
	s.client.conn.Store(s.connection)
	s.reportRestriction()
	s.sendAway()
}

// reportRestriction reports whether sending is restricted now, and does so again when that ends.
func (s *session) reportRestriction() {
	if s.ready.IsZero() {
		return
	}
	until, detail := s.client.restriction.now(s.client.cfg.Now())
	if until.IsZero() {
		s.client.status.set(phase{is: flowhq.PhaseConnected})
		return
	}
	s.client.status.set(phase{is: flowhq.PhaseRestricted, detail: detail, until: until})
	s.restrictionEnd.Reset(max(until.Sub(s.client.cfg.Now()), 10*time.Millisecond))
}

// whyClosed tells why the connection closed. The stanza that says so came before the closing (see endingTransport), but
// whatsmeow drops what it has not handled yet when a connection closes.
func (n *connection) whyClosed() ending {
	if event := refusalEvent(n.refusal.Load()); event != nil {
		if end, over := n.ended(event); over {
			return end
		}
	}
	return ending{how: lost, detail: "WhatsApp closed the connection."}
}

// ended translates the events that end a connection; over is false for all others.
func (n *connection) ended(signal any) (end ending, over bool) {
	c := n.client
	switch e := signal.(type) {
	case *events.ManualLoginReconnect:
		return ending{how: again, detail: "WhatsApp asked for a new connection."}, true
	case *events.LoggedOut:
		return ending{how: loggedOut, detail: logoutText(e)}, true
	case unlinked:
		return ending{how: loggedOut, detail: "The device was unlinked from here."}, true
	case *events.StreamReplaced:
		return ending{how: replaced, detail: "Another program has connected with the same linked device."}, true
	case *events.TemporaryBan:
		return banEnding(e, c.cfg.Now(), c.cfg.Timing.Slow), true
	case *events.ClientOutdated:
		return ending{how: outdated, detail: "WhatsApp refuses this version of the client as outdated."}, true
	case *events.ConnectFailure:
		return ending{
			how: refused, detail: fmt.Sprintf("WhatsApp refused the login with reason %d.", int(e.Reason)),
		}, true
	case *events.StreamError:
		return ending{how: lost, detail: fmt.Sprintf("WhatsApp ended the connection with error %q.", e.Code)}, true
	}
	return ending{}, false
}

func logoutText(e *events.LoggedOut) string {
	switch {
	case !e.OnConnect:
		return "The device was unlinked on the phone."
	case e.Reason == events.ConnectFailureMainDeviceGone:
		return "The account was logged out on its own phone, or is locked by WhatsApp."
	case e.Reason == events.ConnectFailureUnknownLogout:
		return "WhatsApp logged the account out; it may be banned."
	default:
		return "The device is not linked any more."
	}
}

// banEnding gives a ban its end; one that names none is looked at again after unknown.
func banEnding(e *events.TemporaryBan, now time.Time, unknown time.Duration) ending {
	wait := e.Expire
	if wait <= 0 {
		wait = unknown
	}
	return ending{
		how: banned, until: now.Add(wait),
		detail: fmt.Sprintf("WhatsApp banned the number for a time (code %s).", e.Code),
	}
}
