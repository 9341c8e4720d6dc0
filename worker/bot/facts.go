package bot

import (
	"slices"
	"time"
)

// outcome is what a message did to the facts: which it set, or why something cannot be.
type outcome struct {
	changed []string
	refusal *refusal
	unknown bool // a thing was named that is not on the list, beside others that are
}

// refusal says what cannot be, and what is asked for instead.
type refusal struct {
	key      string // of the text
	ask      string // the fact that is asked for
	kind     string // how Action.Asks calls it
	says     string
	values   func(string) string
	complete bool // the text asks the question itself
	day      time.Time
	minute   int // the hour to look for the next possible one at; -1: any
	wanted   int // the hour that was wanted; -1: none
	offer    bool
}

func boundsOf(low, high int64) func(string) string {
	return func(name string) string {
		switch name {
		case "min":
			return grouped(low)
		case "max":
			return grouped(high)
		}
		return ""
	}
}

// filled tells whether a fact is known.
func (c *chat) filled(q *question) bool {
	f := &c.state.Facts
	switch q.fact {
	case "service":
		return f.Service != ""
	case "items":
		return len(f.Items) > 0 && c.pendingItem() < 0
	case "date":
		return f.Date != ""
	case "time":
		return f.Time != ""
	case "name":
		return f.Name != ""
	case "delivery":
		return f.Delivery != ""
	case "detail":
		return f.Detail != ""
	}
	return f.More[q.fact] != ""
}

// pendingItem is the first product whose quantity is not known; -1 when there is none.
func (c *chat) pendingItem() int {
	for i, item := range c.state.Facts.Items {
		if item.Quantity == 0 {
			return i
		}
	}
	return -1
}

// source remembers which message a fact came from.
func (c *chat) noteSource(fact string) {
	if c.msg.ID == "" || len(c.msg.ID) > 200 {
		return
	}
	if c.state.Facts.From == nil {
		c.state.Facts.From = map[string]string{}
	}
	c.state.Facts.From[fact] = c.msg.ID
}

// clear forgets a fact.
func (c *chat) clearFact(fact string) {
	f := &c.state.Facts
	delete(f.From, fact)
	switch fact {
	case "service":
		f.Service = ""
	case "items":
		f.Items = nil
	case "date":
		f.Date = ""
	case "time":
		f.Time, f.Part, f.Readings = "", 0, nil
	case "name":
		f.Name = ""
	case "delivery":
		f.Delivery = ""
	case "detail":
		f.Detail = ""
	case "opening":
		f.Opening = ""
	default:
		delete(f.More, fact)
	}
}

// dropFactsOf forgets the facts that a message gave; false when it gave none.
func (c *chat) dropFactsOf(id string) bool {
	dropped := false
	for fact, from := range c.state.Facts.From {
		if from == id {
			c.clearFact(fact)
			dropped = true
		}
	}
	return dropped
}

// setFact keeps a fact, and notes whether it is another one than before.
func (c *chat) setFact(fact, value string, out *outcome) {
	f := &c.state.Facts
	var place *string
	switch fact {
	case "service":
		place = &f.Service
	case "date":
		place = &f.Date
	case "time":
		place = &f.Time
	case "name":
		place = &f.Name
	case "delivery":
		place = &f.Delivery
	case "detail":
		place = &f.Detail
	default:
		if f.More[fact] != value {
			if f.More == nil {
				f.More = map[string]string{}
			}
			f.More[fact] = value
			out.set(fact)
		}
		return
	}
	if *place != value {
		*place = value
		out.set(fact)
	}
}

func (o *outcome) set(fact string) {
	if !slices.Contains(o.changed, fact) {
		o.changed = append(o.changed, fact)
	}
}

func (o *outcome) refuse(r *refusal) {
	if o.refusal == nil {
		o.refusal = r
	}
}

// total adds up the prices of an order.
func (f *Facts) total() int64 {
	var total int64
	for _, i := range f.Items {
		total += i.Price * int64(i.Quantity)
	}
	return total
}
