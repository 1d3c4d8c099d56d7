package masking

import (
	"errors"
	"slices"

	"lethe/masking/subject"
	"lethe/stream"
	"lethe/stream/scan"
)

// Why a masked value is not given back. An erased subject's is
// [subject.ErrErased], what was never encrypted there [subject.ErrToken].
var (
	ErrRedacted      = errors.New("redacted: there was a value, and it is nowhere in here")
	ErrNotMasked     = errors.New("not a value that this operator makes: see that stream, field and epoch are those of the value")
	ErrNeedsSubject  = errors.New("under its subject's key: say whose it is")
	ErrNeedsPosition = errors.New("bound to its record: say the record's lethe-seq")
)

// RevealKeyring is a Keyring that gives values back.
type RevealKeyring interface {
	SubjectKeyring
	// Find writes the key that a locator names, as [subject.Store.Find] does.
	Find(at subject.Locator, digest *subject.Digest, key *subject.Key) error
}

// Veiled is a masked value, and what it was masked with beside keys.
type Veiled struct {
	Null    bool   // there was none
	Text    []byte // of a string, unescaped; a number as it is written
	Number  bool   // as far as can be seen: the column's type decides
	Subject []byte // whose it is, as in the column that says so; nil if that is not known
	Also    []byte // the second subject, likewise
	Seq     *stream.Seq
}

// Opener gives the values of one field back, which encrypt, tokenize or fpe masked.
// It is used by one goroutine, and cannot tell a surrogate of tokenize or fpe from
// any other text of that look: those carry nothing to check.
type Opener struct {
	masker opening
	row    about
	whose  *whose
	find   func(at subject.Locator, digest *subject.Digest, key *subject.Key) error
}

// opening is a masker whose values are given back.
type opening interface {
	masker
	// open appends the JSON of the value to dst.
	open(dst []byte, v Veiled, o *Opener) ([]byte, error)
	// checks reports whether a value that was not masked here is told from one that
	// was.
	checks() bool
	// subjects appends the digests of those whom a masked value is about.
	subjects(dst []subject.Digest, v Veiled, o *Opener) []subject.Digest
}

// NewOpener returns the Opener of the field of a plan at that path, which was masked
// in the keyring's epoch. Its errors are Faults.
func NewOpener(plan Plan, path string, keys RevealKeyring) (*Opener, error) {
	c := &compiler{plan: plan, known: map[stream.FieldCount]int32{}}
	c.shop = workshop{stream: plan.Stream, epoch: keys.Epoch(), keys: keys, subjects: &c.program.subjects}
	i := slices.IndexFunc(plan.Fields, func(f Field) bool { return f.Path == path })
	if i < 0 {
		c.fault(path, "field", "no field of that name is masked", "lethe check --explain "+plan.Stream+"/"+path)
		return nil, c.faults[0]
	}
	f := plan.Fields[i]
	op, ok := Lookup(f.Operator)
	if !ok || !op.Traits(f.Params).Reversible {
		c.fault(path, "irreversible", "it is masked by "+f.Operator+", which nobody takes back", "values are given back of encrypt, tokenize and fpe")
		return nil, c.faults[0]
	}
	if (f.Erasable || op.Subject(f.Params)) && !c.underSubject(f, op) {
		return nil, errors.Join(c.faults...)
	}
	m, ok := c.build(f, op)
	if !ok {
		return nil, errors.Join(c.faults...)
	}
	o := &Opener{masker: m.fresh().(opening), whose: c.program.whose, find: keys.Find}
	if c.program.subjects != nil {
		o.row.subjects = c.program.subjects.Clone()
	}
	return o, nil
}

// Open appends the JSON of what was masked to dst.
func (o *Opener) Open(dst []byte, v Veiled) ([]byte, error) {
	if v.Null {
		return append(dst, "null"...), nil
	}
	if !v.Number && string(v.Text) == redacted[1:len(redacted)-1] {
		return dst, ErrRedacted
	}
	o.identify(v)
	return o.masker.open(dst, v, o)
}

