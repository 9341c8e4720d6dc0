package output

import (
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// The record is 32 bytes, overwritten in place before each write: inode, offset
// and length of the write, and a checksum over these.
const recordSize = 32

func parent(path string) string { return filepath.Dir(path) }

// note writes the record. When that fails, a line may be broken after a kill, no more.
func (s *Sink) note(inode uint64, offset int64, length int) {
	if s.journal < 0 {
		fd, err := unix.Open(s.record, unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC, 0o600)
		if err != nil {
			return
		}
		s.journal = fd
	}
	var b [recordSize]byte
	binary.LittleEndian.PutUint64(b[0:], inode)
	binary.LittleEndian.PutUint64(b[8:], uint64(offset))
	binary.LittleEndian.PutUint64(b[16:], uint64(length))
	binary.LittleEndian.PutUint32(b[24:], crc32.ChecksumIEEE(b[:24]))
	_, _ = unix.Pwrite(s.journal, b[:], 0)
}

// repair undoes a write that a killed manager had begun and not finished. The
// chunk is still in the pipe and is written again in full; its first half must not
// stand before that.
func (s *Sink) repair() {
	b, err := os.ReadFile(s.record)
	if err != nil || len(b) != recordSize || binary.LittleEndian.Uint32(b[24:]) != crc32.ChecksumIEEE(b[:24]) {
		return
	}
	inode := binary.LittleEndian.Uint64(b[0:])
	offset := int64(binary.LittleEndian.Uint64(b[8:]))
	length := int64(binary.LittleEndian.Uint64(b[16:]))
	f, err := os.OpenFile(s.opts.Path, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	var st unix.Stat_t
	if unix.Fstat(int(f.Fd()), &st) != nil || st.Ino != inode {
		return
	}
	if st.Size > offset && st.Size < offset+length {
		s.hub.logger.Info("half-written output is removed and written again", "process", s.name, "bytes",
			st.Size-offset)
		_ = f.Truncate(offset)
	}
}
