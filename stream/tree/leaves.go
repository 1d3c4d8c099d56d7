// Package tree makes the leaves of records and the roots over leaves, as
// stream's FORMAT.md has them under "Leaves and roots". Both are hashed many at
// once.
//
// Its words are RFC 6962's. It is the writers' way to hash; whoever verifies has
// one of their own.
//
// Promises it upholds:
//
//	L4 provable     leaves and roots are what FORMAT.md and RFC 6962 say
//	L6 same again   they do not depend on machine, batch or order of hashing
package tree

import (
	"encoding/binary"

	"lethe/stream"
	"lethe/stream/lanes"
)

// pending is how many records wait for each other: enough to keep the lanes at
// work, few enough that they lie in the cache when they are hashed. Long ones wait
// for fewer.
const (
	pending     = 64
	pendingText = 256 << 10
)

// Leaves makes leaves of records. The zero value is ready. It is used by one
// goroutine at a time.
type Leaves struct {
	hasher   lanes.Hasher
	messages []lanes.Message
	spots    []spot
	buf      []byte
}

// spot is where a leaf goes: the list may move while it grows.
type spot struct {
	list *[]stream.Hash
	at   int
}

// Add appends the leaf of one record to list; it is there once Flush was called.
// It is the SHA-256 of 0x00 and the record's preimage, see [AppendPreimage]. Leaves keeps
// none of the slices.
func (l *Leaves) Add(list *[]stream.Hash, salt, key, value, seq, unchanged []byte) {
	from := len(l.buf)
	b := AppendPreimage(append(l.buf, 0x00), salt, key, value, seq, unchanged)
	l.buf = b
	l.messages = append(l.messages, lanes.Message{Data: b[from:]})
	l.spots = append(l.spots, spot{list, len(*list)})
	*list = append(*list, stream.Hash{})
	if len(l.messages) == pending || len(b) >= pendingText {
		l.Flush()
	}
}

// Flush hashes what was added.
func (l *Leaves) Flush() {
	for i, s := range l.spots {
		l.messages[i].Out = (*[lanes.Size]byte)(&(*s.list)[s.at])
	}
	l.hasher.Sum(l.messages)
	clear(l.messages)
	clear(l.spots)
	l.messages, l.spots, l.buf = l.messages[:0], l.spots[:0], l.buf[:0]
}

// AppendPreimage appends what the leaf of a record commits to. Nil slices are null; seq
// and unchanged are the header values as written:
//
//	salt[16] ‖ len,key ‖ len,value ‖ len,seq ‖ len,unchanged
//
// with lengths as u32 big-endian and 0xFFFFFFFF for null (L4).
func AppendPreimage(b, salt, key, value, seq, unchanged []byte) []byte {
	b = append(b, salt...)
	b = appendField(b, key)
	b = appendField(b, value)
	b = appendField(b, seq)
	return appendField(b, unchanged)
}

func appendField(b, v []byte) []byte {
	if v == nil {
		return binary.BigEndian.AppendUint32(b, 0xFFFFFFFF)
	}
	return append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...)
}
