// Package bot holds the conversations: what a tenant's customers are answered.
//
// A Flow is data, read from YAML by Load and checked there; Step is a pure function of (flow, business, state, message,
// now) that gives the next state and what is to be done. It knows no WhatsApp and no storage, reads no clock and starts
// nothing, so that a conversation can be replayed, fuzzed and tried out. Whatever arrives, a step is bounded in time
// and in the size of what it makes (see MaxHeard and MaxReply).
//
// A turn makes one step. Its parts share the chat (what is known) and the utterance (what the message says):
//
//	idle          answers where nothing was asked; ranker finds out what is wanted, answers says it
//	tasks         asks for the facts of a request; digression answers what comes in between
//	slots         fills facts: orderSlots, dateSlots, nameSlots, textSlots
//	confirmation  ends a task, or changes it
//	handover      calls a human
//	revision      follows edits and deletions
//	composer      writes the flow's texts, asker the questions; outbox collects what is to be done
//
// Beneath them, lexicon cuts a text into words and finds the phrases of words.txt and of the flow, when reads days and
// hours, catalog.go and quantities.go find services, products and how many. load.go, definition.go and compile.go make
// a Flow of YAML.
//
// It imports the root package, its own sub-packages and a YAML parser. It must never import whatsapp, wire, worker,
// storage, procman, appliance, api or ui.
package bot
