package masking

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"math/bits"

	"lethe/stream"
)

// draws are random numbers that a key and a value decide: the same in every run
// and on every machine (L6).
type draws struct {
	key   stream.Value
	apart bool // the subject's digest goes before the value

	mac   hash.Hash
	seed  []byte
	sum   []byte
	at    int
	block [8]byte
}

// newDraws takes the key of an operator and field.
func newDraws(operator string, f Field, shop workshop) (draws, error) {
	key, err := shop.secret(operator, f)
	return draws{key: key, apart: f.Apart}, err
}

func (d *draws) fresh() draws {
	return draws{key: d.key, apart: d.apart, mac: hmac.New(sha256.New, d.key.Reveal())}
}

// begin readies the draws for a value.
func (d *draws) begin(text []byte, r *about) {
	d.mac.Reset()
	if d.apart {
		d.mac.Write(r.digest[:])
	}
	d.mac.Write(text)
	d.seed = d.mac.Sum(d.seed[:0])
	d.sum = append(d.sum[:0], d.seed...)
	d.at = 0
	d.block = [8]byte{}
}

// below draws a number from 0 up to, and without, n. The numbers differ in
// likelihood by less than n in 2^64.
func (d *draws) below(n uint64) uint64 {
	if d.at == len(d.sum) {
		binary.BigEndian.PutUint64(d.block[:], binary.BigEndian.Uint64(d.block[:])+1)
		d.mac.Reset()
		d.mac.Write(d.seed)
		d.mac.Write(d.block[:])
		d.sum = d.mac.Sum(d.sum[:0])
		d.at = 0
	}
	high, _ := bits.Mul64(binary.BigEndian.Uint64(d.sum[d.at:]), n)
	d.at += 8
	return high
}
