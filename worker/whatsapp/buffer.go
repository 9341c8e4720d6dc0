package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/store"
)

// buffer is the store of decrypted but unfinished messages, under the guard.
//
// whatsmeow takes every failure in here for a message that cannot be decrypted: it asks the sender to repeat and confirms
// the message to the server. When it was our own disk that failed, the message would be lost after a few repeats. A
// cancelled context is the one error upon which whatsmeow leaves the message with the server, so storage faults are told
// as that.
type buffer struct {
	store.EventBuffer
	guard *guard
	fault func(error)
}

func (b *buffer) GetBufferedEvent(ctx context.Context, hash [32]byte) (*store.BufferedEvent, error) {
	event, err := b.EventBuffer.GetBufferedEvent(ctx, hash)
	if err != nil {
		return nil, b.failed(err)
	}
	return event, nil
}

func (b *buffer) PutBufferedEvent(ctx context.Context, hash [32]byte, plaintext []byte, at time.Time) error {
	if err := b.EventBuffer.PutBufferedEvent(ctx, hash, plaintext, at); err != nil {
		return b.failed(err)
	}
	return nil
}

func (b *buffer) DoDecryptionTxn(ctx context.Context, decrypt func(context.Context) error) error {
	h := &hold{guard: b.guard}
	if err := h.take(ctx); err != nil {
		return err
	}
	defer h.release()
	var inner error
	ran := false
	err := b.EventBuffer.DoDecryptionTxn(withHold(ctx, h), func(ctx context.Context) error {
		ran = true
		inner = decrypt(ctx)
		return inner
	})
	switch {
	case err == nil:
		return nil
	case !ran || inner == nil || storageFault(inner):
		return b.failed(err) // the transaction itself could not begin or end
	default:
		return err
	}
}

func (b *buffer) failed(err error) error {
	b.fault(err)
	return fmt.Errorf("%w: device store: %w", context.Canceled, err)
}

// storageFault tells whether an error came out of the database and not out of the Signal protocol.
func storageFault(err error) bool {
	var coded interface{ Code() int } // as the driver's errors have
	return errors.Is(err, context.Canceled) || errors.As(err, &coded)
}
