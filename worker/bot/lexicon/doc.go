// Package lexicon cuts messages into words and finds phrases in them: a tokenizer, typing mistakes, the forms of
// Swahili verbs, and a Vocabulary of phrases with their meanings. It knows nothing of conversations.
//
// It imports golang.org/x/text for folding accents, and nothing of this project.
package lexicon
