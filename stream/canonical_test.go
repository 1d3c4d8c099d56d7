package stream

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
)

// RFC 8785 appendix B.
func TestL4CanonicalNumbersAreThoseOfTheRFC(t *testing.T) {
	list, err := os.ReadFile("testdata/rfc8785_numbers.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		bits, want, _ := strings.Cut(strings.TrimSpace(line), " ")
		u, err := strconv.ParseUint(bits, 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Canonical(json.Number(strconv.FormatFloat(math.Float64frombits(u), 'e', -1, 64)))
		if err != nil || string(got) != want {
			t.Errorf("%s is written %s, %v; want %s", bits, got, err, want)
		}
	}
	for _, f := range []float64{math.NaN(), math.Inf(1)} {
		if got, err := Canonical(f); err == nil {
			t.Errorf("%v is written %s", f, got)
		}
	}
}

// RFC 8785 §3.2.2 and §3.2.3.
func TestL4CanonicalFormIsThatOfTheRFC(t *testing.T) {
	for in, want := range map[string]string{
		`{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
		  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`: `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
		`{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
		  "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}`: `{"\r":"Carriage Return","1":"One","` + "\u0080" + `":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","` + "\uFB33" + `":"Hebrew Letter Dalet With Dagesh"}`,
		`[]`: `[]`, `{}`: `{}`, `"<&>\u2028\u007f\b\f"`: "\"<&>\u2028\u007f\\b\\f\"",
	} {
		if got, err := Canonical(json.RawMessage(in)); err != nil || string(got) != want {
			t.Errorf("%s\nis written %s, %v\nwant       %s", in, got, err, want)
		}
	}
}

func TestL4CanonicalRefusesIntegersThatItWouldChange(t *testing.T) {
	for _, v := range []any{int64(1<<53 + 1), map[string]any{"n": uint64(math.MaxUint64)}, json.RawMessage("-9007199254740993"), json.RawMessage("1e400")} {
		if got, err := Canonical(v); !errors.Is(err, ErrNumber) {
			t.Errorf("%v is written %s, %v", v, got, err)
		}
	}
	if got, err := Canonical(int64(1 << 53)); err != nil || string(got) != "9007199254740992" {
		t.Errorf("2^53 is written %s, %v", got, err)
	}
}

func FuzzCanonicalIsWhatAnotherWriterGives(f *testing.F) {
	f.Add([]byte(`{"b":[1,2.5e10,"\ud83d\ude00\u0000é"],"a":{"":null,"\ufb33":true,"😀":false}}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := Canonical(json.RawMessage(in))
		if err != nil || bytes.Contains(in, []byte(`\u`)) || !json.Valid(in) || !utf8.Valid(in) {
			return // what is no character becomes U+FFFD here
		}
		want, err := jcs.Transform(in)
		if err != nil {
			return // a name that stands twice is taken once here
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("%q is written %s, another writes %s", in, got, want)
		}
	})
}
