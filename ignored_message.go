package flowhq

// LeftOut says where a message was written that is no business of a bot. Such messages are counted and not kept.
type LeftOut string

// The places.
const (
	LeftOutGroup      LeftOut = "group"
	LeftOutStatus     LeftOut = "status"
	LeftOutBroadcast  LeftOut = "broadcast" // broadcast lists, WhatsApp's own announcements and assistants
	LeftOutNewsletter LeftOut = "newsletter"
	LeftOutUnknown    LeftOut = "unknown" // nothing says who wrote it, or to whom
)

// LeftOuts lists the places in the order in which they are shown.
func LeftOuts() []LeftOut {
	return []LeftOut{LeftOutGroup, LeftOutStatus, LeftOutBroadcast, LeftOutNewsletter, LeftOutUnknown}
}
