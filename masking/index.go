package masking

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"lethe/masking/subject"
	"lethe/stream"
	"lethe/stream/scan"
)

// index counts whom the records are about that are delivered: by digest, so that what
// costs something is made once for a person and transaction and not for a record.
type index struct {
	persons [2]*person
	text    []byte

	// Of the record in work.
	work []subject.Digest

	met    []met
	slots  []int32 // by the digest's first bits, probed on: 1 + a number of met; 0 is free
	nobody int64   // records that name nobody
	all    int64   // records
	key    subject.Key
}

type met struct {
	digest  subject.Digest
	records int64
}

// buildIndex readies the plan to tell whom its records are about.
func (c *compiler) buildIndex() {
	for k, name := range c.plan.Subject.Columns() {
		i := c.column(EscapeName(name))
		if i < 0 {
			c.fault(EscapeName(name), "subject", "the column leads to a person and has no decision", "give the column an operator")
			return
		}
		c.row.members[i].node.leads |= 1 << k // one column may lead to both
	}
	if c.plan.Subject.Column == "" {
		return
	}
	if err := c.shop.openSubjects(); err != nil {
		hint := keyringHint
		if h := (hinted{}); errors.As(err, &h) {
			hint = h.hint
		}
		c.fault("", "index", "index of subjects: "+err.Error(), hint)
		return
	}
	if c.program.index = c.program.whose; c.program.index == nil {
		c.program.index = c.buildWhose()
	}
}

// newIndex makes an index of the persons of is: those that operators found already,
// where they ask, so that a digest is made once.
func newIndex(is, found *whose) *index {
	if found == nil {
		found = is.fresh()
	}
	return &index{persons: [2]*person{&found.first, found.also}, slots: make([]int32, 64)}
}

func (x *index) begin() { x.work = x.work[:0] }

// meet takes note of the JSON value of a column of a row that leads to persons.
func (x *index) meet(leads uint8, value []byte) {
	text := value
	switch value[0] {
	case '{', '[', 'n':
		return
	case '"':
		if text = value[1 : len(value)-1]; bytes.IndexByte(text, '\\') >= 0 {
			x.text = scan.AppendText(x.text[:0], text)
			text = x.text
		}
	}
	for k, p := range x.persons {
		if leads&(1<<k) == 0 {
			continue
		}
		if digest, ok := p.of(text); ok {
			x.about(&digest)
		}
	}
}

// about notes a person whom the record in work is about: key, before and after name
// one again and again.
func (x *index) about(digest *subject.Digest) {
	for i := range x.work {
		if x.work[i] == *digest {
			return
		}
	}
	x.work = append(x.work, *digest)
}

// deliver counts the record in work.
func (x *index) deliver() {
	x.all++
	if len(x.work) == 0 {
		x.nobody++
	}
	for i := range x.work {
		x.slot(&x.work[i]).records++
	}
}

// slot finds a person's count, or makes it.
func (x *index) slot(digest *subject.Digest) *met {
	if 2*len(x.met) >= len(x.slots) {
		x.grow()
	}
	mask := len(x.slots) - 1
	for at := int(binary.LittleEndian.Uint64(digest[:])) & mask; ; at = (at + 1) & mask {
		switch n := x.slots[at]; {
		case n == 0:
			x.met = append(x.met, met{digest: *digest})
			x.slots[at] = int32(len(x.met))
			return &x.met[len(x.met)-1]
		case x.met[n-1].digest == *digest:
			return &x.met[n-1]
		}
	}
}

// grow doubles the room. A digest is keyed: nobody chooses where it comes to lie.
func (x *index) grow() {
	x.slots = make([]int32, 2*len(x.slots))
	mask := len(x.slots) - 1
	for i := range x.met {
		at := int(binary.LittleEndian.Uint64(x.met[i].digest[:])) & mask
		for x.slots[at] != 0 {
			at = (at + 1) & mask
		}
		x.slots[at] = int32(i + 1)
	}
}

// Subjects implements stream.Processor.
func (w *Rewriter) Subjects(to *stream.Concerned) error {
	x := w.index
	if x == nil {
		return nil
	}
	to.Records += stream.Int64(x.all)
	to.Nobody += stream.Int64(x.nobody)
	for i := range x.met {
		m := &x.met[i]
		switch _, err := w.row.subjects.Key(&m.digest, &x.key); {
		case errors.Is(err, subject.ErrErased):
			to.Nobody += stream.Int64(m.records) // L5: nothing tells any more who it is
		case err != nil:
			return fmt.Errorf("key of a subject: %w", err)
		default:
			to.Persons = append(to.Persons, stream.Person{Commitment: subject.Commit(&x.key), Records: stream.Int64(m.records)})
		}
	}
	clear(x.key[:])
	clear(x.slots)
	x.met, x.nobody, x.all = x.met[:0], 0, 0
	return nil
}
