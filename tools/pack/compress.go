package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// An ar archive is this line and then members: a header of 60 bytes, the content, a line break where its length is odd.
const (
	arMagic  = "!<arch>\n"
	arHeader = 60
	arSize   = 48 // where the header has the length, ten digits wide
)

// compress replaces a .deb's uncompressed members by ones that xz compressed. One thread, so that the bytes depend on
// the input and the version of xz alone.
func compress(path, level string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	rest, ok := bytes.CutPrefix(text, []byte(arMagic))
	if !ok {
		return errors.New("no ar archive")
	}
	out := []byte(arMagic)
	for len(rest) >= arHeader {
		header := rest[:arHeader]
		size, err := strconv.Atoi(strings.TrimSpace(string(header[arSize : arSize+10])))
		if err != nil || arHeader+size > len(rest) {
			return fmt.Errorf("damaged member %q", header)
		}
		content := rest[arHeader : arHeader+size]
		rest = rest[min(arHeader+size+size%2, len(rest)):]
		name := strings.TrimRight(string(header[:16]), " /")
		if strings.HasSuffix(name, ".tar") {
			if content, err = xz(content, level); err != nil {
				return err
			}
			name += ".xz"
		}
		out = fmt.Appendf(out, "%-16s%s%-10d%s", name, header[16:arSize], len(content), header[arSize+10:])
		out = append(out, content...)
		if len(content)%2 == 1 {
			out = append(out, '\n')
		}
	}
	return os.WriteFile(path, out, 0o644)
}

func xz(content []byte, level string) ([]byte, error) {
	cmd := exec.Command("xz", "--compress", "--stdout", "--threads=1", level)
	cmd.Stdin = bytes.NewReader(content)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("xz (package xz-utils): %w: %s", err, said.String())
	}
	return out.Bytes(), nil
}
