package wire

import (
	"context"

	"github.com/creachadair/jrpc2"

	"flowhq"
)

// command answers one call of the appliance.
func (c *Conn) command(ctx context.Context, req *jrpc2.Request) (any, error) {
	result, err := c.dispatch(ctx, req)
	if err == nil {
		if result == nil {
			result = struct{}{}
		}
		return result, nil
	}
	if _, ok := err.(*jrpc2.Error); ok { // the call itself was malformed or unknown
		return nil, err
	}
	if flowhq.CodeOf(err) == flowhq.CodeInternal {
		c.config.Logger.Error("a command of the appliance failed", "method", req.Method(), "error", err)
	}
	return nil, encodeError(err)
}

func (c *Conn) dispatch(ctx context.Context, req *jrpc2.Request) (any, error) {
	do := c.config.Commands
	switch req.Method() {
	case methodPing:
		return do.Ping(ctx)
	case methodRelink:
		return nil, do.Relink(ctx)
	case methodLogout:
		return nil, do.Logout(ctx)
	case methodDrain:
		return nil, do.Drain(ctx)
	case methodConfigure:
		return withParams(req, func(p flowhq.WorkerConfig) (any, error) { return nil, do.Configure(ctx, p) })
	case methodLinkCode:
		return withParams(req, func(p linkCodeParams) (any, error) {
			code, err := do.LinkCode(ctx, p.Phone)
			return linkCodeResult{Code: code.Code, ExpiresAt: code.ExpiresAt}, err
		})
	case methodSend:
		return withParams(
			req, func(p sendParams) (any, error) { return nil, do.Send(ctx, p.ID, p.Chat, p.Text, p.AllowFirst) },
		)
	case methodTakeOver:
		return withParams(req, func(p chatParams) (any, error) { return nil, do.TakeOver(ctx, p.Chat) })
	case methodRelease:
		return withParams(req, func(p chatParams) (any, error) { return nil, do.Release(ctx, p.Chat) })
	case methodOptIn:
		return withParams(req, func(p chatParams) (any, error) { return nil, do.OptIn(ctx, p.Chat) })
	case methodSnapshot:
		return withParams(req, func(p snapshotParams) (any, error) { return nil, do.Snapshot(ctx, p.Path) })
	default:
		return nil, jrpc2.Errorf(jrpc2.MethodNotFound, "no method %q", req.Method())
	}
}

func withParams[P any](req *jrpc2.Request, f func(P) (any, error)) (any, error) {
	var p P
	if err := req.UnmarshalParams(&p); err != nil {
		return nil, jrpc2.Errorf(jrpc2.InvalidParams, "%s: unreadable parameters", req.Method())
	}
	return f(p)
}
