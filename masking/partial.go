package masking

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"unicode"
	"unicode/utf8"

	"lethe/masking/internal/digit"
	"lethe/stream"
	"lethe/stream/scan"
)

// partial shows the first or last characters of a value and hides the others.
// At least half of a value's letters and digits are hidden: a value too short for
// that is refused (L1), whatever pads it. One without any is hidden whole; in class
// special it becomes the constant, like null. An empty value stays empty, for there
// is nothing to hide.
func partial() Spec {
	return Spec{
		Name: "partial",
		Help: "shows the first or last characters, at most half of them, and hides the others",
		Params: []Param{
			{Name: "keep_first", Type: ParamNumber, Default: 0, Help: "how many characters at the beginning to show"},
			{Name: "keep_last", Type: ParamNumber, Default: 0, Help: "how many characters at the end to show"},
			{Name: "mask", Type: ParamCharacter, Default: "*", Help: "what stands for a hidden character"},
			{Name: "width", Type: ParamNumber, Default: 0, Help: "how many mask characters stand for the hidden part; 0 for one each"},
		},
		traits: func(p Params) Traits {
			return Traits{Deterministic: true, KeepsFormat: p.number("width", 0) == 0, Collides: true, Clear: true}
		},
		check: func(p Params) error {
			if p.number("keep_first", 0)+p.number("keep_last", 0) == 0 {
				return errors.New("shows nothing: set keep_first or keep_last, or use redact")
			}
			return nil
		},
		// Part of a boolean is all of it.
		refuses: []stream.Base{stream.Array, stream.JSON, stream.Bool},
		output:  toString,
		act:     actMask,
		build: func(f Field, _ workshop) (masker, error) {
			return &partialMasker{
				first:   f.Params.number("keep_first", 0),
				last:    f.Params.number("keep_last", 0),
				hidden:  []rune(f.Params.text("mask", "*"))[0],
				width:   f.Params.number("width", 0),
				special: f.Special,
			}, nil
		},
	}
}

// partialMasker does what partial says.
type partialMasker struct {
	first, last, width int
	hidden             rune // the mask character
	special            bool
	text               []byte
}

func (m *partialMasker) mask(dst []byte, v datum) ([]byte, result) {
	text := v.text
	runes, all := len(text), m.telling(text)
	plain := ascii(text)
	if !plain {
		runes = utf8.RuneCount(text)
	}
	if all == 0 && m.special {
		return dst, hidden
	}
	from, to, hide := 0, len(text), runes
	if all > 0 {
		if hide = runes - m.first - m.last; hide < 1 {
			return dst, declined
		}
		if from, to = m.first, runes-m.last; !plain {
			from, to = runesFromStart(text, m.first), runesFromEnd(text, m.last)
		}
		if hidden := m.telling(text[from:to]); hidden < 1 || hidden < all-hidden {
			// L1: a value too short to hide is an error, never a pass-through.
			return dst, declined
		}
	}
	m.text = append(m.text[:0], text[:from]...)
	if m.width > 0 && hide > 0 {
		hide = m.width
	}
	for ; hide >= 8 && m.hidden < utf8.RuneSelf; hide -= 8 {
		m.text = binary.LittleEndian.AppendUint64(m.text, uint64(m.hidden)*0x0101010101010101)
	}
	for range hide {
		m.text = utf8.AppendRune(m.text, m.hidden)
	}
	m.text = append(m.text, text[to:]...)
	return scan.AppendQuoted(dst, m.text), replaced
}

// telling counts the letters and digits of text. Nothing else hides a value:
// white space and marks pad it, some characters cannot be seen, and mask
// characters look as if they hid something.
func (m *partialMasker) telling(text []byte) int {
	n, i := 0, 0
	if m.hidden >= utf8.RuneSelf || !alphanumeric(byte(m.hidden)) {
		for ; i+8 <= len(text); i += 8 {
			const ones, highs = 0x0101010101010101, 0x8080808080808080
			x := binary.LittleEndian.Uint64(text[i:])
			if x&highs != 0 {
				break
			}
			small := x | 0x20*ones
			letters := (small + (0x80-'a')*ones) &^ (small + (0x7f-'z')*ones)
			digits := (x + (0x80-'0')*ones) &^ (x + (0x7f-'9')*ones)
			n += bits.OnesCount64((letters | digits) & highs)
		}
	}
	for i < len(text) {
		if c := text[i]; c < utf8.RuneSelf {
			if alphanumeric(c) && rune(c) != m.hidden {
				n++
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		i += size
		if (unicode.IsLetter(r) || unicode.IsNumber(r)) && r != m.hidden && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) {
			n++
		}
	}
	return n
}

func alphanumeric(c byte) bool { return c|0x20-'a' <= 25 || digit.Is(c) }

func (m *partialMasker) fresh() masker {
	c := *m
	c.text = nil
	return &c
}

// runesFromStart is where the first n characters of text end.
func runesFromStart(text []byte, n int) int {
	i := 0
	for ; n > 0; n-- {
		_, size := utf8.DecodeRune(text[i:])
		i += size
	}
	return i
}

// runesFromEnd is where the last n characters of text begin.
func runesFromEnd(text []byte, n int) int {
	i := len(text)
	for ; n > 0; n-- {
		_, size := utf8.DecodeLastRune(text[:i])
		i -= size
	}
	return i
}
