package masking

import (
	"errors"
	"unicode/utf8"

	"lethe/stream"
	"lethe/stream/scan"
)

// partial shows the first or last characters of a value and hides the others.
// At least half of a value is hidden: a value too short for that is refused
// (L1). An empty value stays empty, for there is nothing to hide; in class
// special it becomes the constant, like null.
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
		scalar: true,
		output: toString,
		act:    actMask,
		build: func(f Field, _ Keyring, _ secretName) (masker, error) {
			return &partialMasker{
				first:   f.Params.number("keep_first", 0),
				last:    f.Params.number("keep_last", 0),
				hidden:  []byte(f.Params.text("mask", "*")),
				width:   f.Params.number("width", 0),
				special: f.Special,
			}, nil
		},
	}
}

// partialMasker does what partial says.
type partialMasker struct {
	first, last, width int
	hidden             []byte // the mask character
	special            bool
	text               []byte
}

func (m *partialMasker) mask(dst, text []byte) ([]byte, string) {
	runes := utf8.RuneCount(text)
	if runes == 0 {
		if m.special {
			return append(dst, redacted...), ""
		}
		return append(dst, `""`...), ""
	}
	hide := runes - m.first - m.last
	if hide < 1 || hide < runes-hide {
		// L1: a value too short to hide is an error, never a pass-through.
		return dst, stream.ReasonOperator
	}
	m.text = append(m.text[:0], text[:runesFromStart(text, m.first)]...)
	n := hide
	if m.width > 0 {
		n = m.width
	}
	for range n {
		m.text = append(m.text, m.hidden...)
	}
	m.text = append(m.text, text[runesFromEnd(text, m.last):]...)
	return scan.AppendQuoted(dst, m.text), ""
}

func (m *partialMasker) maskNull(dst []byte) []byte { return append(dst, redacted...) }

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
