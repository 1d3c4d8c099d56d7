package masking

import (
	"errors"
	"math"
	"math/bits"
	"unicode/utf8"

	"lethe/masking/internal/digit"
	"lethe/stream"
	"lethe/stream/scan"
)

// noise moves a number up or down by at most bound, or by at most percent of it:
// by at least one unit of its last digit, so that no value passes. Scale, sign and
// type stay, Thai and full-width digits too, and a result is never outside the
// type's range. It works on decimal digits, so that the bytes are the same on every
// machine (L6).
//
// The noise of a value is always the same under one key and domain; under a
// subject if the plan says so. A number of more than 19 digits, one whose last
// digit is coarser than the bound, and what is no number is refused (L1).
func noise() Spec {
	return Spec{
		Name:   "noise",
		Help:   "moves a number up or down by a bounded amount",
		Domain: true,
		Apart:  true,
		Params: []Param{
			{Name: "bound", Type: ParamDecimal, Default: "", Help: "the most that a number moves"},
			{Name: "percent", Type: ParamNumber, Default: "", Help: "the same in percent of the number"},
		},
		traits: func(Params) Traits {
			return Traits{Deterministic: true, KeepsFormat: true, Collides: true, Clear: true}
		},
		check: func(p Params) error {
			if (p["bound"] == nil) == (p["percent"] == nil) {
				return errors.New("how far do numbers move? write one of bound: 100 and percent: 10")
			}
			if n := p.number("percent", 1); n < 1 || n > 100 {
				return errors.New("percent is from 1 to 100")
			}
			return nil
		},
		takes: func(t stream.Type, p Params) bool {
			switch bound, said := decimal(p["bound"]); t.Base {
			case stream.Int:
				n, ok := bound.floor(0)
				return !said || ok && n > 0
			case 0, stream.String, stream.Float, stream.Decimal:
				return true
			}
			return false
		},
		output: sameType,
		act:    actMask,
		absent: func(f Field, in *absent) {
			in.null, in.empty = "null", `""`
			switch {
			case f.Type.Base == 0:
				in.nobody = "null"
			case f.Type.Base != stream.String && !f.Nullable:
				in.nobody = "" // L1: nothing can stand there
			}
		},
		build: func(f Field, shop workshop) (masker, error) {
			d, err := newDraws("noise", f, shop)
			m := &noiseMasker{draws: d, typ: f.Type, percent: uint64(f.Params.number("percent", 0))}
			m.bound, _ = decimal(f.Params["bound"])
			return m, err
		},
	}
}

// noiseMasker does what noise says.
type noiseMasker struct {
	draws   draws
	typ     stream.Type
	bound   figure
	percent uint64 // 0 if a bound is given

	plain, text []byte
}

func (m *noiseMasker) mask(dst []byte, v datum) ([]byte, result) {
	m.plain = appendPlain(m.plain[:0], v.text)
	mantissa, exponent := cutExponent(m.plain)
	f, ok := parseFigure(mantissa)
	e, fits := parseExponent(exponent)
	if !ok || !fits {
		return dst, declined
	}
	most := m.most(f, e)
	low, high, ok := m.around(f, most)
	if most == 0 || !ok {
		return dst, declined
	}
	m.draws.begin(m.plain, v.row)
	n := low + m.draws.below(high-low)
	if n >= f.digits { // never the value itself
		n++
	}
	m.text = append(appendFixed(m.text[:0], f.neg, n, f.scale), exponent...)
	if m.typ.Base == stream.Float && !isFloat(m.text, m.typ.Bits) {
		return dst, declined
	}
	if v.kind == kindNumber {
		return append(dst, m.text...), replaced
	}
	if zero := zeroIn(v.text); zero != '0' {
		m.plain = m.plain[:0]
		for _, c := range m.text {
			if digit.Is(c) {
				m.plain = utf8.AppendRune(m.plain, zero+rune(c-'0'))
			} else {
				m.plain = append(m.plain, c)
			}
		}
		return scan.AppendQuoted(dst, m.plain), replaced
	}
	return scan.AppendQuoted(dst, m.text), replaced
}

// zeroIn is the zero of the first digit in text.
func zeroIn(text []byte) rune {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		i += n
		if zero, ok := digit.Zero(r); ok {
			return zero
		}
	}
	return '0'
}

// cutExponent cuts a number before its e.
func cutExponent(text []byte) (mantissa, exponent []byte) {
	for i, c := range text {
		if c|0x20 == 'e' {
			return text[:i], text[i:]
		}
	}
	return text, nil
}

// most is how far a number × 10^e moves, in units of its last digit.
func (m *noiseMasker) most(f figure, e int) uint64 {
	if m.percent > 0 {
		high, low := bits.Mul64(f.digits, m.percent)
		part, _ := bits.Div64(high, low, 100)
		return max(part, 1)
	}
	bound := m.bound
	bound.scale += e
	n, ok := bound.floor(f.scale)
	if !ok { // finer than the bound by more digits than can be counted
		return math.MaxInt64
	}
	return uint64(n)
}

// around is the range of magnitudes that a number may move in: its sign stays,
// and so does zero or not for what is below and above.
func (m *noiseMasker) around(f figure, most uint64) (low, high uint64, ok bool) {
	limit := uint64(math.MaxUint64)
	switch m.typ.Base {
	case stream.Int:
		limit = 1<<(m.typ.Bits-1) - 1
		if f.neg {
			limit++
		}
	case stream.Decimal:
		if digits := m.typ.Precision - m.typ.Scale + f.scale; m.typ.Precision > 0 && digits < 20 {
			limit = powerOfTen(digits) - 1
		}
	}
	if f.digits > limit {
		return 0, 0, false
	}
	high = f.digits + min(most, limit-f.digits)
	if low = f.digits - min(most, f.digits); low == 0 && f.digits != 0 {
		low = 1
	}
	return low, high, high > low
}

func powerOfTen(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

func (m *noiseMasker) fresh() masker {
	return &noiseMasker{draws: m.draws.fresh(), typ: m.typ, bound: m.bound, percent: m.percent}
}
