package masking

import (
	"bytes"
	"unicode/utf8"

	"lethe/masking/internal/digit"
	"lethe/masking/internal/ff1"
	"lethe/stream"
	"lethe/stream/scan"
)

// tokenize puts a surrogate in the value's place that has its type, length and
// look: a letter for each letter of the same alphabet and case, a digit for each
// digit, everything else as it is. There is no table: the surrogate is a keyed
// permutation of the value (FF1's network with a radix for each place), so that
// equal values have one surrogate, two values never have, and who has the key gets
// the value back.
//
// A whole number of fewer than ten digits becomes one below 10⁹: among fewer it
// could be tried through. Any other value with fewer than a million possible
// surrogates ([ff1.MinDomain]) is refused, and so are letters of an alphabet that is in no kin, numbers
// with an exponent, and texts with more than 256 letters and digits.
func tokenize() Spec {
	return Spec{
		Name:   "tokenize",
		Help:   "puts a surrogate of the same type, length and look in the value's place; who has the key gets the value back",
		Domain: true,
		traits: func(Params) Traits {
			return Traits{Deterministic: true, Reversible: true, KeepsFormat: true, Joinable: true}
		},
		refuses: []stream.Base{stream.Array, stream.JSON, stream.Bool, stream.Date, stream.TimeOfDay, stream.Timestamp, stream.TimestampTZ, stream.Bytes, stream.Float},
		output:  sameType,
		act:     actMask,
		absent: func(f Field, in *absent) {
			if f.Special {
				in.empty = "" // it is refused like any text that is too short
			}
		},
		build: func(f Field, shop workshop) (masker, error) {
			keys, err := newPermuter("tokenize", f, shop)
			if err != nil {
				return nil, err
			}
			return &tokenizeMasker{keys: keys, look: newLook(), typ: f.Type}, nil
		},
	}
}

// tokenizeMasker does what tokenize says.
type tokenizeMasker struct {
	surrogates
	keys *permuter
	look *look
	typ  stream.Type
	text []byte
}

const (
	// spread is how many digits a short whole number is spread over: as many as fit
	// into 32 bits whatever they are.
	spread = 9
	// mostSteps bounds a walk to a surrogate that the type holds: each step has a
	// chance of one in ten or more.
	mostSteps = 10_000
)

func (m *tokenizeMasker) fresh() masker {
	return &tokenizeMasker{keys: m.keys.fresh(), look: m.look, typ: m.typ}
}

func (m *tokenizeMasker) mask(dst []byte, v datum) ([]byte, result) {
	if !m.keys.turn(v.row) {
		return dst, ofNobody
	}
	out, ok := m.permute(v.text, v.kind == kindNumber || m.typ.Base == stream.Decimal, m.keys.cipher.Encrypt)
	switch {
	case !ok:
		return dst, declined
	case v.kind == kindNumber:
		return append(dst, out...), replaced
	}
	return scan.AppendQuoted(dst, out), replaced
}

// permutation is ff1.Cipher's Encrypt or Decrypt.
type permutation func(x, radix []uint16, tweak []byte)

// permute replaces each place of a text. What it returns is good until the next
// call.
func (m *tokenizeMasker) permute(text []byte, number bool, by permutation) ([]byte, bool) {
	if !number {
		return m.letters(text, by)
	}
	m.text = m.text[:0]
	if text[0] == '-' {
		m.text = append(m.text, '-')
		text = text[1:]
	}
	if !digit.All(text) {
		return m.fraction(text, by)
	}
	return m.whole(text, by)
}

// whole replaces the digits of a whole number.
func (m *tokenizeMasker) whole(digits []byte, by permutation) ([]byte, bool) {
	x, radix := m.keys.x[:0], m.keys.radix[:0]
	for n := len(digits); n < spread; n++ {
		x, radix = append(x, 0), append(radix, 10)
	}
	long := len(digits) > spread
	for i, c := range digits {
		if i == 0 && long {
			x, radix = append(x, uint16(c-'1')), append(radix, 9)
			continue
		}
		x, radix = append(x, uint16(c-'0')), append(radix, 10)
	}
	m.keys.x, m.keys.radix = x, radix
	if len(x) > ff1.MaxLen || long && digits[0] == '0' {
		return nil, false
	}
	sign := len(m.text)
	for range mostSteps {
		by(x, radix, nil)
		m.text = m.text[:sign]
		for i, v := range x {
			c := byte(v) + '0'
			if i == 0 && long {
				c++
			}
			if c != '0' || len(m.text) > sign || i == len(x)-1 {
				m.text = append(m.text, c)
			}
		}
		if m.holds(m.text) {
			return m.text, true
		}
	}
	return nil, false
}

// holds reports whether the column's type has that number. Nothing has a negative
// zero.
func (m *tokenizeMasker) holds(number []byte) bool {
	if string(number) == "-0" {
		return false
	}
	switch m.typ.Base {
	case stream.Int:
		return inRange(number, m.typ.Bits)
	case stream.Decimal:
		return isDecimal(number, m.typ.Precision, m.typ.Scale)
	}
	return true
}

// fraction replaces the digits of a number with a fraction.
func (m *tokenizeMasker) fraction(text []byte, by permutation) ([]byte, bool) {
	dot := bytes.IndexByte(text, '.')
	if dot < 1 || !digit.All(text[:dot]) || !digit.All(text[dot+1:]) {
		return nil, false // an exponent, NaN
	}
	first := dot > 1 // the first digit is none of 0
	x, radix := m.keys.x[:0], m.keys.radix[:0]
	for i, c := range text {
		switch {
		case i == dot:
		case i == 0 && first:
			x, radix = append(x, uint16(c-'1')), append(radix, 9)
		default:
			x, radix = append(x, uint16(c-'0')), append(radix, 10)
		}
	}
	m.keys.x, m.keys.radix = x, radix
	if first && text[0] == '0' || len(x) > ff1.MaxLen || !ff1.Domain(radix) {
		return nil, false
	}
	by(x, radix, nil)
	for i := range text {
		switch {
		case i == dot:
			m.text = append(m.text, '.')
			continue
		case i == 0 && first:
			m.text = append(m.text, byte(x[0])+'1')
		default:
			m.text = append(m.text, byte(x[0])+'0')
		}
		x = x[1:]
	}
	return m.text, true
}

// letters replaces the letters and digits of a text.
func (m *tokenizeMasker) letters(text []byte, by permutation) ([]byte, bool) {
	x, radix := m.keys.x[:0], m.keys.radix[:0]
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		i += n
		k, replaced, ok := m.look.of(r)
		if !ok {
			return nil, false
		}
		if replaced {
			x, radix = append(x, uint16(r-k.first)), append(radix, uint16(k.last-k.first+1))
		}
	}
	m.keys.x, m.keys.radix = x, radix
	if len(x) > ff1.MaxLen || !ff1.Domain(radix) {
		return nil, false
	}
	by(x, radix, nil)
	m.text = m.text[:0]
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		i += n
		if k, replaced, _ := m.look.of(r); replaced {
			r = k.first + rune(x[0])
			x = x[1:]
		}
		m.text = utf8.AppendRune(m.text, r)
	}
	return m.text, true
}
