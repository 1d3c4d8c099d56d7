package sqlite

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"sort"
)

// shardRows is how many rows of the state an index holds: about 80 MB.
const shardRows = 2_000_000

// finding is what the state knows of a row.
type finding uint8

const (
	unknown   finding = iota // not given yet
	known                    // given; its digest tells whether it changed
	again                    // met before in this scan
	elsewhere                // of another shard
)

// knowledge tells a scan what was given.
type knowledge interface {
	find(identity) (digest, finding, error)
}

// nothing is the knowledge of an empty state.
type nothing struct{}

func (nothing) find(identity) (digest, finding, error) { return digest{}, unknown, nil }

// index holds the rows of a stream, or a shard of them, in the order of their
// identities, and which of them a scan has met.
type index struct {
	shard, shards int
	ids           []identity
	digests       []digest
	seen          []bool
	start         [1<<16 + 1]int32 // where identities with these first bytes begin
}

// index loads shard of shards. The shard is the first byte of the identity,
// divided; shards is at most 256.
func (st *state) index(id int64, shard, shards int, rows int64) (*index, error) {
	x := &index{shard: shard, shards: shards}
	size := int(rows)/shards + int(rows)/shards/16 + 16
	x.ids, x.digests = make([]identity, 0, size), make([]digest, 0, size)
	low := []byte{byte(shard * 256 / shards)}
	high := []byte{byte((shard+1)*256/shards - 1), 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}
	err := st.query(context.Background(), `SELECT k, d FROM live WHERE stream = ? AND k >= ? AND k < ? ORDER BY k`, func(row []driver.Value) error {
		k, _ := row[0].([]byte)
		d, _ := row[1].([]byte)
		if len(k) != len(identity{}) || len(d) != len(digest{}) {
			return fmt.Errorf("a digest has the wrong length")
		}
		x.ids = append(x.ids, identity(k))
		x.digests = append(x.digests, digest(d))
		return nil
	}, id, low, high)
	if err != nil {
		return nil, fmt.Errorf("read state: %v", err)
	}
	x.seen = make([]bool, len(x.ids))
	at := 0
	for first := range len(x.start) - 1 {
		for at < len(x.ids) && int(binary.BigEndian.Uint16(x.ids[at][:])) < first {
			at++
		}
		x.start[first] = int32(at)
	}
	x.start[len(x.start)-1] = int32(len(x.ids))
	return x, nil
}

// shardsFor is how many shards so many rows need: a power of two.
func shardsFor(rows int64) int {
	n := 1
	for rows/int64(n) > shardRows && n < 256 {
		n *= 2
	}
	return n
}

// find marks the row as met.
func (x *index) find(id identity) (digest, finding, error) {
	if int(id[0])*x.shards/256 != x.shard {
		return digest{}, elsewhere, nil
	}
	i := x.at(id)
	if i < 0 {
		return digest{}, unknown, nil
	}
	if x.seen[i] {
		return x.digests[i], again, nil
	}
	x.seen[i] = true
	return x.digests[i], known, nil
}

// forget lets find meet the row once more.
func (x *index) forget(id identity) {
	if i := x.at(id); i >= 0 {
		x.seen[i] = false
	}
}

// at is where id lies; -1 if it does not.
func (x *index) at(id identity) int {
	first := binary.BigEndian.Uint16(id[:])
	low, high := int(x.start[first]), int(x.start[int(first)+1])
	i := low + sort.Search(high-low, func(i int) bool { return bytes.Compare(x.ids[low+i][:], id[:]) >= 0 })
	if i == high || x.ids[i] != id {
		return -1
	}
	return i
}

// lookup asks the state row by row, for scans of few rows.
type lookup struct {
	st   *state
	id   int64
	seen map[identity]bool
}

func (l *lookup) find(id identity) (d digest, f finding, err error) {
	if l.seen[id] {
		return d, again, nil
	}
	l.seen[id] = true
	err = l.st.lookup.each(context.Background(), func(row []driver.Value) error {
		if b, _ := row[0].([]byte); len(b) == len(d) {
			d, f = digest(b), known
		}
		return nil
	}, l.id, id[:])
	if err != nil {
		return d, unknown, fmt.Errorf("read state: %v", err)
	}
	return d, f, nil
}
