package conform

import (
	"bytes"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"lethe/masking/internal/calendar"
)

// format is a format of strings. plain decides about the ways in which values
// are mostly written and says when it is not sure; then the library does.
type format struct {
	plain func([]byte) (ok, sure bool)
	slow  func(any) bool
}

// formatOf finds a format; nil for one that the library does not know, which
// asks nothing.
func formatOf(name string) *format {
	slow, ok := jsonschema.Formats[name]
	if !ok {
		return nil
	}
	f := &format{slow: slow, plain: func([]byte) (bool, bool) { return false, false }}
	switch name {
	case "date":
		f.plain = plainDate
	case "time":
		f.plain = plainTime
	case "date-time":
		f.plain = plainDateTime
	case "email":
		f.plain = plainEmail
	case "hostname":
		f.plain = func(s []byte) (bool, bool) { return isHostname(s), true }
	case "ipv4", "ip-address":
		f.plain = plainIPv4
	case "uri", "iri":
		f.plain = plainURI
	case "uuid":
		f.plain = func(s []byte) (bool, bool) { return isUUID(s), true }
	}
	return f
}

func (f *format) holds(text []byte) bool {
	if ok, sure := f.plain(text); sure {
		return ok
	}
	return f.slow(string(text))
}

func isDate(s []byte) bool { return len(s) == 10 && calendar.IsDate(s) }

func plainDate(s []byte) (ok, sure bool) { return isDate(s), true }

// plainTime knows times of day in UTC without leap seconds; of the others the
// offset counts.
func plainTime(s []byte) (ok, sure bool) {
	n := len(s) - 1
	ok = n > 0 && s[n] == 'Z' && calendar.IsClock(s[:n])
	return ok, ok
}

func plainDateTime(s []byte) (ok, sure bool) {
	if len(s) < 20 || s[10] != 'T' && s[10] != 't' || !isDate(s[:10]) {
		return false, true
	}
	return plainTime(s[11:])
}

// inLabel says which characters a label of a name may have.
var inLabel = func() (is [256]bool) {
	for c := range is {
		is[c] = byte(c)|0x20-'a' <= 25 || byte(c)-'0' <= 9 || c == '-'
	}
	return is
}()

// isHostname is the library's reading of RFC 1034 and 1123.
func isHostname(s []byte) bool {
	s = bytes.TrimSuffix(s, []byte("."))
	if len(s) > 253 || len(s) == 0 || s[0] == '-' {
		return false
	}
	label := 0
	for i, c := range s {
		if inLabel[c] {
			if label++; label > 63 {
				return false
			}
			continue
		}
		if c != '.' || label == 0 || s[i-1] == '-' {
			return false
		}
		label = 0
	}
	return label > 0 && s[len(s)-1] != '-'
}

// plainEmail knows addresses of a host whose local part needs no quotes.
func plainEmail(s []byte) (ok, sure bool) {
	at := bytes.LastIndexByte(s, '@')
	if at < 0 || len(s) > 254 || at > 64 {
		return false, true
	}
	local, host := s[:at], s[at+1:]
	if len(host) >= 2 && host[0] == '[' {
		return false, false
	}
	if !isHostname(host) {
		return false, true
	}
	if at == 0 || local[0] == '.' || local[at-1] == '.' || host[len(host)-1] == '.' {
		return false, false
	}
	for i, c := range local {
		switch {
		case inLabel[c], c == '_', c == '+':
		case c == '.' && local[i-1] != '.':
		default:
			return false, false
		}
	}
	return true, true
}

// plainIPv4 knows addresses of four numbers without sign.
func plainIPv4(s []byte) (ok, sure bool) {
	groups, n, length := 1, 0, 0
	for i, c := range s {
		switch {
		case c == '.':
			if length == 0 {
				return false, true
			}
			groups++
			n, length = 0, 0
		case c-'0' > 9:
			return false, false
		case length == 3 || length > 0 && s[i-length] == '0':
			return false, false
		default:
			n, length = n*10+int(c-'0'), length+1
			if n > 255 {
				return false, true
			}
		}
	}
	return groups == 4 && length > 0, true
}

// plainURI knows addresses of the web that need no escapes.
func plainURI(s []byte) (ok, sure bool) {
	rest, found := bytes.CutPrefix(s, []byte("http"))
	rest = bytes.TrimPrefix(rest, []byte("s"))
	if rest, ok = bytes.CutPrefix(rest, []byte("://")); !found || !ok {
		return false, false
	}
	i := 0
	for i < len(rest) && (rest[i]|0x20-'a' <= 25 || rest[i]-'0' <= 9 || rest[i] == '.' || rest[i] == '-') {
		i++
	}
	if i < len(rest) && rest[i] != '/' {
		return false, false
	}
	for _, c := range rest[i:] {
		if c|0x20-'a' > 25 && c-'0' > 9 && bytes.IndexByte([]byte("-._~/?#&=+,;:@"), c) < 0 {
			return false, false
		}
	}
	return true, true
}

func isUUID(s []byte) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	for i, c := range s {
		if c-'0' > 9 && c|0x20-'a' > 5 && (c != '-' || i != 8 && i != 13 && i != 18 && i != 23) {
			return false
		}
	}
	return true
}
