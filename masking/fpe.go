package masking

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"lethe/masking/internal/checkdigit"
	"lethe/masking/internal/digit"
	"lethe/masking/internal/ff1"
	"lethe/stream"
	"lethe/stream/scan"
)

// fpe encrypts the digits of a value into digits: FF1 of NIST SP 800-38G with
// AES-128. Everything else stays where it is, so the result has the value's format;
// Thai and full-width digits stay such. It is for identifiers; operator tokenize
// takes any text. A whole number becomes text, since its result may begin with 0.
//
// Digits at the beginning or the end can be kept, and a check digit made right:
// results whose check fails are encrypted again until one holds (cycle walking), so
// it is still a permutation. A value whose encrypted digits have fewer than a million
// results ([ff1.MinDomain]), counted without what is kept and what the check decides, is refused, and
// so is one of more than 256 digits, or whose own check fails.
func fpe() Spec {
	return Spec{
		Name:   "fpe",
		Help:   "encrypts the digits of a value into digits (FF1); who has the key gets the value back",
		Domain: true,
		Params: []Param{
			{Name: "keep_first", Type: ParamNumber, Default: 0, Help: "how many digits at the beginning to keep"},
			{Name: "keep_last", Type: ParamNumber, Default: 0, Help: "how many digits at the end to keep"},
			{Name: "check", Type: ParamText, Default: "none", OneOf: checkNames(), Help: "which check of its digits the result passes, as the value does"},
		},
		traits: func(p Params) Traits {
			shows := p.number("keep_first", 0)+p.number("keep_last", 0) > 0
			return Traits{Deterministic: true, Reversible: true, KeepsFormat: true, Joinable: true, Clear: shows, Collides: false}
		},
		check: func(p Params) error {
			if n := p.number("keep_first", 0) + p.number("keep_last", 0); n > mostKept {
				return fmt.Errorf("keeps more than %d digits: an account or a card is told by fewer", mostKept)
			}
			return nil
		},
		refuses: []stream.Base{stream.Array, stream.JSON, stream.Bool, stream.Date, stream.TimeOfDay, stream.Timestamp, stream.TimestampTZ, stream.Bytes, stream.Float, stream.Decimal},
		output:  toString,
		act:     actMask,
		build: func(f Field, shop workshop) (masker, error) {
			keys, err := newPermuter("fpe", f, shop)
			if err != nil {
				return nil, err
			}
			return &fpeMasker{keys: keys, typ: f.Type, first: f.Params.number("keep_first", 0), last: f.Params.number("keep_last", 0),
				check: checkOf(f.Params.text("check", "none"))}, nil
		},
	}
}

// mostKept is what screens and receipts show of a card at most: the first six digits
// and the last four (PCI DSS 4.0, requirement 3.4.1).
const mostKept = 10

// checks are the checks of digits that fpe can keep.
func checks() map[string]func(digits []byte) bool {
	return map[string]func([]byte) bool{"luhn": checkdigit.Luhn, "mod11_th": checkdigit.Thai}
}

func checkNames() []string { return []string{"none", "luhn", "mod11_th"} }

func checkOf(name string) func([]byte) bool { return checks()[name] }

// fpeMasker does what fpe says.
type fpeMasker struct {
	surrogates
	keys        *permuter
	typ         stream.Type
	first, last int
	check       func([]byte) bool // nil for none
	text        []byte
	digits      []byte
}

func (m *fpeMasker) fresh() masker {
	return &fpeMasker{keys: m.keys.fresh(), typ: m.typ, first: m.first, last: m.last, check: m.check}
}

func (m *fpeMasker) mask(dst []byte, v datum) ([]byte, result) {
	if !m.keys.turn(v.row) {
		return dst, ofNobody
	}
	if !m.permute(v.text, m.keys.cipher.Encrypt) {
		return dst, declined
	}
	return scan.AppendQuoted(dst, m.text), replaced
}

// mostLetters is how many letters an identifier may have, which stay, as GB82 WEST of
// an IBAN does. What has more is a text, and who knows what it says (L1).
const mostLetters = 6

// permute writes the text with its digits replaced to m.text.
func (m *fpeMasker) permute(text []byte, by permutation) bool {
	x, radix, letters := m.keys.x[:0], m.keys.radix[:0], 0
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		i += n
		switch zero, ok := digit.Zero(r); {
		case ok:
			x, radix = append(x, uint16(r-zero)), append(radix, 10)
		case unicode.IsDigit(r):
			return false // of a script that is not read: it would stay
		case unicode.IsLetter(r):
			letters++
		}
	}
	m.keys.x, m.keys.radix = x, radix
	if letters > mostLetters {
		return false
	}
	free := len(x) - m.first - m.last
	own := free
	if m.check != nil {
		own-- // the check decides about one
	}
	if len(x) > ff1.MaxLen || own < 1 || !ff1.Domain(radix[:own]) || !m.passes(x) {
		return false
	}
	for range mostSteps {
		by(x[m.first:m.first+free], radix[:free], nil)
		if m.passes(x) {
			m.write(text, x)
			return true
		}
	}
	return false
}

// passes reports whether the digits pass the check, if there is one.
func (m *fpeMasker) passes(x []uint16) bool {
	if m.check == nil {
		return true
	}
	m.digits = m.digits[:0]
	for _, d := range x {
		m.digits = append(m.digits, '0'+byte(d))
	}
	return m.check(m.digits)
}

func (m *fpeMasker) write(text []byte, x []uint16) {
	m.text = m.text[:0]
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		i += n
		if zero, ok := digit.Zero(r); ok {
			r = zero + rune(x[0])
			x = x[1:]
		}
		m.text = utf8.AppendRune(m.text, r)
	}
}
