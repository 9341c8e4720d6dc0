package appliance

import (
	"flowhq/locale"
	"path/filepath"
)

// sentenceOf gives what a person may read of an error.
func sentenceOf(err error) string {
	return locale.English(err)
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
