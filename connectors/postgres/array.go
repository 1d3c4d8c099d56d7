package postgres

import "bytes"

// maxDimensions is PostgreSQL's MAXDIM.
const maxDimensions = 6

// appendArray writes an array's text, {1,2,NULL,"a b"} or nested or with
// bounds before it ([2:3]={…}), as a JSON array. It returns false for what is no
// array; dst may then hold a part of it.
func appendArray(dst []byte, e *encoding, text []byte) ([]byte, bool) {
	if len(text) > 0 && text[0] == '[' {
		i := bytes.IndexByte(text, '=')
		if i < 0 {
			return dst, false
		}
		text = text[i+1:]
	}
	a := arrayReader{text: text, e: e}
	dst, ok := a.level(dst, 1)
	return dst, ok && a.at == len(text)
}

type arrayReader struct {
	text    []byte
	at      int
	e       *encoding
	scratch []byte
}

// level reads one pair of braces.
func (a *arrayReader) level(dst []byte, depth int) ([]byte, bool) {
	if depth > maxDimensions || !a.take('{') {
		return dst, false
	}
	dst = append(dst, '[')
	if a.take('}') {
		return append(dst, ']'), true
	}
	for {
		ok := true
		if a.peek() == '{' {
			dst, ok = a.level(dst, depth+1)
		} else {
			dst, ok = a.element(dst)
		}
		switch {
		case !ok:
			return dst, false
		case a.take('}'):
			return append(dst, ']'), true
		case !a.take(a.e.delim):
			return dst, false
		}
		dst = append(dst, ',')
	}
}

func (a *arrayReader) peek() byte {
	if a.at < len(a.text) {
		return a.text[a.at]
	}
	return 0
}

func (a *arrayReader) take(c byte) bool {
	if a.at < len(a.text) && a.text[a.at] == c {
		a.at++
		return true
	}
	return false
}

func (a *arrayReader) element(dst []byte) ([]byte, bool) {
	if a.take('"') {
		return a.quoted(dst)
	}
	start := a.at
	for a.at < len(a.text) {
		c := a.text[a.at]
		if c == a.e.delim || c == '}' {
			break
		}
		if c == '{' || c == '"' || c == '\\' {
			return dst, false
		}
		a.at++
	}
	raw := a.text[start:a.at]
	switch {
	case len(raw) == 0:
		return dst, false
	case len(raw) == 4 && bytes.EqualFold(raw, []byte("NULL")):
		return append(dst, "null"...), true
	}
	return appendValue(dst, a.e.elem, raw), true
}

// quoted reads up to the closing quote; a backslash takes the next byte as it is.
func (a *arrayReader) quoted(dst []byte) ([]byte, bool) {
	a.scratch = a.scratch[:0]
	for a.at < len(a.text) {
		c := a.text[a.at]
		a.at++
		switch c {
		case '"':
			return appendValue(dst, a.e.elem, a.scratch), true
		case '\\':
			if a.at == len(a.text) {
				return dst, false
			}
			c = a.text[a.at]
			a.at++
		}
		a.scratch = append(a.scratch, c)
	}
	return dst, false
}
