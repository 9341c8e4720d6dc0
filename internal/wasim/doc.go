// Package wasim is a WhatsApp server on loopback that real, unmodified whatsmeow clients connect to. It plays
// three parties at once: the server (Noise handshake, stanzas, queues), the phones of account holders (they scan QR
// codes, see every chat of the account, write themselves), and customers (they write and read with real Signal
// encryption).
//
// What it promises:
//
//   - It listens on loopback addresses and refuses all others.
//   - A message accepted for a linked device is kept until that device has confirmed it. It is delivered again after
//     the next login, with the `offline` attribute.
//   - A Signal session is stored before a ciphertext made with it leaves the process, so that a simulator killed with
//     SIGKILL continues where it was when it is started again on the same state.
//   - Messages of one customer to one account keep their order.
//
// In a test:
//
//	srv, err := wasim.New(wasim.Config{FewKeys: true})      // defer srv.Close()
//	whatsmeow.WACertPubKey = srv.RootKey()                  // process wide, before the first Connect
//	http := &http.Client{Transport: wasim.Transport(srv.Addr())}
//	client.SetWebsocketHTTPClient(http)                     // and SetPreLoginHTTPClient, SetMediaHTTPClient
//	phone, err := srv.Phone("+255700000001")
//	device, err := phone.Scan(ctx, qrText)                  // or phone.EnterCode(ctx, "ABCD-EFGH")
//	customer, err := srv.Customer("+255711000001", wasim.CustomerOptions{Address: wasim.AddressLIDOnly})
//	id, err := customer.Send(wasim.Text(phone.Number(), "habari"))
//	rows := customer.WaitInbox(ctx, 0)                      // what arrived after row 0
//	n, err := srv.Inject(wasim.Fault{Number: phone.Number(), Fault: "drop"})
//
// Several simulators in one process need one root key: give them the same Seed. A simulator that runs as a program
// (cmd/wasim) is used through Client, which has the same calls.
//
// A Signal library that logs to standard output belongs to whatsmeow: silence it with libsignal's logger.Setup.
//
// What it does not do: groups with several members, calls, app state patches, profile pictures, business profiles.
// Requests it does not know get an empty result, which is harmless for every request seen so far.
//
// The protocol facts behind it were gathered by reading whatsmeow and by running clients against it; nothing was
// compared with the real servers.
//
// The package may import whatsmeow and libsignal. It must not import anything else of this project, and nothing of the
// product may import it: tests, demos and benches do.
package wasim
