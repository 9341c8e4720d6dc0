package flowhq

// IgnoredSource says where a message was written that is not for a bot. Such messages are counted and not kept.
type IgnoredSource string

// The places.
const (
	IgnoredGroup      IgnoredSource = "group"
	IgnoredStatus     IgnoredSource = "status"
	IgnoredBroadcast  IgnoredSource = "broadcast" // broadcast lists, WhatsApp's own announcements and assistants
	IgnoredNewsletter IgnoredSource = "newsletter"
	IgnoredUnknown    IgnoredSource = "unknown" // nothing says who wrote it, or to whom
)

// IgnoredSources lists the places in the order in which they are shown.
func IgnoredSources() []IgnoredSource {
	return []IgnoredSource{IgnoredGroup, IgnoredStatus, IgnoredBroadcast, IgnoredNewsletter, IgnoredUnknown}
}
