// Package identifiertest makes numbers that pass an identifier's check, for
// tests. They are drawn at random: that one of them was issued to somebody is
// chance. The caller gives the chance too: draw(n) is one of 0 to n-1.
package identifiertest

import (
	"bytes"

	"lethe/masking/detect/identifier"
)

const characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// Random returns a string of the shape; few of them pass a check.
func Random(draw func(n int) int, shape string) []byte {
	b := []byte(shape)
	for i := range b {
		Redraw(draw, shape, b, i)
	}
	return b
}

// Redraw draws b[i] anew, if the shape does not give it.
func Redraw(draw func(n int) int, shape string, b []byte, i int) {
	switch shape[i] {
	case '9':
		b[i] = characters[draw(10)]
	case 'A':
		b[i] = characters[10+draw(26)]
	case 'X':
		b[i] = characters[draw(36)]
	}
}

// Valid returns a compact number of the shape that passes the check of id.
func Valid(draw func(n int) int, id identifier.Identifier, shape string) []byte {
	for {
		if b := Random(draw, shape); id.Check(b) {
			return b
		}
	}
}

// Another returns a number that passes the check as b does and differs from it
// in a few places; it is found sooner than by Valid.
func Another(draw func(n int) int, id identifier.Identifier, shape string, b []byte) []byte {
	next := bytes.Clone(b)
	for range 20_000 {
		copy(next, b)
		for range 2 + draw(3) {
			Redraw(draw, shape, next, draw(len(next)))
		}
		if id.Check(next) && !bytes.Equal(next, b) {
			return next
		}
	}
	return Valid(draw, id, shape)
}
