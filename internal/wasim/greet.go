package wasim

import (
	"bytes"
	"compress/zlib"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"google.golang.org/protobuf/proto"
)

// greetDevice sends what a phone tells a device it has just linked: a key for the app state, and the history, which is
// empty here and fits into the message itself. Both are waiting when the device logs in for the first time.
func (p *Phone) greetDevice(d *Device) error {
	if p.srv.cfg.Bare {
		return nil
	}
	history, err := historyNotice(&waHistorySync.HistorySync{
		SyncType: waHistorySync.HistorySync_INITIAL_BOOTSTRAP.Enum(), ChunkOrder: proto.Uint32(1),
		Progress: proto.Uint32(100)})
	if err != nil {
		return err
	}
	for _, msg := range []*waE2E.ProtocolMessage{p.keyShare(d), history} {
		if err := p.sendPeer(d, msg); err != nil {
			return err
		}
	}
	return nil
}

func (p *Phone) keyShare(d *Device) *waE2E.ProtocolMessage {
	key := p.srv.secret.derive("app state " + p.digits)
	return &waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_SHARE.Enum(),
		AppStateSyncKeyShare: &waE2E.AppStateSyncKeyShare{Keys: []*waE2E.AppStateSyncKey{{
			KeyID: &waE2E.AppStateSyncKeyId{KeyID: []byte{0, 0, 0, 0, 0, 1}},
			KeyData: &waE2E.AppStateSyncKeyData{KeyData: key[:], Timestamp: proto.Int64(p.srv.now().UnixMilli()),
				Fingerprint: &waE2E.AppStateSyncKeyFingerprint{RawID: proto.Uint32(p.keys.regID),
					CurrentIndex: proto.Uint32(0), DeviceIndexes: []uint32{0, uint32(d.id)}}},
		}}}}
}

func historyNotice(h *waHistorySync.HistorySync) (*waE2E.ProtocolMessage, error) {
	raw, err := proto.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("wasim: history: %w", err)
	}
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	if _, err := w.Write(raw); err != nil {
		return nil, fmt.Errorf("wasim: history: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("wasim: history: %w", err)
	}
	return &waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_HISTORY_SYNC_NOTIFICATION.Enum(),
		HistorySyncNotification: &waE2E.HistorySyncNotification{
			SyncType:                          waE2E.HistorySyncType_INITIAL_BOOTSTRAP.Enum(),
			InitialHistBootstrapInlinePayload: packed.Bytes()}}, nil
}
