// Package worker is the body of the process that holds one tenant: its linked device, its conversations and its journal.
//
// A message's way through it:
//
//	whatsapp → intake: filter, who is it, seen before?, journalled (only now is it confirmed to WhatsApp)
//	→ the chat's runner, one message after the other: too old?, opted out?, with a human?, step of the conversation, over
//	a limit?, reply journalled with its id → typing → send → journalled → event to the appliance
//
// What must survive a kill is in the journal before anything is done about it, so a successor goes on where this process
// stopped: letters that were not dealt with are dealt with, replies without an acknowledgement are sent again with the same
// id. All decisions are made here; the appliance learns of them by events and may be away for as long as it likes.
//
// It imports the root package, bot, whatsapp and wire; never fleet, storage, procman, api or ui.
package worker
