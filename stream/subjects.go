package stream

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
)

// Commitment stands for a person in the index of subjects: a pseudorandom function of
// a constant under the person's own key, the same in every batch of a workspace. Once that
// key is destroyed nobody makes it again, and it is noise that belongs to nobody.
type Commitment [16]byte

// Person is how many records of a share are about a person.
type Person struct {
	Commitment Commitment
	Records    Int64
}

// Concerned is whom the records of a stream are about that a mask transaction
// delivered from one share of its input.
type Concerned struct {
	Stream string
	// Topic, Partition and From are the share's, as the receipt's part has them.
	Topic     string
	Partition int32
	From      int64
	Records   Int64 // all of them
	// Nobody counts the records that name no person, and beside them those of persons
	// who are erased.
	Nobody  Int64
	Persons []Person // sorted, each once
}

// concernedVersion begins the bytes that receipts name.
const concernedVersion = "lethe subjects 1\n"

// personSize is that of a person: commitment and count.
const personSize = 16 + 4

// AppendConcerned appends the bytes of an index to dst, whose hash a receipt names
// (FORMAT.md, "Index of subjects"). It sorts the persons of each, and the whole.
func AppendConcerned(dst []byte, all []Concerned) []byte {
	slices.SortFunc(all, func(a, b Concerned) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.From, b.From), cmp.Compare(a.Stream, b.Stream))
	})
	dst = append(dst, concernedVersion...)
	text := func(s string) { dst = append(binary.BigEndian.AppendUint32(dst, uint32(len(s))), s...) }
	for i := range all {
		c := &all[i]
		slices.SortFunc(c.Persons, func(a, b Person) int { return bytes.Compare(a.Commitment[:], b.Commitment[:]) })
		text(c.Stream)
		text(c.Topic)
		dst = binary.BigEndian.AppendUint32(dst, uint32(c.Partition))
		dst = binary.BigEndian.AppendUint64(dst, uint64(c.From))
		dst = binary.BigEndian.AppendUint32(dst, uint32(c.Records))
		dst = binary.BigEndian.AppendUint32(dst, uint32(c.Nobody))
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(c.Persons)))
		for _, p := range c.Persons {
			dst = append(dst, p.Commitment[:]...)
			dst = binary.BigEndian.AppendUint32(dst, uint32(p.Records))
		}
	}
	return dst
}

var errConcerned = errors.New("not an index of subjects")

// ReadConcerned undoes AppendConcerned.
func ReadConcerned(b []byte) ([]Concerned, error) {
	b, ok := bytes.CutPrefix(b, []byte(concernedVersion))
	if !ok {
		return nil, errConcerned
	}
	var all []Concerned
	number := func() (n uint32) {
		if len(b) < 4 {
			ok = false
			return 0
		}
		n, b = binary.BigEndian.Uint32(b), b[4:]
		return n
	}
	text := func() string {
		n := int(number())
		if !ok || n > len(b) {
			ok = false
			return ""
		}
		s := string(b[:n])
		b = b[n:]
		return s
	}
	for len(b) > 0 {
		c := Concerned{Stream: text(), Topic: text(), Partition: int32(number())}
		high, low := number(), number()
		c.From = int64(high)<<32 | int64(low)
		c.Records, c.Nobody = Int64(number()), Int64(number())
		n := int(number())
		if !ok || n > len(b)/personSize {
			return nil, errConcerned
		}
		c.Persons = make([]Person, n)
		for i := range c.Persons {
			c.Persons[i] = Person{Commitment(b[:16]), Int64(binary.BigEndian.Uint32(b[16:]))}
			b = b[personSize:]
		}
		all = append(all, c)
	}
	return all, nil
}
