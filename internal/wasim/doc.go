// Package wasim is a WhatsApp server on loopback that real, unmodified whatsmeow clients connect to. It stands in for
// three parties at once: the server (Noise handshake, stanzas, queues), the phones of account holders (they scan QR codes,
// see every chat of the account, write themselves), and customers (they write and read with real Signal encryption).
//
// What it promises:
//
//   - It listens on loopback addresses and refuses all others.
//   - A message accepted for a linked device is kept until that device has confirmed it. It is delivered again, with the
//     `offline` attribute, after the next login.
//   - A Signal session is stored before a ciphertext made with it leaves the process, so that a simulator killed with
//     SIGKILL and started again on the same state goes on where it was.
//   - Messages of one customer to one account keep their order.
//
// What it does not do: groups with several members, calls, app state patches, profile pictures, business profiles.
// Requests it does not know get an empty result, which is harmless for every request seen so far.
//
// The protocol facts behind it were gathered by reading whatsmeow and by running clients against it; nothing was compared
// with the real servers.
//
// The package may import whatsmeow and libsignal. It must not import anything else of this project, and nothing of the
// product may import it: tests, demos and benches do.
package wasim
