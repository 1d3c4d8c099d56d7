// Package scan walks JSON bytes once, without making values of them.
//
// It holds RFC 8259's words (object, member, array, number). It accepts exactly
// that grammar, takes its input for hostile (a depth limit, errors instead of
// panics), and quotes nothing of it in an error (L7).
package scan

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// ErrSyntax says that the input is not JSON, or nested too deeply.
var ErrSyntax = errors.New("malformed JSON")

// maxDepth bounds nesting, and so the stack.
const maxDepth = 512

// Scanner is a place in JSON text. The zero Scanner reads nothing; set it up
// with Reset.
type Scanner struct {
	b     []byte
	i     int
	depth int
}

// Reset makes s stand before the first byte of b.
func (s *Scanner) Reset(b []byte) { s.b, s.i, s.depth = b, 0, 0 }

// Peek returns the first byte of what comes next, 0 at the end.
func (s *Scanner) Peek() byte {
	if s.i < len(s.b) && s.b[s.i] > ' ' {
		return s.b[s.i]
	}
	return s.peekSpace()
}

func (s *Scanner) peekSpace() byte {
	for s.i < len(s.b) {
		c := s.b[s.i]
		if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c
		}
		s.i++
	}
	return 0
}

// Took steps over literal, which is a member's name as most writers write it,
// with quotes and colon, if exactly that comes next.
func (s *Scanner) Took(literal string) bool {
	if end := s.i + len(literal); end <= len(s.b) && string(s.b[s.i:end]) == literal {
		s.i = end
		return true
	}
	return false
}

// End returns nil if nothing but space is left.
func (s *Scanner) End() error {
	if s.Peek() != 0 || s.i < len(s.b) {
		return ErrSyntax
	}
	return nil
}

// Enter steps into an object ('{') or array ('['). It reports whether there is
// a first member or element; otherwise the closing byte is consumed.
func (s *Scanner) Enter(open byte) (bool, error) {
	if s.Peek() != open {
		return false, ErrSyntax
	}
	s.i++
	if s.Peek() == open+2 { // ']' is '[' + 2 and '}' is '{' + 2
		s.i++
		return false, nil
	}
	if s.depth++; s.depth > maxDepth {
		return false, ErrSyntax
	}
	return true, nil
}

// More steps over the comma to the next member or element of what Enter(open)
// began, or over the closing byte and reports false.
func (s *Scanner) More(open byte) (bool, error) {
	switch s.Peek() {
	case ',':
		s.i++
		return true, nil
	case open + 2:
		s.i++
		s.depth--
		return false, nil
	}
	return false, ErrSyntax
}

// Name reads a member's name and the colon.
func (s *Scanner) Name() (Text, error) {
	if s.Peek() != '"' {
		return Text{}, ErrSyntax
	}
	t, err := s.String()
	if err != nil {
		return Text{}, err
	}
	if s.Peek() != ':' {
		return Text{}, ErrSyntax
	}
	s.i++
	return t, nil
}

// Null steps over null, if that comes next.
func (s *Scanner) Null() (bool, error) {
	if s.Peek() != 'n' {
		return false, nil
	}
	return true, s.literal("null")
}

// Bool reads true or false.
func (s *Scanner) Bool() (bool, error) {
	if s.Peek() == 't' {
		return true, s.literal("true")
	}
	return false, s.literal("false")
}

func (s *Scanner) literal(w string) error {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return ErrSyntax
	}
	s.i += len(w)
	return nil
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special marks the bytes of w that end a plain run of a string: control
// characters, quote, backslash. Marks above the lowest one may be wrong.
func special(w uint64) uint64 {
	q := w ^ ones*'"'
	e := w ^ ones*'\\'
	return ((w-ones*0x20)&^w | (q-ones)&^q | (e-ones)&^e) & highs
}

// String reads a string.
func (s *Scanner) String() (Text, error) {
	if s.i >= len(s.b) || s.b[s.i] != '"' {
		return Text{}, ErrSyntax
	}
	b, i := s.b, s.i+1
	t := Text{}
	var seen uint64 // the bits of all bytes, for the test of ASCII
	for {
		for i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			if m := special(w); m != 0 {
				n := bits.TrailingZeros64(m) &^ 7 // bits before the marked byte
				seen |= w & (1<<n - 1)
				i += n / 8
				break
			}
			seen |= w
			i += 8
		}
		for i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\' {
			seen |= uint64(b[i]) // the end of the input is near
			i++
		}
		if i >= len(b) {
			return Text{}, ErrSyntax
		}
		switch b[i] {
		case '"':
			t.Raw, t.ASCII = b[s.i+1:i], seen&highs == 0
			s.i = i + 1
			return t, nil
		case '\\':
			n := escapeLen(b[i:])
			if n == 0 {
				return Text{}, ErrSyntax
			}
			t.Escaped = true
			i += n
		default:
			return Text{}, ErrSyntax
		}
	}
}

// escapeLen is the length of the escape that b begins with, 0 if it is none.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(b[2:]); ok {
			return 6
		}
	}
	return 0
}

// Number reads a number and returns its text.
func (s *Scanner) Number() ([]byte, error) {
	b, start := s.b, s.i
	i := start
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch {
	case i < len(b) && b[i] == '0':
		i++
	default:
		n := digits(b, i)
		if n == i {
			return nil, ErrSyntax
		}
		i = n
	}
	if i < len(b) && b[i] == '.' {
		n := digits(b, i+1)
		if n == i+1 {
			return nil, ErrSyntax
		}
		i = n
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		n := digits(b, i)
		if n == i {
			return nil, ErrSyntax
		}
		i = n
	}
	s.i = i
	return b[start:i], nil
}

func digits(b []byte, i int) int {
	for i < len(b) && b[i]-'0' < 10 {
		i++
	}
	return i
}

// Skip steps over any value and returns its text.
func (s *Scanner) Skip() ([]byte, error) {
	c := s.Peek()
	start := s.i
	var err error
	switch c {
	case '"':
		_, err = s.String()
	case '{', '[':
		err = s.skipAll(c)
	case 't', 'f':
		_, err = s.Bool()
	case 'n':
		err = s.literal("null")
	default:
		_, err = s.Number()
	}
	if err != nil {
		return nil, err
	}
	return s.b[start:s.i], nil
}

func (s *Scanner) skipAll(open byte) error {
	more, err := s.Enter(open)
	for more && err == nil {
		if open == '{' {
			if _, err = s.Name(); err != nil {
				return err
			}
		}
		if _, err = s.Skip(); err != nil {
			return err
		}
		more, err = s.More(open)
	}
	return err
}
