package masking

import (
	"bytes"
	"errors"

	"lethe/masking/subject"
	"lethe/stream/scan"
)

// Subject says whose data the rows of a stream are.
type Subject struct {
	Column string // that leads to the person; "" if the rows are about nobody
	Domain string // the element that the column is about: ids of one domain are one person's in every stream
}

// whose finds the subject of a row.
type whose struct {
	name    string // of the column
	digests *subject.Digester
	normal  normalForm

	scan         scan.Scanner
	text, normed []byte
	// The last id and its digest: it stands in key, before and after.
	last   []byte
	digest [32]byte
	known  bool
}

func (c *compiler) buildWhose() {
	s := c.plan.Subject
	if s.Column == "" {
		return
	}
	normal, _ := normalOf("", nil)
	for _, f := range c.plan.Fields {
		if f.Path == EscapeName(s.Column) {
			normal, _ = normalOf(f.Normal, f.Params)
		}
	}
	digests, err := subject.NewDigester(c.shop.keys, s.Domain)
	if err != nil {
		c.fault(EscapeName(s.Column), "subject", "subject: "+err.Error(), "check the keyring")
		return
	}
	c.program.whose = &whose{name: s.Column, digests: digests, normal: normal}
}

// NewIdentifier returns what makes the digest of an id of the plan's subject, as it
// stands in the subject's column; false for the id of nobody. It is used by one
// goroutine. The error is a Fault if the plan has no subject.
func NewIdentifier(plan Plan, keys Keyring) (func(id []byte) (digest [32]byte, ok bool), error) {
	c := &compiler{plan: plan, shop: workshop{stream: plan.Stream, keys: keys}}
	if c.buildWhose(); c.program.whose == nil {
		if len(c.faults) == 0 {
			c.fault("", "subject", "the stream's rows are about nobody", "name a stream that has a subject")
		}
		return nil, errors.Join(c.faults...)
	}
	s := c.program.whose
	return func(id []byte) (digest [32]byte, ok bool) {
		s.normed = s.normal(s.normed[:0], id)
		s.digests.Digest(&digest, s.normed)
		return digest, len(s.normed) > 0
	}, nil
}

func (s *whose) fresh() *whose {
	return &whose{name: s.name, digests: s.digests.Clone(), normal: s.normal}
}

// find says in r whose data the row in src is, which begins with an object. A
// malformed one has no subject: who walks it refuses it.
func (s *whose) find(r *about, src []byte) {
	r.known = false
	text, ok := s.column(src)
	if !ok {
		return
	}
	if !s.known || !bytes.Equal(text, s.last) {
		s.last = append(s.last[:0], text...)
		s.normed = s.normal(s.normed[:0], text)
		s.digests.Digest(&s.digest, s.normed)
		s.known = true
	}
	r.digest, r.known = s.digest, len(s.normed) > 0
}

// column returns the text of the subject's column. A null is nobody, and so is
// an object or array.
func (s *whose) column(src []byte) (text []byte, ok bool) {
	s.scan.Reset(src)
	more, err := s.scan.Enter('{')
	for ; more && err == nil; more, err = s.scan.More('{') {
		name, err := s.scan.Name()
		if err != nil {
			return nil, false
		}
		body := name.Raw
		if name.Escaped {
			s.text = name.Append(s.text[:0])
			body = s.text
		}
		if string(body) != s.name {
			if _, err := s.scan.Skip(); err != nil {
				return nil, false
			}
			continue
		}
		switch s.scan.Peek() {
		case '"':
			t, err := s.scan.String()
			if err != nil || !t.Escaped {
				return t.Raw, err == nil
			}
			s.text = t.Append(s.text[:0])
			return s.text, true
		case 'n', '{', '[':
			return nil, false
		}
		raw, err := s.scan.Skip()
		return raw, err == nil
	}
	return nil, false
}
