package appliance

import (
	"errors"
	"path/filepath"

	"flowhq"
)

// sentenceOf gives what a person may read of an error.
func sentenceOf(err error) string {
	if e, ok := errors.AsType[*flowhq.Error](err); ok {
		return e.Message
	}
	return err.Error()
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
