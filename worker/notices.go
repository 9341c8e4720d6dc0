package worker

import (
	"fmt"
	"strings"
	"time"

	"flowhq"
	"flowhq/worker/journal"
	"flowhq/worker/message"
)

// listLength bounds the lines of the list that the owner gets; excerptLength the characters of a message in it.
const (
	listLength    = 30
	excerptLength = 60
)

// phrases are what the worker says by itself, outside any flow.
type phrases struct {
	slow, waiting string
	missedHead    string // of the list of messages that came too late
	missedMore    string // %d others
	media         string // a message without text
}

func (e *engine) texts() phrases {
	if c := e.config.Load(); c != nil && c.Business.Language == flowhq.English {
		return phrases{
			slow:    "You are writing faster than I can answer. Please slow down and write again in a minute.",
			waiting: "Many of your messages are waiting. Please hold on, I am answering them one by one.",
			missedHead: "These customers wrote while WhatsApp could not be reached. " +
				"It was too late for the bot to answer; please write to them:",
			missedMore: "… and %d more.",
			media:      "(no text)",
		}
	}
	return phrases{
		slow: "Unaandika haraka kuliko ninavyoweza kujibu. Tafadhali punguza kasi, " +
			"kisha andika tena baada ya dakika moja.",
		waiting: "Ujumbe wako mwingi unasubiri. Tafadhali subiri kidogo, ninajibu mmoja baada ya mwingine.",
		missedHead: "Wateja hawa waliandika wakati WhatsApp haikupatikana. " +
			"Muda wa kuwajibu umepita; tafadhali waandikie:",
		missedMore: "… na wengine %d.",
		media:      "(bila maandishi)",
	}
}

// tellOwner journals a notice to the owner: to the number in the settings, else to the account's chat with itself.
func (e *engine) tellOwner(tx *journal.Tx, text, about string, now time.Time) error {
	var to message.Person
	if c := e.config.Load(); c != nil {
		to.PN = c.Business.Settings.OwnerNumber
	}
	_, err := tx.EnqueueOutgoing(journal.Outgoing{
		ID: e.dev.NewMessageID(), ChatID: journal.OwnerChat, To: to, Text: text, Author: flowhq.AuthorNotice,
		Cause: journal.CauseNotice, Answers: about, CreatedAt: now,
	})
	return err
}

func excerpt(text string) string {
	return flowhq.Shorten(strings.Join(strings.Fields(text), " "), excerptLength)
}

// scheduleMissed sends the list of messages that came too late, once nothing was added to it for missedDelay.
func (e *engine) scheduleMissed() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopping {
		return // the next process finds the list in the journal
	}
	if e.missedTimer != nil {
		e.missedTimer.Reset(e.missedDelay)
		return
	}
	e.missedTimer = time.AfterFunc(e.missedDelay, e.sendMissed)
}

// sendMissed turns the list of messages that came too late into one notice to the owner.
func (e *engine) sendMissed() {
	e.mu.Lock()
	if e.stopping || e.config.Load() == nil {
		e.mu.Unlock()
		return
	}
	e.runners.Add(1)
	defer e.runners.Done()
	e.mu.Unlock()
	err := e.write(func(tx *journal.Tx) error {
		all, err := tx.TakeMissed()
		if err != nil || len(all) == 0 {
			return err
		}
		text, err := missedText(tx, e.texts(), e.config.Load().Business.Settings.Location(), all)
		if err != nil {
			return err
		}
		return e.tellOwner(tx, text, "", time.Now())
	})
	if err != nil {
		e.log.Error("the list for the owner could not be made", "error", err)
		return
	}
	e.schedule(journal.OwnerChat)
}

// missedText writes the list of messages that came too late.
func missedText(tx *journal.Tx, t phrases, zone *time.Location, all []journal.Missed) (string, error) {
	var b strings.Builder
	b.WriteString(t.missedHead)
	for i, o := range all {
		if i == listLength {
			fmt.Fprintf(&b, "\n"+t.missedMore, len(all)-i)
			break
		}
		who := "?"
		c, err := tx.Chat(o.Chat)
		if err != nil {
			return "", err
		}
		if c != nil {
			who = strings.TrimPrefix(c.Key(), "lid:")
		}
		if o.Name != "" {
			who = o.Name + " " + who
		}
		if o.Text == "" {
			o.Text = t.media
		}
		fmt.Fprintf(&b, "\n• %s %s: %s", o.SentAt.In(zone).Format("02/01 15:04"), who, o.Text)
	}
	return b.String(), nil
}
