package scan

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func skip(b []byte) ([]byte, error) {
	var s Scanner
	s.Reset(b)
	raw, err := s.Skip()
	if err != nil {
		return nil, err
	}
	return raw, s.End()
}

var documents = []string{
	`null`, `true`, `false`, `0`, `-0`, `-1.5e+10`, `1E2`, `""`, `"a"`, ` { } `, `[ ]`, `[1, 2,3]`,
	`{"a":{"b":[null,true,{"c":"d"}]}}`, `"\u00e9\ud83d\ude00\n\\\"\/"`, `"12345678"`, `"1234567\u0041"`,
	`"ข้อมูลส่วนบุคคล"`, `{"a":1,"a":2}`, `"\ud800"`, `"\udc00\ud800"`, `"\ud800\u0041"`,
	``, ` `, `nul`, `nulll`, `01`, `1.`, `.5`, `+1`, `-`, `1e`, `1e+`, `"`, `"\x"`, `"\u12"`, "\"\t\"", `"a`, `[1,]`, `[,1]`,
	`{"a"}`, `{"a":}`, `{a:1}`, `{"a":1,}`, `[`, `{`, `]`, `1 2`, `[1}`, "\"\x00\"", "\"\xff\"", "\"\x7f\"",
	`"12345678` + "\x1f" + `"`, `{"":1}`, "\ufeff1",
}

func FuzzSkipAcceptsWhatJSONIs(f *testing.F) {
	for _, d := range documents {
		f.Add([]byte(d))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		raw, err := skip(b)
		if bytes.Count(b, []byte("["))+bytes.Count(b, []byte("{")) >= maxDepth {
			return
		}
		if valid := json.Valid(b); valid != (err == nil) {
			t.Fatalf("%q: %v, valid is %t", b, err, valid)
		}
		if err == nil && !bytes.Equal(raw, bytes.Trim(b, " \n\r\t")) {
			t.Fatalf("%q: skipped %q", b, raw)
		}
	})
}

func FuzzTextIsWhatJSONDecodes(f *testing.F) {
	for _, d := range documents {
		f.Add([]byte(d))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var want string
		if len(b) == 0 || b[0] != '"' || json.Unmarshal(b, &want) != nil {
			return
		}
		var s Scanner
		s.Reset(b)
		text, err := s.String()
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		if got := string(text.Append(nil)); got != want {
			t.Fatalf("%q: %q, want %q", b, got, want)
		}
		if text.Plain() && string(text.Raw) != want {
			t.Fatalf("%q: said to be plain", b)
		}
	})
}

func TestNestingIsBounded(t *testing.T) {
	deep := strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth)
	if _, err := skip([]byte(deep)); err != nil {
		t.Errorf("%d arrays: %v", maxDepth, err)
	}
	if _, err := skip([]byte(strings.Repeat("[", 10_000_000))); err == nil {
		t.Error("ten million open arrays were accepted")
	}
}
