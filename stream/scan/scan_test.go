package scan

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

var (
	escapes = regexp.MustCompile(`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\.`)
	lone    = regexp.MustCompile(`\\u[dD][89a-fA-F]`)
)

// strict says what Value must accept, from encoding/json and the three points
// in which the package is stricter.
func strict(data []byte) bool {
	if !json.Valid(data) || !utf8.Valid(data) {
		return false
	}
	rest := escapes.ReplaceAllFunc(data, func(m []byte) []byte {
		if string(m) == `\u` {
			return m
		}
		return nil
	})
	if lone.Match(rest) {
		return false
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	for depth := 0; ; {
		tok, err := dec.Token()
		if err != nil {
			return true
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > MaxDepth {
				return false
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}

func accepts(data []byte) bool {
	i := Space(data, 0)
	end := Value(data, i, MaxDepth)
	return end >= 0 && Space(data, end) == len(data)
}

// documents are seeds of all fuzz targets.
var documents = []string{
	`{}`, `[]`, `null`, `true`, `false`, `0`, `-0`, `1.5e+10`, `01`, `1.`, `.5`, `-`, `+1`, `1e`, `0x1`, `""`, `"a`, `nul`, `NaN`,
	`{"a":1,"b":[1,2,{"c":null}]}`, `{"a":1,}`, `[1,]`, `{"a" 1}`, `{a:1}`, `{"a":1}}`, ` [ 1 , 2 ] `, "\ufeff{}", "[1]\x00",
	`"\u0041\n\"\\\/"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00"`, `"\ude00\ude00"`, `"\ud83d\ud83d"`, `"\ud83dx"`, `"\ud83d\u0041"`, `"\x41"`, `"\u00g0"`, "\"\x1f\"", "\"\x7f\"",
	"\"\xff\"", "\"\xed\xa0\x80\"", "\"\xc0\x80\"", "\"\xf4\x90\x80\x80\"", `"สมชาย ใจดี"`, "\"\xe0\xb8\"", "\"\xe0\"", `"12345678"`, `"1234567\"`, "\"1234567\xf0\x9f\x98\x80\"",
	strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth), strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1),
	strings.Repeat(`{"a":`, MaxDepth) + "1" + strings.Repeat("}", MaxDepth), strings.Repeat(`{"a":`, MaxDepth+1) + "1" + strings.Repeat("}", MaxDepth+1),
}

func TestGrammarIsThatOfEncodingJSONButForTheStricterPoints(t *testing.T) {
	for _, d := range documents {
		if got, want := accepts([]byte(d)), strict([]byte(d)); got != want {
			t.Errorf("%.40q: accepted %v, want %v", d, got, want)
		}
	}
	for _, d := range []string{"\"\xff\"", `"\ud83d"`, documents[len(documents)-1], documents[len(documents)-3]} {
		if accepts([]byte(d)) || !json.Valid([]byte(d)) {
			t.Errorf("%.40q is one of the stricter points", d)
		}
	}
}

// Every byte at every place of a word, since strings are read a word at a time.
func TestStringsStopAtTheRightByte(t *testing.T) {
	for before := range 18 {
		for b := range 256 {
			for _, tail := range []string{`"`, `x"`, `"xxxxxxxxx`, `\n"\"`} {
				s := `"` + strings.Repeat("z", before) + string([]byte{byte(b)}) + tail
				end, _ := String([]byte(s), 0)
				want := -1
				for n := 1; n <= len(s); n++ {
					if strict([]byte(s[:n])) {
						want = n
						break
					}
				}
				if end != want {
					t.Fatalf("byte %#x after %d, then %q: end %d, want %d", b, before, tail, end, want)
				}
			}
		}
	}
}

func FuzzValue(f *testing.F) {
	for _, d := range documents {
		f.Add([]byte(d))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, want := accepts(data), strict(data); got != want {
			t.Fatalf("accepted %v, want %v", got, want)
		}
	})
}

func FuzzString(f *testing.F) {
	for _, d := range documents {
		f.Add([]byte(d))
		f.Add([]byte(strings.Trim(d, `"`)))
	}
	for _, d := range []string{"ctl \x00\x1f\x7f", "ไทย\xff", "bad \xff\xc3", "\xff" + strings.Repeat("x", 100) + "\"", "12345678\"90\n", "\x19\"\x18\\1234567"} {
		f.Add([]byte(d))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		// Text, quoted and back. What is no UTF-8 becomes U+FFFD byte by byte.
		want := string([]rune(string(data)))
		quoted := AppendQuoted(nil, data)
		end, escaped := String(quoted, 0)
		if end != len(quoted) || escaped != bytes.Contains(quoted, []byte(`\`)) {
			t.Fatalf("quoted: end %d of %d", end, len(quoted))
		}
		var s string
		if err := json.Unmarshal(quoted, &s); err != nil || s != want {
			t.Fatalf("quoted otherwise: %v", err)
		}
		if back := AppendText(nil, quoted[1:end-1]); string(back) != want {
			t.Fatal("not what went in")
		}
		// A string as somebody wrote it, against encoding/json.
		body := append(append([]byte{'"'}, data...), '"')
		end, escaped = String(body, 0)
		if escaped && !bytes.Contains(data, []byte(`\`)) {
			t.Fatal("said to hold escapes")
		}
		if (end == len(body)) != (strict(body)) {
			t.Fatalf("string ends at %d of %d, strict %v", end, len(body), strict(body))
		}
		if end == len(body) {
			var s string
			if err := json.Unmarshal(body, &s); err != nil || s != string(AppendText(nil, data)) {
				t.Fatalf("unescaped otherwise: %v", err)
			}
		}
	})
}
