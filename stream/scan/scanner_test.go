package scan

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// walked reads a value with the Scanner, member by member.
func walked(s *Scanner) error {
	var err error
	switch open := s.Peek(); open {
	case '{', '[':
		more, err := s.Enter(open)
		for more && err == nil {
			if open == '{' {
				if _, err = s.Name(); err != nil {
					return err
				}
			}
			if err = walked(s); err != nil {
				return err
			}
			more, err = s.More(open)
		}
		return err
	case '"':
		_, err = s.String()
	case 't', 'f':
		_, err = s.Bool()
	case 'n':
		_, err = s.Null()
	default:
		_, err = s.Number()
	}
	return err
}

func FuzzScannerAcceptsWhatTheFunctionsDo(f *testing.F) {
	for _, d := range documents {
		f.Add([]byte(d))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		want := accepts(data)
		var s Scanner
		s.Reset(data)
		if err := walked(&s); (err == nil && s.End() == nil) != want {
			t.Fatalf("walked: %v, want %v", err, want)
		}
		s.Reset(data)
		raw, err := s.Skip()
		if ok := err == nil && s.End() == nil; ok != want || ok && !bytes.Equal(raw, bytes.Trim(data, " \n\r\t")) {
			t.Fatalf("skipped %d bytes: %v, want %v", len(raw), err, want)
		}
	})
}

func FuzzScannerGivesTheMembersThatJSONDecodes(f *testing.F) {
	for _, d := range documents {
		f.Add([]byte(d))
	}
	f.Add([]byte(`{ "a" : "b" , "\u0061\n" : "\ud83d\ude00", "":null,"n":-1.5e3 , "l":[{}] }`))
	f.Fuzz(func(t *testing.T, data []byte) {
		want := map[string]json.RawMessage{}
		if !accepts(data) || json.Unmarshal(data, &want) != nil || want == nil {
			return
		}
		got := map[string]json.RawMessage{}
		var s Scanner
		s.Reset(data)
		more, err := s.Enter('{')
		for more && err == nil {
			name, e := s.Name()
			if e != nil {
				t.Fatal(e)
			}
			if !name.Escaped && string(name.Raw) != string(name.Append(nil)) {
				t.Fatal("a name that is said to be plain is not")
			}
			value, e := s.Skip()
			if e != nil {
				t.Fatal(e)
			}
			got[string(name.Append(nil))] = value
			more, err = s.More('{')
		}
		if err != nil || len(got) != len(want) {
			t.Fatalf("%d members, want %d: %v", len(got), len(want), err)
		}
		for k, v := range want {
			if !bytes.Equal(got[k], v) {
				t.Fatal("a member with another value")
			}
		}
	})
}

func TestNestingIsBoundedForTheScannerToo(t *testing.T) {
	for depth, ok := range map[int]bool{MaxDepth: true, MaxDepth + 1: false, 5_000_000: false} {
		text := []byte(strings.Repeat("[", depth) + strings.Repeat("]", depth))
		var s Scanner
		if s.Reset(text); (walked(&s) == nil) != ok {
			t.Errorf("walked through %d arrays: want %v", depth, ok)
		}
		s.Reset(text)
		if _, err := s.Skip(); (err == nil) != ok {
			t.Errorf("skipped %d arrays: want %v", depth, ok)
		}
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	text := []byte(`{"a":["สมชาย ใจดี","line\n\u0e01",-1.5e3,true,null,{"b":"c"}],"b":"` + strings.Repeat("x", 200) + `"}`)
	clear := "a \"quoted\" text of more than thirty-two bytes, ใจดี, \xff"
	buf := make([]byte, 0, 1024)
	var s Scanner
	n := testing.AllocsPerRun(50, func() {
		s.Reset(text)
		if walked(&s) != nil || Value(text, 0, MaxDepth) != len(text) {
			t.Fatal("not read")
		}
		buf = AppendText(buf[:0], text[7:30])
		buf = AppendQuoted(buf[:0], []byte(clear)) // converted in place
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkValue(b *testing.B) {
	text := []byte(`{"id":1000000,"name":"สมชาย ใจดี","note":"prefers e-mail in the morning, asked twice about the \"gold\" card","n":12.5,"tags":["a","b"],"ok":true}`)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if Value(text, 0, MaxDepth) < 0 {
			b.Fatal("not read")
		}
	}
}

func BenchmarkAppendQuoted(b *testing.B) {
	text := []byte(`สมชาย ใจดี prefers e-mail in the morning, asked twice about the "gold" card and once about nothing at all`)
	buf := make([]byte, 0, 256)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		buf = AppendQuoted(buf[:0], text)
	}
}