// Checks reports whether a value that was not masked here is told from one that was.
func (o *Opener) Checks() bool { return o.masker.checks() }

// Subjects appends the digests of those whom a masked value is about, as far as it
// or who asks says so. It needs no subject's key.
func (o *Opener) Subjects(dst []subject.Digest, v Veiled) []subject.Digest {
	return o.masker.subjects(dst, v, o)
}

// surrogates is what maskers have in common whose results look like values: they carry
// nothing to check, and who asks says whose they are.
type surrogates struct{}

func (surrogates) checks() bool { return false }

func (surrogates) subjects(dst []subject.Digest, v Veiled, o *Opener) []subject.Digest {
	if o.identify(v); o.row.known {
		dst = append(dst, o.row.digest)
	}
	if o.row.both {
		dst = append(dst, o.row.other)
	}
	return dst
}

// identify finds whose a masked value is.
func (o *Opener) identify(v Veiled) {
	o.row.known, o.row.both, o.row.failed = false, false, nil
	if o.whose == nil || len(v.Subject) == 0 {
		return
	}
	o.row.digest, o.row.known = o.whose.first.of(v.Subject)
	if o.whose.also != nil && len(v.Also) > 0 {
		o.row.other, o.row.both = o.whose.also.of(v.Also)
		o.row.known = o.row.known && o.row.both
	}
}

// turned readies a permuter for a masked value.
func (o *Opener) turned(p *permuter) error {
	switch {
	case p.under && !o.row.known:
		return ErrNeedsSubject
	case p.turn(&o.row):
		return nil
	case o.row.failed != nil:
		return o.row.failed
	}
	return subject.ErrErased
}

func (m *encryptMasker) checks() bool { return true }

// subjects reads them in the locators: without keys nothing opens.
func (m *encryptMasker) subjects(dst []subject.Digest, v Veiled, _ *Opener) []subject.Digest {
	m.sealer.Open(nil, v.Text, m.place, nil, func(_ subject.Locator, digest *subject.Digest, _ *subject.Key) error {
		dst = append(dst, *digest)
		return nil
	})
	return dst
}

func (m *encryptMasker) open(dst []byte, v Veiled, o *Opener) ([]byte, error) {
	var seq []byte
	switch {
	case v.Seq != nil:
		seq = v.Seq[:]
	case !m.joinable:
		return dst, ErrNeedsPosition
	}
	var err error
	m.plain, err = m.sealer.Open(m.plain[:0], v.Text, m.place, seq, o.find)
	defer clear(m.plain)
	switch {
	case err != nil:
		return dst, err
	case len(m.plain) == 0:
		return dst, ErrNotMasked
	}
	switch m.plain[0] {
	case sealedNull:
		return append(dst, "null"...), nil
	case sealedString:
		return scan.AppendQuoted(dst, m.plain[1:]), nil
	}
	return append(dst, m.plain[1:]...), nil
}

func (m *tokenizeMasker) open(dst []byte, v Veiled, o *Opener) ([]byte, error) {
	if len(v.Text) == 0 {
		return append(dst, `""`...), nil
	}
	if err := o.turned(m.keys); err != nil {
		return dst, err
	}
	// The column's type knows better than who typed the value.
	bare := m.typ.Base == stream.Int || m.typ.Base == 0 && v.Number
	out, ok := m.permute(v.Text, bare || m.typ.Base == stream.Decimal, m.keys.cipher.Decrypt)
	switch {
	case !ok:
		return dst, ErrNotMasked
	case bare:
		return append(dst, out...), nil
	}
	return scan.AppendQuoted(dst, out), nil
}

func (m *fpeMasker) open(dst []byte, v Veiled, o *Opener) ([]byte, error) {
	if len(v.Text) == 0 {
		return append(dst, `""`...), nil
	}
	if err := o.turned(m.keys); err != nil {
		return dst, err
	}
	if !m.permute(v.Text, m.keys.cipher.Decrypt) {
		return dst, ErrNotMasked
	}
	if m.typ.Base == stream.Int {
		return append(dst, m.text...), nil
	}
	return scan.AppendQuoted(dst, m.text), nil
}
