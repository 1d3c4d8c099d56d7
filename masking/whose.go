package masking

import (
	"bytes"

	"lethe/masking/subject"
	"lethe/stream/scan"
)

// Subject says whose data the rows of a stream are.
type Subject struct {
	Column string // that leads to the person; "" if the rows are about nobody
	Domain string // the element that the column is about: ids of one domain are one person's in every stream
	// Also is the column of a second person whom each row is about, of AlsoDomain;
	// "" for none. A null in it is nobody.
	Also       string
	AlsoDomain string
}

// Columns are those that lead to a person.
func (s Subject) Columns() (names []string) {
	for _, name := range []string{s.Column, s.Also} {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// whose finds the subjects of a row.
type whose struct {
	first person
	also  *person // nil if rows are about one
	scan  scan.Scanner
	text  []byte
}

// person is a column that leads to a person.
type person struct {
	name    string // of the column
	digests *subject.Digester
	normal  normalForm

	normed []byte
	// The last id and its digest: it stands in key, before and after.
	last   []byte
	digest subject.Digest
	known  bool
}

// buildWhose makes what finds the subjects of the plan's rows; nil without, and
// after a fault.
func (c *compiler) buildWhose() *whose {
	s := c.plan.Subject
	if s.Column == "" {
		return nil
	}
	first := c.person(s.Column, s.Domain)
	var also *person
	if s.Also != "" {
		if also = c.person(s.Also, s.AlsoDomain); also == nil {
			return nil
		}
	}
	if first == nil {
		return nil
	}
	return &whose{first: *first, also: also}
}

// person reads the persons that a column leads to; nil if the keyring cannot tell. An
// operator's parameters say nothing of who is meant: streams that mask an element
// differently have the same persons.
func (c *compiler) person(column, domain string) *person {
	normal, _ := normalOf("", nil)
	for _, f := range c.plan.Fields {
		if f.Path == EscapeName(column) {
			normal, _ = normalOf(f.Normal, nil)
		}
	}
	switch {
	case c.shop.checks:
		return &person{name: column, normal: normal}
	case c.shop.keys == nil:
		c.fault(EscapeName(column), "subject", "subject: there is no keyring", keyringHint)
		return nil
	}
	digests, err := subject.NewDigester(c.shop.keys, domain)
	if err != nil {
		c.fault(EscapeName(column), "subject", "subject: "+err.Error(), keyringHint)
		return nil
	}
	return &person{name: column, digests: digests, normal: normal}
}

func (s *whose) fresh() *whose {
	w := &whose{first: s.first.fresh()}
	if s.also != nil {
		also := s.also.fresh()
		w.also = &also
	}
	return w
}

func (p *person) fresh() person {
	return person{name: p.name, digests: p.digests.Clone(), normal: p.normal}
}

// of gives the digest of an id; false for that of nobody.
func (p *person) of(id []byte) (subject.Digest, bool) {
	if !p.known || !bytes.Equal(id, p.last) {
		p.last = append(p.last[:0], id...)
		p.normed = p.normal(p.normed[:0], id)
		p.digests.Digest(&p.digest, p.normed)
		p.known = true
	}
	return p.digest, len(p.normed) > 0
}

// find says in r whose data the row in src is, which begins with an object. A
// malformed one has no subject: who walks it refuses it. Where it cannot be told who
// the second person is, it is nobody's data: nothing of it may outlive that person.
func (s *whose) find(r *about, src []byte) {
	r.known, r.both = false, false
	text, at := s.column(src, s.first.name)
	if at != someone {
		return
	}
	r.digest, r.known = s.first.of(text)
	if s.also == nil || !r.known {
		return
	}
	switch text, at = s.column(src, s.also.name); at {
	case someone:
		r.other, r.both = s.also.of(text)
		r.known = r.both
	case unresolved:
		r.known = false
	}
}

// Whom a column leads to.
const (
	unresolved = iota // it is not there, or holds an object or array
	nobody            // null
	someone
)

// column returns the text of a subject's column.
func (s *whose) column(src []byte, column string) (text []byte, whom int) {
	s.scan.Reset(src)
	more, err := s.scan.Enter('{')
	for ; more && err == nil; more, err = s.scan.More('{') {
		name, err := s.scan.Name()
		if err != nil {
			return nil, unresolved
		}
		body := name.Raw
		if name.Escaped {
			s.text = name.Append(s.text[:0])
			body = s.text
		}
		if string(body) != column {
			if _, err := s.scan.Skip(); err != nil {
				return nil, unresolved
			}
			continue
		}
		return s.value()
	}
	return nil, unresolved
}

// value reads the value of a subject's column.
func (s *whose) value() (text []byte, whom int) {
	switch s.scan.Peek() {
	case '"':
		t, err := s.scan.String()
		switch {
		case err != nil:
			return nil, unresolved
		case !t.Escaped:
			return t.Raw, someone
		}
		s.text = t.Append(s.text[:0])
		return s.text, someone
	case 'n':
		return nil, nobody
	case '{', '[':
		return nil, unresolved
	}
	raw, err := s.scan.Skip()
	if err != nil {
		return nil, unresolved
	}
	return raw, someone
}
