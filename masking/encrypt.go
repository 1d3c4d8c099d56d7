package masking

import (
	"lethe/masking/subject"
	"lethe/stream"
)

// encrypt puts a token in the value's place that only reveal opens: AES-SIV under
// the key of the row's subject, bound to stream, path and epoch and, unless it is
// joinable, to the record's place in its source (package subject). Once the subject
// is erased, nobody gets the value back (L5). A value of a row without a subject, or
// of an erased one, is redacted; one about two subjects is gone with either.
func encrypt() Spec {
	joinable := func(p Params) bool { return p.text("joinable", "no") == "yes" }
	return Spec{
		Name: "encrypt",
		Help: "puts the value encrypted under its subject's key in its place; once the subject is erased nobody gets it back",
		Params: []Param{
			{Name: "joinable", Type: ParamText, Default: "no", OneOf: []string{"no", "yes"}, Help: "whether equal values of one subject give equal tokens"},
		},
		traits: func(p Params) Traits {
			return Traits{Deterministic: joinable(p), Reversible: true, Joinable: joinable(p)}
		},
		subject: func(Params) bool { return true },
		refuses: []stream.Base{stream.Array, stream.JSON},
		output:  toString,
		act:     actMask,
		absent:  maskedToo,
		build: func(f Field, shop workshop) (masker, error) {
			sealer, err := shop.sealer()
			if err != nil {
				return nil, err
			}
			return &encryptMasker{sealer: sealer, joinable: joinable(f.Params),
				place: subject.NewField(shop.stream, f.Path, shop.epoch, joinable(f.Params))}, nil
		},
	}
}

// encryptMasker does what encrypt says.
type encryptMasker struct {
	sealer   *subject.Sealer
	place    *subject.Field
	joinable bool
	plain    []byte
}

func (m *encryptMasker) fresh() masker {
	return &encryptMasker{sealer: m.sealer.Clone(), place: m.place, joinable: m.joinable}
}

// What a token holds begins with what the value was.
const (
	sealedNull   = 'n'
	sealedString = 's'
	sealedOther  = 'v' // a number or boolean, as it was written
)

func (m *encryptMasker) mask(dst []byte, v datum) ([]byte, result) {
	if !v.row.keys() {
		return dst, ofNobody
	}
	kind := byte(sealedOther)
	switch v.kind {
	case kindString:
		kind = sealedString
	case kindNull:
		kind = sealedNull
	}
	m.plain = append(append(m.plain[:0], kind), v.text...)
	dst = append(dst, '"')
	dst = m.sealer.Seal(dst, m.plain, m.place, v.row.seq[:], &v.row.of[0], v.row.second())
	clear(m.plain)
	return append(dst, '"'), replaced
}
