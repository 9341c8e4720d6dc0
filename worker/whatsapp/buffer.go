package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/store"
)

// buffer is the store of messages that are decrypted but not finished, under the session lock.
//
// When it fails, whatsmeow believes that the message cannot be decrypted: it asks the sender to repeat it and confirms
// it to the server. If our own disk failed, the message would be lost after a few repeats. Only after a cancelled
// context does whatsmeow leave the message with the server, so a fault of the storage is reported as that.
type buffer struct {
	store.EventBuffer
	sessionLock *sessionLock
	fault       func(error)
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
	h := &lockHold{sessionLock: b.sessionLock}
	if err := h.take(ctx); err != nil {
		return err
	}
	defer h.release()
	var inner error
	ran := false
	err := b.EventBuffer.DoDecryptionTxn(withLockHold(ctx, h), func(ctx context.Context) error {
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
