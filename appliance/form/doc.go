// Package form checks what people write into forms and calls: names, texts, phone numbers, e-mail addresses, opening
// hours.
//
// It may import the root package and a library of phone numbers. It must never import a store or a service: whether a
// value is taken already is not for a form to say.
package form
