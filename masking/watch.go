package masking

import (
	"bytes"
	"hash/maphash"
	"math/bits"

	"lethe/stream"
)

// watch follows a share of the keys of a stream and partition for those that
// come again: see stream.KeyCount. It decides nothing. Of keys it holds hashes
// under a seed of its own, which never leave the process (L7).
//
// A transaction that is aborted is processed again, so a record that comes a
// second time is no key that comes a second time: lethe-seq tells them apart.
type watch struct {
	seed  maphash.Seed
	slots []watched // open addressing by hash, at most half full
	used  int
	level uint8 // keys are watched whose hash has so many zero bits at its end
}

type watched struct {
	hash uint64     // 0 for a free slot
	seq  stream.Seq // of its first record, or of the delete
	gone bool       // deleted
}

func newWatch() watch { return watch{seed: maphash.MakeSeed()} }

// hash is that of a key and what is done with it; never 0.
func (s *watch) hash(key []byte, op byte) uint64 {
	return max(1, maphash.Bytes(s.seed, key)^uint64(op)<<32)
}

const (
	fewestSlots = 64
	mostSlots   = 2048
)

// see notes a record of key and op and returns how many keys came again, by
// estimate: mostly 0.
func (s *watch) see(key []byte, op byte, seq *stream.Seq) int64 {
	hash := s.hash(key, op)
	if len(key) == 0 || !s.watches(hash) {
		return 0
	}
	at := s.find(hash)
	switch {
	case at == nil:
		s.add(watched{hash: hash, seq: *seq})
	case bytes.Compare(seq[:], at.seq[:]) <= 0: // processed again
	case at.gone:
		at.gone, at.seq = false, *seq
	default:
		return 1 << s.level
	}
	return 0
}

// forget notes that key was deleted.
func (s *watch) forget(key []byte, seq *stream.Seq) {
	for _, op := range []byte{'c', 'r'} {
		if at := s.find(s.hash(key, op)); at != nil && bytes.Compare(seq[:], at.seq[:]) > 0 {
			at.gone, at.seq = true, *seq
		}
	}
}

func (s *watch) watches(hash uint64) bool {
	return bits.TrailingZeros64(hash) >= int(s.level)
}

func (s *watch) find(hash uint64) *watched {
	if len(s.slots) == 0 {
		return nil
	}
	for i := hash >> 32; ; i++ {
		switch at := &s.slots[i&uint64(len(s.slots)-1)]; at.hash {
		case hash:
			return at
		case 0:
			return nil
		}
	}
}

// add puts x into a free slot. Where there are too many, the table grows, and at
// its largest every other key is watched no more.
func (s *watch) add(x watched) {
	if 2*(s.used+1) > len(s.slots) {
		size := max(fewestSlots, 2*len(s.slots))
		if size > mostSlots {
			size = mostSlots
			s.level++
		}
		old := s.slots
		s.slots, s.used = make([]watched, size), 0
		for _, o := range old {
			if o.hash != 0 && !o.gone && s.watches(o.hash) {
				s.put(o)
			}
		}
	}
	if s.watches(x.hash) {
		s.put(x)
	}
}

func (s *watch) put(x watched) {
	i := x.hash >> 32
	for s.slots[i&uint64(len(s.slots)-1)].hash != 0 {
		i++
	}
	s.slots[i&uint64(len(s.slots)-1)] = x
	s.used++
}
