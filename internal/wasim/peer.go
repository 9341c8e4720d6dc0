package wasim

import (
	"fmt"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"google.golang.org/protobuf/proto"
)

// Short names for types of whatsmeow.
type (
	operationResult = waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult
	//nolint:lll // a name of whatsmeow
	resendResponse = waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult_PlaceholderMessageResendResponse
)

// answerPeer is the phone's reply to a linked device that asks it for messages which it could not read itself. The
// device usually gets such a message twice then, because its sender is asked too.
func (p *Phone) answerPeer(d *Device, id string, msg *waE2E.Message) error {
	request := msg.GetProtocolMessage().GetPeerDataOperationRequestMessage()
	if request.GetPeerDataOperationRequestType() != waE2E.PeerDataOperationRequestType_PLACEHOLDER_MESSAGE_RESEND {
		return nil
	}
	response := &waE2E.PeerDataOperationRequestResponseMessage{
		PeerDataOperationRequestType: request.PeerDataOperationRequestType, StanzaID: proto.String(id),
	}
	for _, wanted := range request.GetPlaceholderMessageResendRequest() {
		result := &operationResult{}
		if e := d.known(wanted.GetMessageKey().GetID()); e != nil {
			raw, err := webMessage(e, wanted)
			if err != nil {
				return err
			}
			result.PlaceholderMessageResendResponse = &resendResponse{WebMessageInfoBytes: raw}
			response.PeerDataOperationResult = append(response.PeerDataOperationResult, result)
		}
	}
	kind := waE2E.ProtocolMessage_PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE
	return p.sendPeer(d, &waE2E.ProtocolMessage{
		Type:                                    kind.Enum(),
		PeerDataOperationRequestResponseMessage: response,
	})
}

// webMessage is a kept message in the form in which phones hand over old ones.
func webMessage(e *entry, wanted *waE2E.PeerDataOperationRequestMessage_PlaceholderMessageResendRequest) ([]byte,
	error) {
	n, err := e.node()
	if err != nil {
		return nil, fmt.Errorf("wasim: kept stanza: %w", err)
	}
	msg := &waE2E.Message{}
	if err := proto.Unmarshal(e.Plain, msg); err != nil {
		return nil, fmt.Errorf("wasim: kept message: %w", err)
	}
	ag := n.AttrGetter()
	return proto.Marshal(&waWeb.WebMessageInfo{Key: wanted.GetMessageKey(), Message: msg,
		MessageTimestamp: proto.Uint64(uint64(ag.UnixTime("t").Unix())),
		PushName:         proto.String(ag.OptionalString("notify"))})
}

// known finds a message that is on its way to the device or was.
func (d *Device) known(id string) *entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, list := range [][]*entry{d.queue, d.recent} {
		for _, e := range list {
			if e.Class == "message" && e.ID == id && e.Plain != nil {
				return e
			}
		}
	}
	return nil
}

// sendPeer sends a linked device a message of its phone that is not from a person.
func (p *Phone) sendPeer(d *Device, msg *waE2E.ProtocolMessage) error {
	plain, err := proto.Marshal(&waE2E.Message{ProtocolMessage: msg})
	if err != nil {
		return fmt.Errorf("wasim: message of the phone: %w", err)
	}
	attrs := waBinary.Attrs{"id": p.srv.messageID(), "from": p.pn, "type": "text", "category": "peer",
		"t": p.srv.now().Unix(), "sender_lid": p.lid}
	return p.sendToDevices([]*Device{d}, outgoing{attrs: attrs, plain: plain})
}
