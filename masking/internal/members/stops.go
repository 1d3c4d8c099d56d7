package members

import (
	"encoding/binary"
	"math/bits"

	"lethe/stream/scan"
)

// Stops knows where the strings of one text may end, all of them found in one
// pass over it where the CPU has AVX-512. Elsewhere, and with build tag purego, it
// finds each one when it is asked. What it says is the same. It is used by one
// goroutine at a time; the zero value is ready.
type Stops struct {
	src []byte
	// bits has a bit for every byte of src that is a quote, a backslash or a
	// control character, and zeros for at least eight bytes behind; for every byte
	// at all if src is not UTF-8 or does not end in ASCII.
	bits []byte
}

// Read makes s know the stops of src, which is not changed as long as s is asked. It
// holds src until it reads another.
func (s *Stops) Read(src []byte) {
	s.src = src
	if !native || len(src) == 0 {
		return
	}
	size := bitsOf(len(src))
	if len(s.bits) < size {
		s.bits = make([]byte, size+size/4)
	}
	if !findStops(s.bits, src) { // then [scan.String] finds the byte that is none
		for i := range s.bits[:size] {
			s.bits[i] = 0xff
		}
	}
}

// bitsOf is how many bytes the bits of so many bytes take, in words, with those behind.
func bitsOf(n int) int { return (n+63)/64*8 + 8 }

// findStops sets the bits of src and reports whether that is UTF-8 and ends in ASCII, as
// JSON does.
func findStops(bits, src []byte) bool {
	n := len(src)
	wide := stopsOf(&bits[0], &src[0], n)
	return !wide || src[n-1] < 0x80 && validUTF8(&src[0], n)
}

// next returns the index of the first stop at or after i, or len(src).
func (s *Stops) next(i int) int {
	window := binary.LittleEndian.Uint64(s.bits[i>>3:]) >> (i & 7)
	if window != 0 {
		return min(i+bits.TrailingZeros64(window), len(s.src))
	}
	for i = i&^7 + 64; i < len(s.src); i += 64 {
		if window = binary.LittleEndian.Uint64(s.bits[i>>3:]); window != 0 {
			return min(i+bits.TrailingZeros64(window), len(s.src))
		}
	}
	return len(s.src)
}

// String is what [scan.String] gives for the text that s has read.
func (s *Stops) String(i int) (end int, escaped bool) {
	if native {
		if end = s.next(i + 1); end < len(s.src) && s.src[end] == '"' {
			return end + 1, false
		}
	}
	return scan.String(s.src, i)
}
