// Package when reads days and hours out of messages, in Swahili and English and in both countings: Swahili hours are
// counted from sunrise, so "saa nne asubuhi" is 10:00.
//
// A Cursor gives the words of one message with what they mean in a calendar. The grammars stand on it, one for each
// thing that people say: dateGrammar (26 March, tarehe 5), weekGrammar (Friday next week), countGrammar (in two days),
// dayGrammar (all of these, tomorrow, next month), clockGrammar (half past three, saa nne na nusu) and durationGrammar
// (in two hours). The scanner lets them find all that a message says, the chooser picks what counts, the settler
// decides between the readings of an hour. Reader does all of it.
//
// It imports the root package and lexicon. It reads no clock: the present comes with the Context.
package when
