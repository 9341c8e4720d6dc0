package main

import (
	"cmp"
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
	"flowhq/appliance/access"
	"flowhq/appliance/config"
	"flowhq/appliance/localapi"
)

// client talks to the running appliance over its control socket.
type client struct {
	socket string
	http   *http.Client
	found  map[string]localapi.WorkerName // businesses by what a person calls them; they are asked for once
}

func newClient(cmd *cobra.Command) (*client, error) {
	src, err := source(cmd)
	if err != nil {
		return nil, err
	}
	c := &client{
		socket: filepath.Join(config.RuntimeDirOf(src), config.ControlSocketName),
		found:  make(map[string]localapi.WorkerName),
	}
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
	return nil, c.refusal(ctx, res)
}

// refusal reads an answer that says why a call failed.
func (c *client) refusal(ctx context.Context, res *http.Response) error {
	var said struct {
		Error  string              `json:"error"`
		Fields []flowhq.FieldError `json:"fields"`

		Message string `json:"message"` // of an appliance before the one API
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if err == nil && json.Unmarshal(text, &said) == nil && said.Error+said.Message != "" {
		return &flowhq.Error{
			Code: access.CodeOf(res.StatusCode), Message: cmp.Or(said.Error, said.Message), Fields: said.Fields,
		}
	}
	if res.StatusCode != http.StatusNotFound {
		return fmt.Errorf("the appliance answered with status %d", res.StatusCode)
	}
	// Its version does not know the call: what it says of itself can be read by every version.
	var s localapi.Status
	if err := c.call(ctx, http.MethodGet, statusPath, &s); err != nil {
		return fmt.Errorf("the appliance answered with status %d", res.StatusCode)
	}
	return flowhq.Errorf(flowhq.CodeConflict, "The running appliance is version %s and this command is version %s. "+
		"Let the appliance change to the version in force first (flowhq reload).", s.Version, appliance.Version)
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

// Addresses of calls.
const (
	statusPath  = "/v1/status"
	workersPath = "/local/workers"
)

// find gives the business that a person means: by id, by the beginning of one, by number, or by name.
func (c *client) find(ctx context.Context, called string) (localapi.WorkerName, error) {
	if t, ok := c.found[called]; ok {
		return t, nil
	}
	var found []localapi.WorkerName
	if err := c.call(ctx, http.MethodGet, "/local/names?called="+url.QueryEscape(called), &found); err != nil {
		return localapi.WorkerName{}, err
	}
	if len(found) != 1 {
		return localapi.WorkerName{}, fmt.Errorf("the appliance's answer is unreadable: %d businesses", len(found))
	}
	c.found[called] = found[0]
	return found[0], nil
}

// of finds the business that a person means and makes a call about it; the addresses of such calls begin with area.
func (c *client) of(ctx context.Context, area, called, method, rest string, out any) error {
	t, err := c.find(ctx, called)
	if err != nil {
		return err
	}
	return c.call(ctx, method, area+url.PathEscape(t.TenantID)+rest, out)
}

// Areas of calls about one business.
const (
	adminArea = "/admin/tenants/"
	localArea = "/local/tenants/"
)
