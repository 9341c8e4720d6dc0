// Package bot holds the conversations: what a tenant's customers are answered.
//
// A Flow is data, read from YAML by Load and checked there; Step is a pure function of (flow, business, state, message,
// now) that gives the next state and what is to be done. It knows no WhatsApp and no storage, reads no clock and starts
// nothing, so that a conversation can be replayed, fuzzed and tried out. Whatever arrives, a step is bounded in time and
// in the size of what it makes (see MaxHeard and MaxReply).
//
// The package is read from the outside in: step.go takes a message in, begin.go answers where nothing was asked (picks.go
// finds out what is wanted, info.go answers it), task.go and question.go ask for the facts of a request, digress.go answers
// what comes in between, absorb.go, order.go, appoint.go, name.go and answer.go take facts out of a message, confirm.go ends a
// task, revise.go follows edits and deletions. Beneath them, fold.go cuts a text into words, vocabulary.go finds the phrases of
// words.txt and of the flow, catalog.go and quantity.go find services, products and how many, when*.go read days and hours in
// both countings, and say.go and value.go write them. load.go, definition.go and compile.go make a Flow of YAML.
//
// It imports the root package, a YAML parser and golang.org/x/text for folding accents. It must never import whatsapp,
// wire, worker, storage, procman, fleet, api or ui.
package bot
