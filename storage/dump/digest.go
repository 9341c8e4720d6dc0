package dump

import (
	"crypto/sha256"
	"encoding/hex"
	"math/bits"
)

// Digest is a checksum over rows that does not ask for their order, since two engines sort texts each in its own way:
// the sum of the rows' SHA-256, modulo 2^256, and their number. It finds what went wrong, not who meant it to. The zero
// Digest is that of no rows.
type Digest struct {
	rows int64
	sum  [4]uint64
}

// Add takes in a row as AppendRow wrote it.
func (d *Digest) Add(line []byte) {
	sum := sha256.Sum256(line)
	var carry uint64
	for i := range d.sum {
		d.sum[i], carry = bits.Add64(d.sum[i], littleEndian(sum[8*i:]), carry)
	}
	d.rows++
}

// Rows tells how many rows were taken in.
func (d *Digest) Rows() int64 { return d.rows }

// String gives the sum in hexadecimal digits.
func (d *Digest) String() string {
	var raw [32]byte
	for i, part := range d.sum {
		for b := range 8 {
			raw[8*i+b] = byte(part >> (8 * b))
		}
	}
	return hex.EncodeToString(raw[:])
}

// Restore gives the digest that String and Rows told of, so that counting goes on where it was interrupted; false for a
// text that String did not write.
func Restore(rows int64, sum string) (d Digest, ok bool) {
	raw, err := hex.DecodeString(sum)
	if err != nil || len(raw) != 32 || rows < 0 {
		return Digest{}, false
	}
	for i := range d.sum {
		d.sum[i] = littleEndian(raw[8*i:])
	}
	d.rows = rows
	return d, true
}

func littleEndian(b []byte) (v uint64) {
	for i := range 8 {
		v |= uint64(b[i]) << (8 * i)
	}
	return v
}
