package masking

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"lethe/masking/subject"
	"lethe/stream"
	"lethe/stream/lanes"
)

// An encoding writes bytes as characters of so many bits each.
type encoding struct {
	bits   int
	append func(dst, src []byte) []byte
}

func encodingOf(name string) encoding {
	switch name {
	case "base64url":
		return encoding{6, base64.RawURLEncoding.AppendEncode}
	case "base32":
		return encoding{5, base32.StdEncoding.WithPadding(base32.NoPadding).AppendEncode}
	}
	return encoding{4, appendHex}
}

// appendHex does what hex.AppendEncode does, four bytes at a time: most fields are
// written so.
func appendHex(dst, src []byte) []byte {
	for ; len(src) >= 4; src = src[4:] {
		x := uint64(binary.BigEndian.Uint32(src))
		x = (x | x<<16) & 0x0000ffff0000ffff // each half byte
		x = (x | x<<8) & 0x00ff00ff00ff00ff  // into a
		x = (x | x<<4) & 0x0f0f0f0f0f0f0f0f  // byte of its own
		letters := (x + 6*0x0101010101010101) >> 4 & 0x0101010101010101
		dst = binary.BigEndian.AppendUint64(dst, x+'0'*0x0101010101010101+letters*('a'-'0'-10))
	}
	return hex.AppendEncode(dst, src)
}

// hmacSHA256 is operator hmac: the value's keyed digest. The key derives from
// the element domain and the key epoch, so that equal values in one domain give
// equal results in every stream, and in no other domain.
//
// What is hashed is the value's text in its normal form: the text of a string,
// or a number or boolean as JSON writes it. The number 42 and the string "42"
// give one result, since tables often disagree about the type of an id; 42 and
// 42.0 do not.
func hmacSHA256() Spec {
	return Spec{
		Name:   "hmac",
		Help:   "puts the value's HMAC-SHA-256 in its place, under a key of its element domain",
		Domain: true,
		Apart:  true,
		Params: []Param{
			{Name: "encoding", Type: ParamText, Default: "hex", OneOf: []string{"hex", "base64url", "base32"}, Help: "how the digest is written"},
			{Name: "length", Type: ParamNumber, Default: 0, Help: "how many characters of it; 0 for 128 bits (32 in hex)"},
			{Name: "country", Type: ParamText, Default: "", OneOf: countryNames(), Help: "whose numbers have no country code, for normal form e164"},
		},
		traits: func(Params) Traits { return Traits{Deterministic: true, Joinable: true} },
		check: func(p Params) error {
			e, n := hmacLength(p)
			if n*e.bits < leastBits {
				return fmt.Errorf("length %d holds fewer than %d bits: at least %d", n, leastBits, (leastBits+e.bits-1)/e.bits)
			}
			if n > len(e.append(nil, make([]byte, sha256.Size))) {
				return fmt.Errorf("length %d is longer than the digest", n)
			}
			return nil
		},
		refuses: []stream.Base{stream.Array, stream.JSON},
		output:  toString,
		act:     actMask,
		absent:  maskedToo,
		build: func(f Field, shop workshop) (masker, error) {
			key, err := shop.secret("hmac", f)
			if err != nil {
				return nil, err
			}
			normal, _ := normalOf(f.Normal, f.Params)
			m := &hmacMasker{key: lanes.NewKey(key.Reveal()), normal: normal, exact: f.exact, apart: f.Apart, form: new(digestForm)}
			m.form.encoding, m.form.length = hmacLength(f.Params)
			return m, nil
		},
	}
}

// leastBits keeps values apart: two of 2^32 have one digest with a chance of 2^-17.
const leastBits = 80

// maskedToo has null and the empty text masked like any other value.
func maskedToo(_ Field, in *absent) { in.null, in.empty = "", "" }

// hmacLength is how digests are written and how many characters are kept.
func hmacLength(p Params) (encoding, int) {
	e := encodingOf(p.text("encoding", "hex"))
	n := p.number("length", 0)
	if n == 0 {
		n = (128 + e.bits - 1) / e.bits
	}
	return e, n
}

// hmacMasker does what hmac says.
type hmacMasker struct {
	key    *lanes.Key
	normal normalForm
	form   *digestForm
	exact  bool // refuse what is not in its normal form
	apart  bool // the subject's digest goes before the value

	// The last value and the digest asked for it: a key column stands in key,
	// before and after of one record, and most columns do not change.
	last  []byte
	whose subject.Digest
	asked ask
}

func (m *hmacMasker) mask(dst []byte, v datum) ([]byte, result) {
	h := v.row.hashing
	if !h.still(m.asked) || !bytes.Equal(v.text, m.last) || m.apart && m.whose != v.row.digest {
		// L6: nothing but key, subject and normal form goes in, and that is bytes.
		text := h.text
		if m.apart {
			m.whose = v.row.digest
			text = append(text, m.whose[:]...)
		}
		from := len(text)
		text = m.normal(text, v.text)
		if m.exact && !bytes.Equal(text[from:], v.text) {
			return dst, abnormal
		}
		m.asked = h.ask(m.key, text, m.form)
		m.last = append(m.last[:0], v.text...)
	}
	return h.leave(dst, m.asked, m.form), replaced
}

func (m *hmacMasker) fresh() masker {
	c := *m
	c.last, c.asked = nil, ask{}
	return &c
}
