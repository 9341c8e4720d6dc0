package wasim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	maxControlBody = 1 << 20
	maxWait        = 5 * time.Minute // of a request for an inbox
)

// controlHandler is the control interface over HTTP. It holds no state: every call is one method of Server.
func (s *Server) controlHandler() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range map[string]callFunc{
		"GET /control/stats":                       s.controlStats,
		"POST /control/phones":                     s.controlMakePhone,
		"GET /control/phones/{number}":             s.controlPhone,
		"POST /control/phones/{number}/scan":       s.controlScan,
		"POST /control/phones/{number}/code":       s.controlCode,
		"POST /control/phones/{number}/unlink":     s.controlUnlink,
		"POST /control/phones/{number}/send":       s.controlPhoneSend,
		"GET /control/phones/{number}/inbox":       s.controlPhoneInbox,
		"POST /control/customers":                  s.controlMakeCustomer,
		"GET /control/customers/{number}":          s.controlCustomer,
		"POST /control/customers/{number}/send":    s.controlCustomerSend,
		"POST /control/customers/{number}/burst":   s.controlBurst,
		"GET /control/customers/{number}/inbox":    s.controlCustomerInbox,
		"GET /control/customers/{number}/receipts": s.controlReceipts,
		"POST /control/faults":                     s.controlFault,
		"DELETE /control/faults":                   s.controlEndFaults,
		"POST /control/outage":                     s.controlOutage,
	} {
		mux.Handle(pattern, h)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusNotFound, errorBody{"no such call: " + r.Method + " " + r.URL.Path})
	})
	return mux
}

// callFunc answers a call: with a status and a body, or with an error.
type callFunc func(r *http.Request) (int, any, error)

type errorBody struct {
	Error string `json:"error"`
}

func (h callFunc) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxControlBody)
	status, body, err := h(r)
	if err != nil {
		status, body = http.StatusInternalServerError, errorBody{err.Error()}
		var known *Error
		if errors.As(err, &known) {
			status = known.Status
		}
	}
	answer(w, status, body)
}

func answer(w http.ResponseWriter, status int, body any) {
	if body == nil {
		body = struct{}{}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// readBody decodes a JSON body; an empty one stands for {}.
func readBody(r *http.Request, into any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case errors.As(err, &tooLarge):
		return &Error{http.StatusRequestEntityTooLarge, "the body is larger than 1 MiB"}
	case err != nil:
		return errBad("body: %v", err)
	case dec.More():
		return errBad("body: more than one JSON value")
	}
	return nil
}

func (s *Server) controlStats(*http.Request) (int, any, error) {
	return http.StatusOK, s.Stats(), nil
}

func (s *Server) controlMakePhone(r *http.Request) (int, any, error) {
	var body struct {
		Number string `json:"number"`
		Name   string `json:"name"`
	}
	if err := readBody(r, &body); err != nil {
		return 0, nil, err
	}
	p, made, err := s.phone(body.Number, body.Name)
	if err != nil {
		return 0, nil, err
	}
	return madeStatus(made), p.Info(), nil
}

func madeStatus(made bool) int {
	if made {
		return http.StatusCreated
	}
	return http.StatusOK
}

func (s *Server) controlPhone(r *http.Request) (int, any, error) {
	p, err := s.findPhone(r.PathValue("number"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, p.Info(), nil
}

func (s *Server) controlScan(r *http.Request) (int, any, error) {
	var body struct {
		QR string `json:"qr"`
	}
	p, err := s.phoneCall(r, &body)
	if err != nil {
		return 0, nil, err
	}
	info, err := p.Scan(r.Context(), body.QR)
	return http.StatusOK, info, err
}

// phoneCall reads what a call about a phone consists of.
func (s *Server) phoneCall(r *http.Request, body any) (*Phone, error) {
	p, err := s.findPhone(r.PathValue("number"))
	if err != nil {
		return nil, err
	}
	return p, readBody(r, body)
}

func (s *Server) controlCode(r *http.Request) (int, any, error) {
	var body struct {
		Code string `json:"code"`
	}
	p, err := s.phoneCall(r, &body)
	if err != nil {
		return 0, nil, err
	}
	info, err := p.EnterCode(r.Context(), body.Code)
	return http.StatusOK, info, err
}

func (s *Server) controlUnlink(r *http.Request) (int, any, error) {
	var body struct {
		Device int `json:"device"`
	}
	p, err := s.phoneCall(r, &body)
	if err != nil {
		return 0, nil, err
	}
	if err := p.Unlink(body.Device); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, p.Info(), nil
}

type sentBody struct {
	ID string `json:"id"`
}

func (s *Server) controlPhoneSend(r *http.Request) (int, any, error) {
	var body struct {
		To   string `json:"to"`
		Text string `json:"text"`
	}
	p, err := s.phoneCall(r, &body)
	if err != nil {
		return 0, nil, err
	}
	id, err := p.Send(body.To, body.Text)
	return http.StatusAccepted, sentBody{id}, err
}

func (s *Server) controlPhoneInbox(r *http.Request) (int, any, error) {
	p, err := s.findPhone(r.PathValue("number"))
	if err != nil {
		return 0, nil, err
	}
	return s.readInbox(r, p.party)
}

// readInbox answers with what came after a row, and waits for it if the call asks for that.
func (s *Server) readInbox(r *http.Request, p *party) (int, any, error) {
	after, wait, query := 0, time.Duration(0), r.URL.Query()
	var err error
	if v := query.Get("after"); v != "" {
		if after, err = strconv.Atoi(v); err != nil || after < 0 {
			return 0, nil, errBad("after: want a row's number, got %q", v)
		}
	}
	if v := query.Get("wait"); v != "" {
		if wait, err = time.ParseDuration(v); err != nil || wait < 0 || wait > maxWait {
			return 0, nil, errBad("wait: want a duration up to %v such as 5s, got %q", maxWait, v)
		}
	}
	ctx, cancel := s.within(r.Context(), wait)
	defer cancel()
	return http.StatusOK, p.WaitInbox(ctx, after), nil
}
