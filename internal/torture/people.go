package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"flowhq/internal/wasim"
)

// maxMessages bounds what one customer writes, so that a chat's log comes in one answer.
const maxMessages = 490

// customer writes numbered messages to one business.
type customer struct {
	*world
	n           int
	number, key string // its phone number, and the name of its chat
	of          *business

	mu   sync.Mutex
	sent []sent
}

// sent is a message that a customer wrote.
type sent struct {
	id, text string
	late     bool // too old to be answered when it arrived
}

// write writes at random moments until ctx ends, now and then several messages at once.
func (c *customer) write(ctx context.Context) error {
	mean := float64(c.customers) / c.rate * 1.4 // bursts make up for it
	for c.written() < maxMessages {
		c.world.mu.Lock()
		wait, burst := c.rnd.ExpFloat64()*mean, 1
		if c.rnd.IntN(5) == 0 {
			burst = 3
		}
		c.world.mu.Unlock()
		if !pause(ctx, time.Duration(wait*float64(time.Second))) {
			return nil
		}
		for range burst {
			if err := c.say(0); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *customer) written() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.sent)
}

// say writes one message, as if it had waited at WhatsApp for a time.
func (c *customer) say(age time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second) // it is sent or the run has failed
	defer cancel()
	text := fmt.Sprintf("message m%dx from c%dx", len(c.sent)+1, c.n)
	m := wasim.Message{To: c.of.number, Text: text}
	if age > 0 {
		m.At = time.Now().Add(-age)
	}
	id, err := c.sim.Send(ctx, c.number, m)
	if err != nil {
		return fmt.Errorf("%s writes: %w", c.number, err)
	}
	c.sent = append(c.sent, sent{id, text, age > 0})
	return nil
}

// answerable gives the messages that must be answered.
func (c *customer) answerable() (all []sent) {
	for _, s := range c.sent {
		if !s.late {
			all = append(all, s)
		}
	}
	return all
}

// answer is what the customer must get for message i of those that must be answered, from 0.
func answer(asked []sent, i int) string {
	if i%2 == 0 {
		return "What is it?"
	}
	return "Noted: " + asked[i-1].text + "\n" + asked[i].text
}
