// Package worker is the body of the process that serves one tenant: its linked device, its conversations and its
// journal.
//
// The way of a message through it:
//
//	intake   receive: is it for the bot? who wrote it? did it come before? The journal has it; only now WhatsApp is
//	         told so.
//	decide   too old? opted out? with a human? what does the conversation say? over a limit? The journal has the reply
//	         and its id. When nothing else waits in the chat, this is one transaction with intake; else the chat's
//	         runner does it, one message after the other.
//	deliver  typing, sending, WhatsApp's acknowledgement. The journal has the outcome.
//	uplink   the events of all this go to the appliance, in order, until it has acknowledged them.
//
// What must survive a kill is in the journal before anything is done about it, so the next process goes on where this
// one stopped: it decides about messages that wait, and sends replies that were not acknowledged again with the same
// id. All decisions are made here; the appliance learns of them by events and may be away for any time.
//
// It imports the root package, bot, message, whatsapp and wire; never the packages of the appliance.
package worker
