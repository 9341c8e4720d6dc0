package wasim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client speaks the control interface of a simulator that runs as a program. Refused requests come back as *Error.
type Client struct {
	base string
	http *http.Client
}

// NewClient returns a client for the URL that the simulator printed as "control".
func NewClient(controlURL string) *Client {
	return &Client{base: strings.TrimSuffix(controlURL, "/") + "/control",
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}}
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func (c *Client) call(ctx context.Context, method, path string, body, into any) error {
	var raw bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&raw).Encode(body); err != nil {
			return fmt.Errorf("wasim client: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, &raw)
	if err != nil {
		return fmt.Errorf("wasim client: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("wasim client: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= 400 {
		var failure errorBody
		if err := json.NewDecoder(resp.Body).Decode(&failure); err != nil {
			failure.Error = resp.Status
		}
		return &Error{Status: resp.StatusCode, Message: failure.Error}
	}
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("wasim client: %s %s: %w", method, path, err)
	}
	return nil
}

func (c *Client) get(ctx context.Context, path string, into any) error {
	return c.call(ctx, http.MethodGet, path, nil, into)
}

func (c *Client) post(ctx context.Context, path string, body, into any) error {
	return c.call(ctx, http.MethodPost, path, body, into)
}

func phonePath(number, call string) string { return "/phones/" + url.PathEscape(number) + call }

func customerPath(number, call string) string { return "/customers/" + url.PathEscape(number) + call }

// Stats returns the simulator's figures.
func (c *Client) Stats(ctx context.Context) (st Stats, err error) {
	return st, c.get(ctx, "/stats", &st)
}

// MakePhone makes sure that there is a phone with this number.
func (c *Client) MakePhone(ctx context.Context, number, name string) (p PhoneInfo, err error) {
	return p, c.post(ctx, "/phones", map[string]string{"number": number, "name": name}, &p)
}

// Phone describes a phone and its linked devices.
func (c *Client) Phone(ctx context.Context, number string) (p PhoneInfo, err error) {
	return p, c.get(ctx, phonePath(number, ""), &p)
}

// Scan scans a QR code's text with a phone.
func (c *Client) Scan(ctx context.Context, number, qr string) (d DeviceInfo, err error) {
	return d, c.post(ctx, phonePath(number, "/scan"), map[string]string{"qr": qr}, &d)
}

// EnterCode types a pairing code into a phone.
func (c *Client) EnterCode(ctx context.Context, number, code string) (d DeviceInfo, err error) {
	return d, c.post(ctx, phonePath(number, "/code"), map[string]string{"code": code}, &d)
}

// Unlink removes a linked device, or all for 0.
func (c *Client) Unlink(ctx context.Context, number string, device int) error {
	return c.post(ctx, phonePath(number, "/unlink"), map[string]int{"device": device}, nil)
}

// PhoneSend lets the owner write from the phone and returns the message's id.
func (c *Client) PhoneSend(ctx context.Context, number, to, text string) (id string, err error) {
	var sent sentBody
	err = c.post(ctx, phonePath(number, "/send"), map[string]string{"to": to, "text": text}, &sent)
	return sent.ID, err
}

// PhoneInbox returns what arrived at a phone after row number after; it waits for at most wait when there is nothing.
func (c *Client) PhoneInbox(ctx context.Context, number string, after int, wait time.Duration) (rows []InboxRow,
	err error) {
	return rows, c.get(ctx, phonePath(number, inboxQuery(after, wait)), &rows)
}

func inboxQuery(after int, wait time.Duration) string {
	return "/inbox?after=" + strconv.Itoa(after) + "&wait=" + wait.String()
}

// MakeCustomer makes sure that there is a customer with this number and these options.
func (c *Client) MakeCustomer(ctx context.Context, number string, opts CustomerOptions) (info CustomerInfo, err error) {
	body := map[string]string{"number": number, "name": opts.Name, "address": string(opts.Address)}
	return info, c.post(ctx, "/customers", body, &info)
}

// Send lets a customer write and returns the message's id.
func (c *Client) Send(ctx context.Context, number string, m Message) (id string, err error) {
	var sent sentBody
	err = c.post(ctx, customerPath(number, "/send"), m, &sent)
	return sent.ID, err
}

// Burst lets a customer write many messages and returns their ids; it does not wait for the last.
func (c *Client) Burst(ctx context.Context, number string, b Burst) (ids []string, err error) {
	var sent burstBody
	err = c.post(ctx, customerPath(number, "/burst"), b, &sent)
	return sent.IDs, err
}

// Inbox returns what arrived at a customer after row number after; it waits for at most wait when there is nothing.
func (c *Client) Inbox(ctx context.Context, number string, after int, wait time.Duration) (rows []InboxRow, err error) {
	return rows, c.get(ctx, customerPath(number, inboxQuery(after, wait)), &rows)
}

// Receipts returns the receipts and typing notices that a customer saw.
func (c *Client) Receipts(ctx context.Context, number string) (rows []Receipt, err error) {
	return rows, c.get(ctx, customerPath(number, "/receipts"), &rows)
}

// Inject causes a fault and returns how many connections, devices, parties or messages it touched.
func (c *Client) Inject(ctx context.Context, f Fault) (touched int, err error) {
	var body touchedBody
	err = c.post(ctx, "/faults", f, &body)
	return body.Touched, err
}

// EndFaults ends all faults that last.
func (c *Client) EndFaults(ctx context.Context) error {
	return c.call(ctx, http.MethodDelete, "/faults", nil, nil)
}

// Outage makes the whole server unreachable for a while.
func (c *Client) Outage(ctx context.Context, d time.Duration) error {
	return c.post(ctx, "/outage", map[string]float64{"seconds": d.Seconds()}, nil)
}
