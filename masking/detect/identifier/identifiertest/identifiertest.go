// Package identifiertest makes numbers that pass an identifier's check, for
// tests. They are drawn at random: that one of them was issued to somebody is
// chance.
package identifiertest

import (
	"bytes"
	"math/rand/v2"

	"lethe/masking/detect/identifier"
)

const characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// Random returns a string of the shape; few of them pass a check.
func Random(rng *rand.Rand, shape string) []byte {
	b := []byte(shape)
	for i := range b {
		Redraw(rng, shape, b, i)
	}
	return b
}

// Redraw draws b[i] anew, if the shape does not give it.
func Redraw(rng *rand.Rand, shape string, b []byte, i int) {
	switch shape[i] {
	case '9':
		b[i] = characters[rng.IntN(10)]
	case 'A':
		b[i] = characters[10+rng.IntN(26)]
	case 'X':
		b[i] = characters[rng.IntN(36)]
	}
}

// Valid returns a compact number of the shape that passes the check of id.
func Valid(rng *rand.Rand, id identifier.Identifier, shape string) []byte {
	for {
		if b := Random(rng, shape); id.Check(b) {
			return b
		}
	}
}

// Another returns a number that passes the check as b does and differs from it
// in a few places; it is found sooner than by Valid.
func Another(rng *rand.Rand, id identifier.Identifier, shape string, b []byte) []byte {
	next := bytes.Clone(b)
	for range 20_000 {
		copy(next, b)
		for range 2 + rng.IntN(3) {
			Redraw(rng, shape, next, rng.IntN(len(next)))
		}
		if id.Check(next) && !bytes.Equal(next, b) {
			return next
		}
	}
	return Valid(rng, id, shape)
}
