package members

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"lethe/stream/scan"
)

// documents are seeds of all fuzz targets.
func documents() []string {
	return []string{`{}`, `"a`, `{"a":1,"b":[1,2,{"c":null}]}`, `{"a":1,}`, `{"a" 1}`, ` [ 1 , 2 ] `, `"\u0041\n\"\\\/"`, `"\ud83d"`, "\"\x1f\"", "\"\xff\"", "\"\xed\xa0\x80\"",
		"\"\xf4\x90\x80\x80\"", `"สมชาย ใจดี"`, "\"\xe0\xb8\"", "\"1234567\xf0\x9f\x98\x80\"", "{\"a\":\"\xc3", "{\"a\":\"" + strings.Repeat("ใ", 40) + "\"}"}
}

// sameStops compares what Stops says of every string that may begin in data with
// what String says, and the assembly with plain Go.
func sameStops(t *testing.T, s *Stops, data []byte) {
	t.Helper()
	s.Read(data)
	for i, c := range data {
		if c != '"' {
			continue
		}
		end, escaped := s.String(i)
		if want, wantEscaped := scan.String(data, i); end != want || escaped != wantEscaped && end >= 0 {
			t.Fatalf("string at %d: %d %v, want %d %v\n%q", i, end, escaped, want, wantEscaped, data)
		}
	}
	if len(data) == 0 {
		return
	}
	if !native {
		return
	}
	bits := bytes.Repeat([]byte{0x55}, bitsOf(len(data)))
	ascii := data[len(data)-1] < utf8.RuneSelf
	if valid := findStops(bits, data); valid != (ascii && utf8.Valid(data)) {
		t.Fatalf("UTF-8: %v\n%q", valid, data)
	}
	for i := range 8 * len(bits) {
		stop := i < len(data) && (data[i] == '"' || data[i] == '\\' || data[i] < 0x20)
		if bits[i/8]>>(i%8)&1 == 1 != stop {
			t.Fatalf("byte %d stops: %v\n%q", i, !stop, data)
		}
	}
}

func FuzzStopsAreThoseOfString(f *testing.F) {
	for _, d := range documents() {
		f.Add([]byte(d))
		f.Add([]byte(strings.Repeat("x", 60) + d + d))
	}
	var s Stops
	f.Fuzz(func(t *testing.T, data []byte) { sameStops(t, &s, data) })
}

func TestL1StopsAreThoseOfStringAtEveryPlaceOfABlock(t *testing.T) {
	var s Stops
	pieces := []string{`"`, `\"`, "\\", "\x1f", "\x00", "é", "\xc3", "ใจ", "\xe0\xb9", "\xe0\x80\x80", "\xed\xa0\x80", "😀", "\xf0\x9f\x98", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\x80", "\xff", "\n", "}"}
	for before := range 140 {
		for _, p := range pieces {
			sameStops(t, &s, []byte(strings.Repeat("z", before)+`"`+p+`"`))
			sameStops(t, &s, []byte(`"`+strings.Repeat("z", before)+p+strings.Repeat("y", before%67)+`"`))
			sameStops(t, &s, []byte(`"`+strings.Repeat("ใ", before/3)+strings.Repeat("z", before%3)+p))
		}
	}
	random := rand.New(rand.NewPCG(3, 9))
	for range 3000 {
		var b bytes.Buffer
		for range random.IntN(80) {
			b.WriteString(pieces[random.IntN(len(pieces))][:])
			b.WriteString(strings.Repeat("a", random.IntN(9)))
		}
		sameStops(t, &s, b.Bytes())
	}
}

// stringIsUTF8 is what this machine says of a string, whose bytes up to from are
// ASCII: by its instructions or, without them, as [scan.String] does.
func stringIsUTF8(text *[68]byte, from int) bool {
	if native {
		return validUTF8(&text[0], len(text))
	}
	end, _ := scan.String(text[:], from)
	return end == len(text)
}

// Every sequence of three bytes of which the first is above ASCII, since each of the
// tables sees two.
func TestSequencesOfBytesAreUTF8ByBothWays(t *testing.T) {
	var text [68]byte
	for at := range text {
		text[at] = 'a'
	}
	text[0], text[67] = '"', '"'
	places := []int{1, 61, 62, 63} // of a block
	if !native {
		places = places[3:]
	}
	for _, from := range places {
		for x := 0x800000; x <= 0xffffff; x++ {
			text[from], text[from+1], text[from+2] = byte(x>>16), byte(x>>8), byte(x)
			if x&0xff == '"' || x>>8&0xff == '"' || x&0xff == '\\' || x>>8&0xff == '\\' || x&0xff < ' ' || x>>8&0xff < ' ' {
				continue // of which [scan.String] says more than that
			}
			if stringIsUTF8(&text, from-1) != utf8.Valid(text[:]) {
				t.Fatalf("%#x at %d: UTF-8 %v", x, from, utf8.Valid(text[:]))
			}
			if x&0xff == 0xc1 { // most of the last bytes are alike
				x += 0x3e
			}
		}
		text[from], text[from+1], text[from+2] = 'a', 'a', 'a'
	}
	for x := range 1 << 21 { // and of four that may be one character
		text[30], text[31], text[32], text[33] = 0xf0|byte(x>>18), 0x80|byte(x>>12)&0x3f, 0x80|byte(x>>6)&0x3f, 0x80|byte(x)&0x3f
		if stringIsUTF8(&text, 29) != utf8.Valid(text[:]) {
			t.Fatalf("%#x: UTF-8 %v", x, utf8.Valid(text[:]))
		}
	}
}
