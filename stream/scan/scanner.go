package scan

import "errors"

// ErrSyntax says that the input is not JSON as this package takes it. It is the
// only error there is, and says nothing of the input (L7).
var ErrSyntax = errors.New("malformed JSON")

// Scanner is a place in JSON text. The zero Scanner reads nothing; set it up
// with Reset. After an error it is of no more use until the next Reset.
type Scanner struct {
	b     []byte
	i     int
	depth int // objects and arrays that are open
}

// Text is a string as it is written, without its quotes.
type Text struct {
	Raw     []byte
	Escaped bool // Raw holds escapes; otherwise it is the string itself
}

// Append appends the string to dst, its escapes undone. It is never longer than
// Raw.
func (t Text) Append(dst []byte) []byte { return AppendText(dst, t.Raw) }

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
	if s.i = Space(s.b, s.i); s.i < len(s.b) {
		return s.b[s.i]
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
	if s.Peek() != open || s.depth >= MaxDepth {
		return false, ErrSyntax
	}
	s.i++
	if s.Peek() == open+2 { // ']' is '[' + 2 and '}' is '{' + 2
		s.i++
		return false, nil
	}
	s.depth++
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

// Members steps through an object, and calls each with the name of every member: it reads
// the value, or skips it. What each returns ends it.
func (s *Scanner) Members(each func(name Text) error) error {
	more, err := s.Enter('{')
	for ; more && err == nil; more, err = s.More('{') {
		name, err := s.Name()
		if err != nil {
			return err
		}
		if err := each(name); err != nil {
			return err
		}
	}
	return err
}

// Name reads a member's name and the colon.
func (s *Scanner) Name() (Text, error) {
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
	return true, s.to(Literal(s.b, s.i))
}

// Bool reads true or false.
func (s *Scanner) Bool() (bool, error) {
	c := s.Peek()
	if c != 't' && c != 'f' {
		return false, ErrSyntax
	}
	return c == 't', s.to(Literal(s.b, s.i))
}

// String reads a string.
func (s *Scanner) String() (Text, error) {
	if s.Peek() != '"' {
		return Text{}, ErrSyntax
	}
	end, escaped := String(s.b, s.i)
	if end < 0 {
		return Text{}, ErrSyntax
	}
	t := Text{Raw: s.b[s.i+1 : end-1], Escaped: escaped}
	s.i = end
	return t, nil
}

// Number reads a number and returns its text.
func (s *Scanner) Number() ([]byte, error) {
	s.Peek()
	start := s.i
	end, _ := Number(s.b, start)
	if end < 0 {
		return nil, ErrSyntax
	}
	s.i = end
	return s.b[start:end], nil
}

// Skip steps over any value and returns its text.
func (s *Scanner) Skip() ([]byte, error) {
	s.Peek()
	start := s.i
	if err := s.to(Value(s.b, start, MaxDepth-s.depth)); err != nil {
		return nil, err
	}
	return s.b[start:s.i], nil
}

// to moves to end, which is -1 where something is malformed.
func (s *Scanner) to(end int) error {
	if end < 0 {
		return ErrSyntax
	}
	s.i = end
	return nil
}
