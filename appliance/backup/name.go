package backup

import (
	"regexp"
	"time"

	"flowhq"
)

const nameTime = "20060102T150405Z"

// Suffixes of a backup's name.
const (
	suffix       = ".tar.zst"
	sealedSuffix = suffix + ".age"
)

// NameOf gives the file name of a backup: flowhq-20261125T023000Z.tar.zst. One of a single tenant names the beginning
// of its id; an encrypted one ends in .age.
func NameOf(taken time.Time, tenantID string, sealed bool) string {
	name := "flowhq-" + taken.UTC().Format(nameTime)
	if tenantID != "" {
		name += "-tenant-" + tenantID[:min(len(tenantID), 13)]
	}
	if sealed {
		return name + sealedSuffix
	}
	return name + suffix
}

// parseName reads a name of NameOf; false for every other file.
func parseName(name string) (b flowhq.Backup, ok bool) {
	form := regexp.MustCompile(`^flowhq-(\d{8}T\d{6}Z)(?:-tenant-([0-9A-Za-z-]{1,13}))?\.tar\.zst(\.age)?$`)
	m := form.FindStringSubmatch(name)
	if m == nil {
		return b, false
	}
	taken, err := time.Parse(nameTime, m[1])
	return flowhq.Backup{Name: name, TakenAt: taken, TenantID: m[2], Encrypted: m[3] != ""}, err == nil
}
