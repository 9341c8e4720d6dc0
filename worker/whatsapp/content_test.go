package whatsapp

import (
	"testing"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"flowhq"
)

func wrap(m *waE2E.Message) *waE2E.FutureProofMessage { return &waE2E.FutureProofMessage{Message: m} }

func TestContent(t *testing.T) {
	t.Parallel()
	str := proto.String
	text := &waE2E.Message{Conversation: str("Habari")}
	key := &waCommon.MessageKey{ID: str("3A01")}
	edit := &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Key: key, Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(),
		EditedMessage: &waE2E.Message{Conversation: str("new")},
	}}
	image := &waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: str("dress")}}
	is := func(kind flowhq.MessageKind, text string) content { return content{kind: kind, text: text} }
	for name, c := range map[string]struct {
		m    *waE2E.Message
		want content
	}{
		"text": {text, is(flowhq.KindText, "Habari")},
		"extended text": {&waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
			Text: str("see https://x.co")}}, is(flowhq.KindText, "see https://x.co")},
		"empty text":   {&waE2E.Message{Conversation: str("")}, is(flowhq.KindText, "")},
		"disappearing": {&waE2E.Message{EphemeralMessage: wrap(text)}, is(flowhq.KindText, "Habari")},
		"from other device": {&waE2E.Message{DeviceSentMessage: &waE2E.DeviceSentMessage{
			Message: &waE2E.Message{EphemeralMessage: wrap(text)}}}, is(flowhq.KindText, "Habari")},
		"view once": {&waE2E.Message{ViewOnceMessage: wrap(image)}, is(flowhq.KindImage, "dress")},
		"view once 2": {&waE2E.Message{EphemeralMessage: wrap(&waE2E.Message{ViewOnceMessageV2: wrap(image)})},
			is(flowhq.KindImage, "dress")},
		"of an album": {&waE2E.Message{AssociatedChildMessage: wrap(image)}, is(flowhq.KindImage, "dress")},
		"document, caption": {&waE2E.Message{DocumentWithCaptionMessage: wrap(&waE2E.Message{
			DocumentMessage: &waE2E.DocumentMessage{Caption: str("bill"), FileName: str("a.pdf")}})},
			is(flowhq.KindDocument, "bill")},
		"document": {&waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{FileName: str("a.pdf")}},
			is(flowhq.KindDocument, "a.pdf")},
		"button": {&waE2E.Message{ButtonsResponseMessage: &waE2E.ButtonsResponseMessage{
			SelectedButtonID: str("1"), Response: &waE2E.ButtonsResponseMessage_SelectedDisplayText{
				SelectedDisplayText: "Order"}}}, is(flowhq.KindText, "Order")},
		"button, id only": {&waE2E.Message{ButtonsResponseMessage: &waE2E.ButtonsResponseMessage{
			SelectedButtonID: str("1")}}, is(flowhq.KindText, "1")},
		"template button": {&waE2E.Message{TemplateButtonReplyMessage: &waE2E.TemplateButtonReplyMessage{
			SelectedDisplayText: str("Yes")}}, is(flowhq.KindText, "Yes")},
		"list": {&waE2E.Message{ListResponseMessage: &waE2E.ListResponseMessage{Title: str("Prices")}},
			is(flowhq.KindText, "Prices")},
		"interactive": {&waE2E.Message{InteractiveResponseMessage: &waE2E.InteractiveResponseMessage{
			Body: &waE2E.InteractiveResponseMessage_Body{Text: str("Go")}}}, is(flowhq.KindText, "Go")},
		"image": {image, is(flowhq.KindImage, "dress")},
		"video": {&waE2E.Message{VideoMessage: &waE2E.VideoMessage{Caption: str("film")}},
			is(flowhq.KindVideo, "film")},
		"video note": {&waE2E.Message{PtvMessage: &waE2E.VideoMessage{}}, is(flowhq.KindVideo, "")},
		"voice": {&waE2E.Message{AudioMessage: &waE2E.AudioMessage{PTT: proto.Bool(true)}},
			is(flowhq.KindVoice, "")},
		"sticker": {&waE2E.Message{StickerMessage: &waE2E.StickerMessage{}}, is(flowhq.KindSticker, "")},
		"moving sticker": {&waE2E.Message{LottieStickerMessage: wrap(&waE2E.Message{
			StickerMessage: &waE2E.StickerMessage{}})}, is(flowhq.KindSticker, "")},
		"location": {&waE2E.Message{LocationMessage: &waE2E.LocationMessage{Name: str("Kariakoo")}},
			is(flowhq.KindLocation, "Kariakoo")},
		"live location": {&waE2E.Message{LiveLocationMessage: &waE2E.LiveLocationMessage{}},
			is(flowhq.KindLocation, "")},
		"contact": {&waE2E.Message{ContactMessage: &waE2E.ContactMessage{DisplayName: str("Juma")}},
			is(flowhq.KindContact, "Juma")},
		"contacts": {&waE2E.Message{ContactsArrayMessage: &waE2E.ContactsArrayMessage{
			DisplayName: str("2 contacts")}}, is(flowhq.KindContact, "2 contacts")},
		"reaction": {&waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{Key: key, Text: str("👍")}},
			content{flowhq.KindReaction, "👍", "3A01"}},
		"hidden reaction": {&waE2E.Message{EncReactionMessage: &waE2E.EncReactionMessage{TargetMessageKey: key}},
			content{flowhq.KindReaction, "", "3A01"}},
		"edit":         {edit, content{flowhq.KindEdit, "new", "3A01"}},
		"wrapped edit": {&waE2E.Message{EditedMessage: wrap(edit)}, content{flowhq.KindEdit, "new", "3A01"}},
		"delete": {&waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Key: key,
			Type: waE2E.ProtocolMessage_REVOKE.Enum()}}, content{flowhq.KindDelete, "", "3A01"}},
		"poll":  {&waE2E.Message{PollCreationMessage: &waE2E.PollCreationMessage{}}, is(flowhq.KindOther, "")},
		"order": {&waE2E.Message{OrderMessage: &waE2E.OrderMessage{}}, is(flowhq.KindOther, "")},
		// what only devices read
		"timer": {&waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_EPHEMERAL_SETTING.Enum()}}, content{}},
		"history": {&waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
			HistorySyncNotification: &waE2E.HistorySyncNotification{}}}, content{}},
		"keys alone": {&waE2E.Message{SenderKeyDistributionMessage: &waE2E.SenderKeyDistributionMessage{},
			MessageContextInfo: &waE2E.MessageContextInfo{}}, content{}},
		"keys + text": {&waE2E.Message{SenderKeyDistributionMessage: &waE2E.SenderKeyDistributionMessage{},
			Conversation: str("hi")}, is(flowhq.KindText, "hi")},
		"vote":  {&waE2E.Message{PollUpdateMessage: &waE2E.PollUpdateMessage{}}, content{}},
		"album": {&waE2E.Message{AlbumMessage: &waE2E.AlbumMessage{}}, content{}},
		"empty": {&waE2E.Message{}, content{}},
		"nil":   {nil, content{}},
	} {
		if got := read(c.m); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func TestEndlessWrapping(t *testing.T) {
	t.Parallel()
	m := &waE2E.Message{Conversation: proto.String("deep")}
	for range 100 {
		m = &waE2E.Message{EphemeralMessage: wrap(m)}
	}
	if got := read(m); got.kind != flowhq.KindOther {
		t.Fatalf("got %+v", got)
	}
}
