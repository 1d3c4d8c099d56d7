package stream

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// ErrNumber says that [Canonical] was given a number that canonical JSON cannot
// carry exactly: write 64-bit integers as strings.
var ErrNumber = errors.New("number beyond 2^53: write 64-bit integers as strings")

// Canonical is v in RFC 8785 canonical JSON: what signatures and hashes are
// over. v is anything that encoding/json takes. It returns an error wrapping
// [ErrNumber] for an integer beyond 2^53.
func Canonical(v any) ([]byte, error) {
	var plain bytes.Buffer
	enc := json.NewEncoder(&plain)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(&plain)
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return nil, err
	}
	return appendCanonical(make([]byte, 0, plain.Cap()), tree)
}

func appendCanonical(b []byte, v any) ([]byte, error) {
	var err error
	switch v := v.(type) {
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.SortFunc(names, compareUTF16)
		b = append(b, '{')
		for i, name := range names {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendCanonicalString(b, name), ':')
			if b, err = appendCanonical(b, v[name]); err != nil {
				return nil, err
			}
		}
		return append(b, '}'), nil
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = appendCanonical(b, e); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	case string:
		return appendCanonicalString(b, v), nil
	case json.Number:
		return appendCanonicalNumber(b, v.String())
	case bool:
		return strconv.AppendBool(b, v), nil
	}
	return append(b, "null"...), nil
}

// compareUTF16 orders names by their UTF-16 code units (RFC 8785 §3.2.3), which
// differs from byte order only beyond the basic plane.
func compareUTF16(a, b string) int {
	const firstAboveSurrogates = '\uE000'
	high := func(r rune) bool { return r >= firstAboveSurrogates }
	if !strings.ContainsFunc(a, high) && !strings.ContainsFunc(b, high) {
		return strings.Compare(a, b)
	}
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// appendCanonicalString writes a string as RFC 8785 §3.2.2.2 does. The decoder
// has replaced what is not UTF-8.
func appendCanonicalString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\b':
			b = append(b, `\b`...)
		case c == '\f':
			b = append(b, `\f`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c < ' ':
			b = fmt.Appendf(b, `\u%04x`, c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// appendCanonicalNumber writes a number as ECMAScript does (RFC 8785 §3.2.2.3).
func appendCanonicalNumber(b []byte, text string) ([]byte, error) {
	if !strings.ContainsAny(text, ".eE") {
		if n, err := strconv.ParseInt(text, 10, 64); err != nil || n > 1<<53 || n < -1<<53 {
			return nil, ErrNumber
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("%w: beyond any double", ErrNumber)
	}
	if f == 0 {
		return append(b, '0'), nil // minus zero too
	}
	// encoding/json writes the shortest form with ECMAScript's exponents.
	out, err := json.Marshal(f)
	return append(b, out...), err
}
