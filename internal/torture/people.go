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

type sent struct{ id, text string }

// write writes at random moments until ctx ends, now and then several messages at once.
func (c *customer) write(ctx context.Context) error {
	mean := float64(c.customers) / c.rate * 1.4 // bursts make up for it
	for len(c.sent) < maxMessages {
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
			if err := c.say(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *customer) say() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second) // it is sent or the run has failed
	defer cancel()
	text := fmt.Sprintf("message m%dx from c%dx", len(c.sent)+1, c.n)
	id, err := c.sim.Send(ctx, c.number, wasim.Message{To: c.of.number, Text: text})
	if err != nil {
		return fmt.Errorf("%s writes: %w", c.number, err)
	}
	c.mu.Lock()
	c.sent = append(c.sent, sent{id, text})
	c.mu.Unlock()
	return nil
}

// answer is what the customer must get for message i, from 0.
func (c *customer) answer(i int) string {
	if i%2 == 0 {
		return "What is it?"
	}
	return "Noted: " + c.sent[i-1].text + "\n" + c.sent[i].text
}
