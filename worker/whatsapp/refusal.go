package whatsapp

import (
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types/events"
)

// refusalEvent gives the event that whatsmeow makes of a stanza that ends the connection: a failure of the login or a
// stream error. nil when it makes none, and for a nil node. See whatsmeow's connectionevents.go, and section 4 of the
// protocol note for what each code means.
func refusalEvent(node *waBinary.Node) any {
	switch {
	case node == nil:
		return nil
	case node.Tag == "failure":
		return failureEvent(node)
	default:
		return streamErrorEvent(node)
	}
}

func failureEvent(node *waBinary.Node) any {
	attrs := node.AttrGetter()
	reason := events.ConnectFailureReason(attrs.Int("reason"))
	switch {
	case reason.IsLoggedOut():
		return &events.LoggedOut{OnConnect: true, Reason: reason}
	case reason == events.ConnectFailureTempBanned:
		return &events.TemporaryBan{
			Code:   events.TempBanReason(attrs.Int("code")),
			Expire: time.Duration(attrs.Int("expire")) * time.Second,
		}
	case reason == events.ConnectFailureClientOutdated:
		return &events.ClientOutdated{}
	case reason == events.ConnectFailureServiceUnavailable, reason == events.ConnectFailureInternalServerError:
		return nil // a lost connection like any other
	default:
		return &events.ConnectFailure{Reason: reason, Message: attrs.OptionalString("message"), Raw: node}
	}
}

func streamErrorEvent(node *waBinary.Node) any {
	code := node.AttrGetter().OptionalString("code")
	conflict, _ := node.GetOptionalChildByTag("conflict")
	kind := conflict.AttrGetter().OptionalString("type")
	switch {
	case code == "515":
		return &events.ManualLoginReconnect{}
	case code == "401" && kind == "device_removed":
		return &events.LoggedOut{Reason: events.ConnectFailureLoggedOut}
	case kind == "replaced":
		return &events.StreamReplaced{}
	case code == "503":
		return nil // a restart of the server: a lost connection like any other
	default:
		return &events.StreamError{Code: code, Raw: node}
	}
}
