package wasim

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
)

// journal keeps keys and values in one append-only file. A commit is one write, so it is there after SIGKILL as a whole
// or not at all; nothing is synced to the disk, so a power cut may lose the last seconds. A nil journal keeps nothing.
//
// Record: length and CRC-32 of what follows, 4 bytes each, big-endian; then per change the key with its length, and 0
// for a deletion or the value with its length + 1 (lengths are uvarints).
type journal struct {
	mu   sync.Mutex
	path string
	file *os.File
	size int64           // bytes in the file
	live int64           // bytes of them that still count
	at   map[string]span // where each key's value stands
}

type span struct {
	offset int64
	length int
}

// change sets a key, or deletes it when value is nil.
type change struct {
	key   string
	value []byte
}

const (
	journalName   = "wasim.journal"
	compactAbove  = 64 << 20 // bytes; smaller files are not compacted
	maxRecordSize = 256 << 20
)

// openJournal loads what dir holds and returns the values by key. A torn record at the end is cut off.
func openJournal(dir string) (*journal, map[string][]byte, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("wasim: state: %w", err)
	}
	j := &journal{path: filepath.Join(dir, journalName), at: map[string]span{}}
	if err := j.open(); err != nil {
		return nil, nil, err
	}
	values, err := j.load()
	if err != nil {
		return nil, nil, errors.Join(err, j.file.Close())
	}
	return j, values, nil
}

func (j *journal) open() error {
	file, err := os.OpenFile(j.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("wasim: state: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.Join(fmt.Errorf("wasim: state %s is in use by another simulator: %w", j.path, err), file.Close())
	}
	j.file = file
	return nil
}

func (j *journal) load() (map[string][]byte, error) {
	values := map[string][]byte{}
	r := bufio.NewReaderSize(j.file, 1<<20)
	for {
		body, err := readRecord(r)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errTorn) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("wasim: state: %w", err)
		}
		if err := j.replay(body, values); err != nil {
			return nil, err
		}
	}
	if err := j.file.Truncate(j.size); err != nil {
		return nil, fmt.Errorf("wasim: state: %w", err)
	}
	return values, nil
}

var errTorn = errors.New("torn record")

func readRecord(r io.Reader) ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(head[:4])
	if length > maxRecordSize {
		return nil, errTorn
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err
	}
	if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(head[4:]) {
		return nil, errTorn
	}
	return body, nil
}

// replay applies one record, which starts at j.size.
func (j *journal) replay(body []byte, values map[string][]byte) error {
	base, rest := j.size+8, body
	for len(rest) > 0 {
		keyLen, n := binary.Uvarint(rest)
		if n <= 0 || keyLen > uint64(len(rest)-n) {
			return fmt.Errorf("wasim: state %s is damaged at byte %d", j.path, base)
		}
		key := string(rest[n : n+int(keyLen)])
		rest = rest[n+int(keyLen):]
		valLen, n := binary.Uvarint(rest)
		if n <= 0 || (valLen > 0 && valLen-1 > uint64(len(rest)-n)) {
			return fmt.Errorf("wasim: state %s is damaged at byte %d", j.path, base)
		}
		rest = rest[n:]
		j.forget(key)
		delete(values, key)
		if valLen > 0 {
			length := int(valLen - 1)
			values[key] = slices.Clone(rest[:length])
			j.remember(key, span{offset: base + int64(len(body)-len(rest)), length: length})
			rest = rest[length:]
		}
	}
	j.size = base + int64(len(body))
	return nil
}

func (j *journal) remember(key string, s span) {
	j.at[key] = s
	j.live += int64(len(key) + s.length)
}

func (j *journal) forget(key string) {
	if s, ok := j.at[key]; ok {
		j.live -= int64(len(key) + s.length)
		delete(j.at, key)
	}
}

// commit applies all changes together. It returns when they survive the death of this process.
func (j *journal) commit(changes ...change) error {
	if j == nil || len(changes) == 0 {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.append(changes); err != nil {
		return fmt.Errorf("wasim: state: %w", err)
	}
	if j.size > compactAbove && j.size > 3*j.live {
		return j.compact()
	}
	return nil
}

func (j *journal) append(changes []change) error {
	record := make([]byte, 8, 256)
	spans := make([]span, len(changes))
	for i, c := range changes {
		record = binary.AppendUvarint(record, uint64(len(c.key)))
		record = append(record, c.key...)
		if c.value == nil {
			record = append(record, 0)
			continue
		}
		record = binary.AppendUvarint(record, uint64(len(c.value))+1)
		spans[i] = span{offset: j.size + int64(len(record)), length: len(c.value)}
		record = append(record, c.value...)
	}
	binary.BigEndian.PutUint32(record[:4], uint32(len(record)-8))
	binary.BigEndian.PutUint32(record[4:8], crc32.ChecksumIEEE(record[8:]))
	if _, err := j.file.WriteAt(record, j.size); err != nil {
		return err
	}
	j.size += int64(len(record))
	for i, c := range changes {
		j.forget(c.key)
		if c.value != nil {
			j.remember(c.key, spans[i])
		}
	}
	return nil
}

// compact writes the current values to a new file, which replaces the old one.
func (j *journal) compact() error {
	next := &journal{path: j.path + ".new", at: map[string]span{}}
	_ = os.Remove(next.path)
	if err := next.open(); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(j.at)) {
		s := j.at[key]
		value := make([]byte, s.length)
		_, err := j.file.ReadAt(value, s.offset)
		if err == nil {
			err = next.append([]change{{key, value}})
		}
		if err != nil {
			return errors.Join(fmt.Errorf("wasim: state: %w", err), next.file.Close())
		}
	}
	if err := os.Rename(next.path, j.path); err != nil {
		return errors.Join(fmt.Errorf("wasim: state: %w", err), next.file.Close())
	}
	_ = j.file.Close()
	j.file, j.size, j.live, j.at = next.file, next.size, next.live, next.at
	return nil
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.file.Close()
}
