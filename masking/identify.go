package masking

import (
	"bytes"
	"errors"

	"lethe/masking/conform"
	"lethe/masking/internal/members"
	"lethe/masking/subject"
	"lethe/stream"
	"lethe/stream/scan"
)

// Identifier tells who is meant by what people write of a plan's subject. It is used
// by one goroutine.
type Identifier struct {
	person person
	field  Field           // the subject's column
	rules  []*conform.Rule // that the contract has for it
}

// NewIdentifier makes one for a column that leads to a subject of a plan. The error is
// a Fault if it leads to none.
func NewIdentifier(plan Plan, column string, keys Keyring) (*Identifier, error) {
	c := &compiler{plan: plan, shop: workshop{stream: plan.Stream, keys: keys}}
	w := c.buildWhose()
	if w == nil {
		if len(c.faults) == 0 {
			c.fault("", "subject", "the stream's rows are about nobody", "name a stream that has a subject")
		}
		return nil, errors.Join(c.faults...)
	}
	i := &Identifier{}
	switch {
	case w.first.name == column:
		i.person = w.first
	case w.also != nil && w.also.name == column:
		i.person = *w.also
	default:
		c.fault(EscapeName(column), "subject", "no column that leads to a subject", "name one of policy.yaml's subjects")
		return nil, errors.Join(c.faults...)
	}
	for _, f := range plan.Fields {
		if f.Path == EscapeName(column) {
			i.field = f
		}
	}
	if plan.Schema != nil {
		i.rules = plan.Schema.Columns[column]
	}
	return i, nil
}

// Digest is who is meant by a line of text: an identifier as the subject's column
// has it, with or without white space around it, in digits of any kind. Where no row
// that was masked can have it, the reason is told, and nobody is meant; what it says
// holds nothing of the text (L7).
func (i *Identifier) Digest(text []byte) (digest subject.Digest, why string) {
	text = bytes.TrimSpace(text)
	t := i.field.Type
	if len(text) == 0 {
		return digest, "empty"
	}
	if n := len(text); n > 1 && text[0] == '"' && text[n-1] == '"' {
		return digest, "in quotes"
	}
	number := t.Base == stream.Int || t.Base == stream.Float
	if number || t.Base == stream.Decimal {
		text = appendPlain(nil, text)
	}
	value := text
	if !number && t.Base != stream.Bool {
		value = scan.AppendQuoted(nil, text)
	}
	var stops members.Stops
	stops.Read(value)
	w := Rewriter{src: value, stops: &stops}
	if end, ok := w.fits(0, &t, false, 1); t.Base != 0 && t.Base != stream.JSON && (!ok || end != len(value)) {
		return digest, "not " + article(t.String())
	}
	for _, r := range i.rules {
		if refused := r.Ask(value); refused != nil {
			return digest, "not what the contract allows"
		}
	}
	digest, someone := i.person.of(text)
	if n := i.field.Normal; !someone || (n == "digits" || n == "e164") && !bytes.ContainsAny(i.person.normed, "0123456789") {
		return digest, "nobody's identifier"
	}
	return digest, ""
}

// article is a noun with its article.
func article(noun string) string {
	if noun[0] == 'i' || noun[0] == 'a' {
		return "an " + noun
	}
	return "a " + noun
}
