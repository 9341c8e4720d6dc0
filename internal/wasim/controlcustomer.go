package wasim

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// within is ctx, ended by the time and by the end of the server.
func (s *Server) within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, d)
	stop := context.AfterFunc(s.life, cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}

func (s *Server) controlMakeCustomer(r *http.Request) (int, any, error) {
	var body struct {
		Number  string      `json:"number"`
		Name    string      `json:"name"`
		Address AddressForm `json:"address"`
	}
	if err := readBody(r, &body); err != nil {
		return 0, nil, err
	}
	c, made, err := s.customer(body.Number, CustomerOptions{Name: body.Name, Address: body.Address})
	if err != nil {
		return 0, nil, err
	}
	return madeStatus(made), c.Info(), nil
}

func (s *Server) controlCustomer(r *http.Request) (int, any, error) {
	c, err := s.findCustomer(r.PathValue("number"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, c.Info(), nil
}

func (s *Server) controlCustomerSend(r *http.Request) (int, any, error) {
	c, err := s.findCustomer(r.PathValue("number"))
	if err != nil {
		return 0, nil, err
	}
	var m Message
	if err := readBody(r, &m); err != nil {
		return 0, nil, err
	}
	id, err := c.Send(m)
	return http.StatusAccepted, sentBody{id}, err
}

func (s *Server) controlBurst(r *http.Request) (int, any, error) {
	c, err := s.findCustomer(r.PathValue("number"))
	if err != nil {
		return 0, nil, err
	}
	var b Burst
	if err := readBody(r, &b); err != nil {
		return 0, nil, err
	}
	ids, err := c.StartBurst(b)
	return http.StatusAccepted, burstBody{ids}, err
}

type burstBody struct {
	IDs []string `json:"ids"`
}

func (s *Server) controlCustomerInbox(r *http.Request) (int, any, error) {
	c, err := s.findCustomer(r.PathValue("number"))
	if err != nil {
		return 0, nil, err
	}
	return s.readInbox(r, c.party)
}

func (s *Server) controlReceipts(r *http.Request) (int, any, error) {
	c, err := s.findCustomer(r.PathValue("number"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, c.Receipts(), nil
}

type touchedBody struct {
	Touched int `json:"touched"`
}

func (s *Server) controlFault(r *http.Request) (int, any, error) {
	var f Fault
	if err := readBody(r, &f); err != nil {
		return 0, nil, err
	}
	n, err := s.Inject(f)
	return http.StatusOK, touchedBody{n}, err
}

func (s *Server) controlEndFaults(*http.Request) (int, any, error) {
	s.EndFaults()
	return http.StatusOK, nil, nil
}

func (s *Server) controlOutage(r *http.Request) (int, any, error) {
	var body struct {
		Seconds float64 `json:"seconds"`
	}
	if err := readBody(r, &body); err != nil {
		return 0, nil, err
	}
	if body.Seconds <= 0 {
		return 0, nil, errBad("outage: seconds must be above 0")
	}
	s.Outage(time.Duration(body.Seconds * float64(time.Second)))
	return http.StatusOK, nil, nil
}

// EndFaults ends every fault that lasts, an outage too.
func (s *Server) EndFaults() { s.faults.reset() }

// Burst is a number of messages one after the other.
type Burst struct {
	To         string `json:"to"`
	Count      int    `json:"count"`       // up to 10,000
	IntervalMS int    `json:"interval_ms"` // between two; 0 is as fast as it goes
	Text       string `json:"text"`        // %d becomes 1, 2, 3 …
}

const maxBurst = 10_000

// StartBurst begins a burst and returns the ids that its messages will have. It ends early when the server is closed.
func (c *Customer) StartBurst(b Burst) ([]string, error) {
	if b.Count < 1 || b.Count > maxBurst || b.IntervalMS < 0 {
		return nil, errBad("burst: want a count from 1 to %d and an interval_ms not below 0", maxBurst)
	}
	if _, err := c.srv.findPhone(b.To); err != nil {
		return nil, err
	}
	ids := make([]string, b.Count)
	for i := range ids {
		ids[i] = c.srv.messageID()
	}
	c.srv.wg.Go(func() { c.burst(b, ids) })
	return ids, nil
}

func (c *Customer) burst(b Burst, ids []string) {
	tick := time.NewTicker(max(time.Duration(b.IntervalMS)*time.Millisecond, time.Nanosecond))
	defer tick.Stop()
	for i, id := range ids {
		text := strings.ReplaceAll(b.Text, "%d", strconv.Itoa(i+1))
		if _, err := c.Send(Message{To: b.To, Text: text, ID: id}); err != nil {
			c.srv.log.Error("burst ended", "customer", c.Number(), "after", i, "error", err)
			return
		}
		if i == len(ids)-1 || b.IntervalMS == 0 {
			continue
		}
		select {
		case <-tick.C:
		case <-c.srv.done:
			return
		}
	}
}
