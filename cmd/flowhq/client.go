package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"flowhq"
	"flowhq/appliance"
	"flowhq/appliance/config"
)

// client talks to the running appliance over its control socket.
type client struct {
	socket string
	http   *http.Client
}

func newClient(cmd *cobra.Command) (*client, error) {
	src, err := source(cmd)
	if err != nil {
		return nil, err
	}
	c := &client{socket: filepath.Join(config.RuntimeDirOf(src), config.ControlSocketName)}
	c.http = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", c.socket)
		},
	}}
	return c, nil
}

// call sends a request and reads the answer into out, unless that is nil.
func (c *client) call(ctx context.Context, method, path string, out any) error {
	res, err := c.open(ctx, method, path)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("the appliance's answer is unreadable: %w", err)
	}
	return nil
}

// open sends a request and gives the answer when it is a good one.
func (c *client) open(ctx context.Context, method, path string) (*http.Response, error) {
	return c.request(ctx, method, path, nil)
}

func (c *client) request(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://appliance"+path, body)
	if err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, c.explain(err)
	}
	if res.StatusCode < http.StatusMultipleChoices {
		return res, nil
	}
	defer res.Body.Close()
	var said appliance.ControlError
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if err == nil && json.Unmarshal(text, &said) == nil && said.Message != "" {
		return nil, &flowhq.Error{Code: said.Code, Message: said.Message}
	}
	return nil, fmt.Errorf("the appliance answered with status %d", res.StatusCode)
}

func (c *client) explain(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return flowhq.Errorf(flowhq.CodeUnavailable,
			"The appliance is not running (nobody answers at %s). Start it with `systemctl start flowhq`, or `flowhq "+
				"serve` by hand.", c.socket)
	case errors.Is(err, fs.ErrPermission):
		return flowhq.Errorf(flowhq.CodeForbidden,
			"This user may not control the appliance (%s). Run the command as root or as the appliance's own user.",
			c.socket)
	}
	return err
}

func workerPath(tenant, rest string) string { return "/v1/workers/" + url.PathEscape(tenant) + rest }
