package subject

import (
	"encoding/binary"
)

const (
	sets = 256 // a power of two
	ways = 4
)

// cache keeps the keys of the subjects met last, up to 1,024: the fields of a record
// are about one or two, and a subject's records often lie together.
type cache struct {
	sets [sets]struct {
		entries [ways]entry
		next    uint8 // the entry that is given away next
	}
}

// entry is a subject's key.
type entry struct {
	used   bool
	at     Locator
	digest Digest
	key    Key
}

func newCache() *cache { return new(cache) }

// setOf is where a subject may be: a digest's bits are as good as random.
func setOf(digest *Digest) int {
	return int(binary.LittleEndian.Uint16(digest[30:])) % sets
}

func (c *cache) find(digest *Digest) *entry {
	s := &c.sets[setOf(digest)]
	for i := range s.entries {
		if e := &s.entries[i]; e.used && e.digest == *digest {
			return e
		}
	}
	return nil
}

// take gives the subject an entry; the caller fills in the rest.
func (c *cache) take(digest *Digest) *entry {
	s := &c.sets[setOf(digest)]
	e := &s.entries[s.next%ways]
	s.next++
	*e = entry{used: true, digest: *digest}
	return e
}

// clear forgets all keys (L5: none outlives its version of the cover).
func (c *cache) clear() { *c = cache{} }
