package rows

import (
	"bytes"
	"unicode/utf8"
)

const chunk = 64 << 10

// arena gives out small byte slices from large ones.
type arena struct{ free []byte }

// take returns an empty slice with room for n bytes.
func (a *arena) take(n int) []byte {
	if n > len(a.free) {
		if n > chunk/4 {
			return make([]byte, 0, n)
		}
		a.free = make([]byte, chunk)
	}
	b := a.free[:0:n]
	a.free = a.free[n:]
	return b
}

// validUTF8 returns b with what is no UTF-8 replaced by U+FFFD; nil stays nil.
func validUTF8(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	return bytes.ToValidUTF8(b, []byte("\uFFFD"))
}
