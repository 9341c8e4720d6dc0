// Package whatsapp is one linked WhatsApp device: it pairs by QR code or by phone code, logs in, stays logged in, takes
// messages in and sends texts. It hides whatsmeow, the library that speaks WhatsApp's protocol, from everything else.
//
// What it promises:
//
//   - A message is confirmed to WhatsApp only after Config.Receive has returned nil. When Receive fails, nothing
//     more is taken in on that connection, so that WhatsApp delivers again, in order, after the next login.
//   - A send waits at most Timing.Ack for its acknowledgement and never keeps messages from coming in meanwhile.
//     What it could not learn it calls ErrUnknown; the caller repeats it with the same id, and the customer sees
//     one message.
//   - Every load-change-store of a Signal session happens under one lock, wherever whatsmeow does it, so no update
//     of a ratchet is lost.
//   - While a device is linked it reconnects for ever, with growing pauses that chance moves. It stops where
//     trying again would do harm (replaced, banned), and reports that.
//   - A connection over which nothing comes for Config.Silence is closed and made anew.
//
// The package may import whatsmeow, libsignal, the SQLite driver, the root package and message. It must not import any
// other package of the project, and no other package of the product imports whatsmeow.
package whatsapp
