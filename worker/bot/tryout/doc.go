// Package tryout lets a person try a flow out before customers meet it: talk to it in a terminal at any hour of any day
// (Talk), or replay what customers wrote before against a draft and see which answers would change (Replay).
//
// It works on readers and writers, and imports bot and the root package alone. It must never import storage or
// whatsapp: where messages come from is its caller's matter.
package tryout
