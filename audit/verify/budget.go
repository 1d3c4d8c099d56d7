package verify

import "errors"

// Limits of what one file may make us hold or do. A file that its sink wrote
// comes nowhere near them; one that was made to be decoded without end stops
// there, and is reported.
const (
	maxHeld    = 512 << 20 // bytes held at once
	maxChanged = 4 << 30   // bytes of rows, of a file that is not the one its receipt names
)

var (
	errHeld    = errors.New("needs more memory than any file of a sink does")
	errChanged = errors.New("holds longer rows than are worth reading in a file that was changed")
)

// budget counts what the decoding of one file holds at a time, before it is
// allocated.
type budget struct {
	limit      int64
	held, peak int64
	rows       int64 // bytes of rows that may still be hashed; below zero for any number
}

// take asks for n bytes more.
func (b *budget) take(n int64) error {
	if n < 0 || n > b.limit-b.held {
		return errHeld
	}
	b.held += n
	b.peak = max(b.peak, b.held)
	return nil
}

// give returns what take was asked for.
func (b *budget) give(n int64) { b.held -= n }

// hash asks to read a row of n bytes.
func (b *budget) hash(n int) error {
	switch {
	case b.rows < 0:
		return nil
	case int64(n) > b.rows:
		return errChanged
	}
	b.rows -= int64(n)
	return nil
}
