package wire

import (
	"context"
	"time"

	"flowhq"
)

// How long a call to a worker may take where the caller's context sets no earlier end.
const (
	quickCall = 10 * time.Second // answered from memory or from the journal
	slowCall  = 60 * time.Second // WhatsApp or a whole file is in it
)

// Connected tells whether a tenant's worker is connected.
func (s *Server) Connected(tenantID string) bool {
	l, err := s.link(tenantID)
	return err == nil && l != nil
}

// Ping asks a worker for the present state of its session.
func (s *Server) Ping(ctx context.Context, tenantID string) (flowhq.SessionReport, error) {
	var r flowhq.SessionReport
	err := s.call(ctx, quickCall, tenantID, methodPing, nil, &r)
	return r, err
}

// Configure gives a worker a new configuration.
func (s *Server) Configure(ctx context.Context, tenantID string, c flowhq.WorkerConfig) error {
	return s.call(ctx, quickCall, tenantID, methodConfigure, c, nil)
}

// Relink asks for new codes where the worker waits because nobody scanned; otherwise it does nothing.
func (s *Server) Relink(ctx context.Context, tenantID string) error {
	return s.call(ctx, quickCall, tenantID, methodRelink, nil, nil)
}

// LinkCode asks WhatsApp for a pairing code for the phone (E.164).
func (s *Server) LinkCode(ctx context.Context, tenantID, phone string) (flowhq.LinkCode, error) {
	var r linkCodeResult
	err := s.call(ctx, slowCall, tenantID, methodLinkCode, linkCodeParams{Phone: phone}, &r)
	return flowhq.LinkCode{Code: r.Code, ExpiresAt: r.ExpiresAt}, err
}

// Logout unlinks the device; new codes follow.
func (s *Server) Logout(ctx context.Context, tenantID string) error {
	return s.call(ctx, slowCall, tenantID, methodLogout, nil, nil)
}

// Send sends a text to a chat as an admin; id makes a repeat harmless. It returns when the worker has journalled it.
func (s *Server) Send(ctx context.Context, tenantID, id, chat, text string) error {
	return s.call(ctx, quickCall, tenantID, methodSend, sendParams{ID: id, Chat: chat, Text: text}, nil)
}

// SendFirst is Send to somebody who need not have written before; chat is then a phone number (E.164).
func (s *Server) SendFirst(ctx context.Context, tenantID, id, chat, text string) error {
	return s.call(
		ctx, quickCall, tenantID, methodSend, sendParams{ID: id, Chat: chat, Text: text, AllowFirst: true}, nil,
	)
}

// TakeOver hands a chat to a human. The store has the change when it returns, unless the worker speaks protocol 1.
func (s *Server) TakeOver(ctx context.Context, tenantID, chat string) error {
	return s.call(ctx, quickCall, tenantID, methodTakeOver, chatParams{Chat: chat}, nil)
}

// Release hands a chat back to the bot, as TakeOver.
func (s *Server) Release(ctx context.Context, tenantID, chat string) error {
	return s.call(ctx, quickCall, tenantID, methodRelease, chatParams{Chat: chat}, nil)
}

// OptIn undoes a customer's opt-out, as TakeOver.
func (s *Server) OptIn(ctx context.Context, tenantID, chat string) error {
	return s.call(ctx, quickCall, tenantID, methodOptIn, chatParams{Chat: chat}, nil)
}

// Drain asks the worker to finish what is in hand and to end.
func (s *Server) Drain(ctx context.Context, tenantID string) error {
	return s.call(ctx, quickCall, tenantID, methodDrain, nil, nil)
}

// Snapshot has the worker write consistent copies of its databases into the folder path, which must lie where it may
// write.
func (s *Server) Snapshot(ctx context.Context, tenantID, path string) error {
	return s.call(ctx, slowCall, tenantID, methodSnapshot, snapshotParams{Path: path}, nil)
}

func (s *Server) call(ctx context.Context, limit time.Duration, tenantID, method string, params, result any) error {
	l, err := s.link(tenantID)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	resp, err := l.rpc.Callback(ctx, method, params)
	if err == nil && result != nil {
		err = resp.UnmarshalResult(result)
	}
	return decodeError(err, workerPeer)
}
