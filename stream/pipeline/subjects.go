package pipeline

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

	"lethe/stream"
)

// pieceBytes bounds a record of the index of subjects: brokers take it whatever a
// transaction holds.
const pieceBytes = 256 << 10

// concerned writes whom the records of a transaction are about, sealed, in pieces, and
// gives the hash that its receipt names; nil where nobody asked for it.
func (a *auditWriter) concerned(all []stream.Concerned) *stream.Hash {
	if len(all) == 0 {
		return nil
	}
	b := stream.AppendConcerned(nil, all)
	h := stream.Hash(sha256.Sum256(b))
	n := (len(b) + pieceBytes - 1) / pieceBytes
	for i := range n {
		piece := b[i*pieceBytes : min(len(b), (i+1)*pieceBytes)]
		a.write(a.Topics.Subjects(), 0, fmt.Appendf(nil, "%s/%d/%d", h, i, n), a.subjects.Seal(piece))
	}
	return &h
}

// Concerned puts the records of the topic subjects together again. One goroutine uses
// it.
type Concerned struct {
	seal stream.Seal
	// waiting are those of which pieces are missing, by the hash.
	waiting map[stream.Hash]*pieces
}

type pieces struct {
	bodies [][]byte
	left   int
}

// NewConcerned returns one with the workspace's key.
func NewConcerned(keys stream.Keyring) (*Concerned, error) {
	seal, err := newSeal(keys, "subjects")
	return &Concerned{seal, make(map[stream.Hash]*pieces)}, err
}

// Take takes a record. Once an index is whole it gives its hash and what it tells, and
// before that nil. What is not whole, does not open, or is not what its hash says is
// nobody's, and passed over.
func (c *Concerned) Take(key, value []byte) (stream.Hash, []stream.Concerned) {
	var h stream.Hash
	parts := strings.Split(string(key), "/")
	if len(parts) != 3 || h.UnmarshalText([]byte(parts[0])) != nil {
		return h, nil
	}
	i, err := strconv.Atoi(parts[1])
	n, nerr := strconv.Atoi(parts[2])
	const most = 1 << 12
	if err != nil || nerr != nil || n < 1 || n > most || i < 0 || i >= n {
		return h, nil
	}
	body, err := c.seal.Open(value)
	if err != nil {
		return h, nil
	}
	p := c.waiting[h]
	if p == nil || len(p.bodies) != n {
		p = &pieces{make([][]byte, n), n}
		c.waiting[h] = p
	}
	if p.bodies[i] == nil {
		p.bodies[i] = body
		p.left--
	}
	if p.left > 0 {
		return h, nil
	}
	delete(c.waiting, h)
	var whole []byte
	for _, b := range p.bodies {
		whole = append(whole, b...)
	}
	all, err := stream.ReadConcerned(whole)
	if err != nil || stream.Hash(sha256.Sum256(whole)) != h {
		return h, nil
	}
	return h, all
}
