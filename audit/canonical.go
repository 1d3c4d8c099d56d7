package audit

import (
	"bytes"
	"encoding/json"

	"github.com/gowebpki/jcs"
)

// canonical is v in RFC 8785 canonical JSON.
func canonical(v any) ([]byte, error) {
	var plain bytes.Buffer
	enc := json.NewEncoder(&plain)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	// RFC 8785 §3.2.2.3 writes numbers as IEEE doubles: a longer integer would
	// come out as another one.
	if longNumber(plain.Bytes()) {
		return nil, ErrNumber
	}
	return jcs.Transform(plain.Bytes())
}

// longNumber reports whether valid JSON holds a number with more than 15 digits
// in a row; 2^53 has 16.
func longNumber(b []byte) bool {
	digits := 0
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			digits = 0
		case c >= '0' && c <= '9':
			if digits++; digits > 15 {
				return true
			}
		default:
			digits = 0
		}
	}
	return false
}
