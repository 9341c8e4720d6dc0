package harness

import (
	"context"
	"fmt"
	"time"

	"flowhq/internal/wasim"
)

// AddPhone makes sure that there is a phone with this number.
func (s *Simulator) AddPhone(ctx context.Context, number, name string) error {
	_, err := s.MakePhone(ctx, number, name)
	return err
}

// ScanQR scans a code's text with a phone.
func (s *Simulator) ScanQR(ctx context.Context, number, code string) error {
	_, err := s.Scan(ctx, number, code)
	return err
}

// AddCustomer makes a customer whose address takes the form pn, lid or lid-only.
func (s *Simulator) AddCustomer(ctx context.Context, number, name, address string) error {
	_, err := s.MakeCustomer(ctx, number, wasim.CustomerOptions{Name: name, Address: wasim.AddressForm(address)})
	return err
}

// SendText lets a customer write to a business.
func (s *Simulator) SendText(ctx context.Context, customer, to, text string) (id string, err error) {
	return s.Send(ctx, customer, wasim.Message{To: to, Text: text})
}

// SendIn lets a customer write in another kind of chat: group, status or newsletter.
func (s *Simulator) SendIn(ctx context.Context, customer, to, text, chat string) error {
	_, err := s.Send(ctx, customer, wasim.Message{To: to, Text: text, Chat: wasim.Chat(chat)})
	return err
}

// Ask lets a customer write and waits for the next message that comes back from there.
func (s *Simulator) Ask(ctx context.Context, customer, to, text string, within time.Duration) (answer string,
	err error) {
	before, err := s.Inbox(ctx, customer, 0, 0)
	if err != nil {
		return "", err
	}
	last := 0
	if n := len(before); n > 0 {
		last = before[n-1].N
	}
	if _, err := s.SendText(ctx, customer, to, text); err != nil {
		return "", err
	}
	for deadline := time.Now().Add(within); time.Now().Before(deadline); {
		rows, err := s.Inbox(ctx, customer, last, time.Second)
		if err != nil {
			return "", err
		}
		for _, row := range rows {
			if row.From == to {
				return row.Text, nil
			}
			last = row.N
		}
	}
	return "", fmt.Errorf("no answer within %s", within)
}

// InboxTexts gives the texts that a customer got, in order.
func (s *Simulator) InboxTexts(ctx context.Context, customer string) ([]string, error) {
	rows, err := s.Inbox(ctx, customer, 0, 0)
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(rows))
	for i, r := range rows {
		texts[i] = r.Text
	}
	return texts, nil
}

// WaitOnline waits until a phone's linked device is online.
func (s *Simulator) WaitOnline(ctx context.Context, number string) error {
	return Until(ctx, 50*time.Millisecond, func() error {
		p, err := s.Phone(ctx, number)
		if err != nil {
			return err
		}
		for _, d := range p.Devices {
			if d.Online {
				return nil
			}
		}
		return fmt.Errorf("no linked device of %s is online", number)
	})
}
