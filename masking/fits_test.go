package masking

import (
	"encoding/base64"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"lethe/stream"
)

var (
	plainDecimal = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
	clockShape   = regexp.MustCompile(`^[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z$`)
	dayShape     = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}`)
)

// textBelongs says of a string's text what textFits must say, by the standard
// library.
func textBelongs(text string, t stream.Type) bool {
	parses := func(layout string) bool { _, err := time.Parse(layout, text); return err == nil }
	switch t.Base {
	case stream.String, stream.JSON:
		return true
	case stream.Float:
		return text == "NaN" || text == "Infinity" || text == "-Infinity"
	case stream.Decimal:
		if t.Precision == 0 {
			return plainDecimal.MatchString(text) || text == "NaN" || text == "Infinity" || text == "-Infinity"
		}
		n, ok := new(big.Rat).SetString(text)
		if !plainDecimal.MatchString(text) || !ok {
			return false
		}
		limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.Precision-t.Scale)), nil)
		_, fraction, _ := strings.Cut(text, ".")
		return n.Abs(n).Cmp(new(big.Rat).SetInt(limit)) < 0 && len(fraction) <= t.Scale
	case stream.Bytes:
		_, err := base64.StdEncoding.DecodeString(text)
		return err == nil && !strings.ContainsAny(text, "\r\n")
	case stream.Date:
		return dayShape.MatchString(text) && parses("2006-01-02Z")
	case stream.TimeOfDay:
		return clockShape.MatchString(text) && parses("15:04:05Z")
	case stream.Timestamp, stream.TimestampTZ:
		return len(text) > 11 && dayShape.MatchString(text) && clockShape.MatchString(text[11:]) && parses("2006-01-02T15:04:05Z")
	}
	return false
}

var texts = []string{
	"", "x", "NaN", "Infinity", "-Infinity", "0", "-0", "007", "12.50", "12.", ".5", "1e5", "+1", "-", "12345678.90", "123456789.90", "0012345678.90", "1.234", "--1",
	"AAAA", "AAA=", "AA==", "A===", "====", "AAA", "AA=A", "AAA\n", "a+/9", "a-_9", "AB==",
	"2026-01-31Z", "2026-02-29Z", "2024-02-29Z", "1900-02-29Z", "2000-02-29Z", "2026-13-01Z", "2026-00-01Z", "2026-01-00Z", "2026-01-32Z", "0001-01-01Z", "2026-1-31Z", "2026-01-31", "12026-01-31Z",
	"15:04:05Z", "24:00:00Z", "23:59:60Z", "15:04:05.1Z", "15:04:05.123456789Z", "15:04:05.1234567890Z", "15:04:05.Z", "15:04:05,1Z", "15:04Z", "Z",
	"2026-01-31T15:04:05Z", "2026-01-31T15:04:05.123456Z", "2026-01-31 15:04:05Z", "2026-01-31T15:04:05+00:00", "2026-01-31T", "infinity", "0044-03-15 BC",
}

var textTypes = []stream.Type{
	{Base: stream.String}, {Base: stream.Float, Bits: 64}, {Base: stream.Decimal}, {Base: stream.Decimal, Precision: 10, Scale: 2}, {Base: stream.Bytes},
	{Base: stream.Date}, {Base: stream.TimeOfDay}, {Base: stream.Timestamp}, {Base: stream.TimestampTZ}, {Base: stream.Bool}, {Base: stream.Int, Bits: 16},
}

func FuzzTextOfTypes(f *testing.F) {
	for _, s := range texts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, typ := range textTypes[1:] {
			if got, want := textFits([]byte(text), &typ), textBelongs(text, typ); got != want {
				t.Errorf("%q as %s: %v, want %v", text, typ, got, want)
			}
		}
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(n, 10) == text {
			for _, width := range []int{16, 32, 64} {
				_, err := strconv.ParseInt(text, 10, width)
				if inRange([]byte(text), width) != (err == nil) {
					t.Errorf("%q in %d bits: %v", text, width, err)
				}
			}
		}
	})
}

func TestValuesInsideAColumnAreOfTheirTypeAsJSONHasThem(t *testing.T) {
	for _, c := range []struct {
		typ       string
		good, bad []string
	}{
		{"decimal", []string{`1`, `-1.5e3`, `"12.50"`}, []string{`"canary"`, `{"a":1}`, `[1]`, `true`}},
		{"decimal(4,2)", []string{`12.5`, `"12.50"`}, []string{`123.5`, `1.234`, `1e1`}},
		{"float64", []string{`1.5`}, []string{`1e999`, `"x"`}},
		{"int32", []string{`7`}, []string{`7.5`, `"7"`}},
		{"bool", []string{`true`}, []string{`"true"`, `1`}},
		{"string", []string{`"x"`}, []string{`1`, `{}`}},
		{"date", []string{`"2026-01-31"`, `"2026-01-31Z"`}, []string{`"canary"`, `"2026-01-32"`, `"2026-01-31T"`, `"2026-01"`}},
		{"time", []string{`"15:04:05"`, `"15:04:05.5Z"`}, []string{`"15:04"`, `"canary:::"`}},
		{"timestamp", []string{`"2026-01-31T15:04:05"`, `"2026-01-31 15:04:05.123Z"`, `"2026-01-31T15:04:05+07:00"`, `"2026-01-31T15:04:05-07"`, `"2026-01-31T15:04:05+0700"`},
			[]string{`"2026-01-31"`, `"2026-01-31T15:04:05 canary"`, `"2026-01-31T15:04:05+"`, `"2026-01-31T15:04:05Zcanary"`, `"2026-01-31T15:04:05+7:0"`, `"2026-01-31T15:04:05+07:canary"`}},
		{"array<date>", []string{`["2026-01-31",null]`}, []string{`["canary"]`, `[{}]`}},
	} {
		typ, err := stream.ParseType(c.typ)
		if err != nil {
			t.Fatal(err)
		}
		w := mustCompile(t, Plan{Stream: "s", Fields: []Field{{Path: "doc.v", Operator: "keep", Type: typ}}})
		for _, v := range c.good {
			if got, rej := row(t, w, `{"doc":{"v":`+v+`}}`); rej != nil || got != `{"doc":{"v":`+v+`}}` {
				t.Errorf("%s: %s became %s, %v", c.typ, v, got, rej)
			}
		}
		for _, v := range c.bad {
			if _, rej := row(t, w, `{"doc":{"v":`+v+`}}`); rej == nil || rej.Reason != "type" || rej.Field != "doc.v" {
				t.Errorf("%s: %s passed: %v", c.typ, v, rej)
			}
		}
	}
}

func TestValuesAreOfTheirTypeOrRefused(t *testing.T) {
	elem := stream.Type{Base: stream.Int, Bits: 16}
	inner := stream.Type{Base: stream.Array, Elem: &elem}
	for _, c := range []struct {
		typ  stream.Type
		good []string
		bad  []string
	}{
		{stream.Type{Base: stream.Bool}, []string{`true`, `false`}, []string{`1`, `"true"`, `[]`}},
		{stream.Type{Base: stream.Int, Bits: 16}, []string{`0`, `32767`, `-32768`}, []string{`-0`, `32768`, `-32769`, `1.0`, `1e2`, `"1"`, `true`, `{}`}},
		{stream.Type{Base: stream.Int, Bits: 64}, []string{`9223372036854775807`, `-9223372036854775808`}, []string{`9223372036854775808`, `-9223372036854775809`, `18446744073709551617`, `99999999999999999999999`}},
		{stream.Type{Base: stream.Float, Bits: 64}, []string{`1`, `-1.5e300`, `1e-400`, `-0.0`, `"NaN"`, `"-Infinity"`}, []string{`1e309`, `-1e99999999`, `1` + strings.Repeat("0", 309), `"1"`, `"nan"`, `true`}},
		{stream.Type{Base: stream.Float, Bits: 32}, []string{`3e38`, `1e-50`}, []string{`1e39`, `1` + strings.Repeat("0", 39)}},
		{stream.Type{Base: stream.String}, []string{`""`, `"x"`}, []string{`1`, `true`, `{}`, `[]`}},
		{stream.Type{Base: stream.Decimal}, []string{`"1"`, `"\u0031.5"`}, []string{`1`, `"1e5"`}},
		{stream.Type{Base: stream.JSON}, []string{`1`, `"x"`, `{"a":[1,{"b":null}]}`, `true`}, nil},
		{inner, []string{`[]`, `[1,null,-5]`, `[ 1 , 2 ]`}, []string{`[40000]`, `["1"]`, `[[1]]`, `1`, `{}`}},
		{stream.Type{Base: stream.Array, Elem: &inner}, []string{`[[1],[],null]`}, []string{`[1]`, `[["x"]]`}},
		{stream.Type{Base: stream.Array}, []string{`[1,"x",{}]`}, []string{`{}`}},
	} {
		for _, operator := range []string{"keep", "redact", "drop"} {
			w := mustCompile(t, Plan{Stream: "s", Fields: []Field{{Path: "v", Operator: operator, Type: c.typ}}})
			for _, v := range c.good {
				if _, rej := row(t, w, `{"v":`+v+`}`); rej != nil {
					t.Errorf("%s %s: %s: %v", operator, c.typ, v, rej)
				}
			}
			for _, v := range append(c.bad, "null") {
				want := "type"
				if v == "null" {
					want = "null"
				}
				if _, rej := row(t, w, `{"v":`+v+`}`); rej == nil || rej.Reason != want || rej.Field != "v" {
					t.Errorf("%s %s: %s passed: %v", operator, c.typ, v, rej)
				}
			}
			for _, v := range []string{`[1,`, `tru`, `"`, `{"a"}`, `[1 2]`, `nul`, `-`, ``} {
				if _, rej := row(t, w, `{"v":`+v+`}`); rej == nil {
					t.Errorf("%s %s: %s passed", operator, c.typ, v)
				}
			}
		}
	}
	// The text of every type, quoted.
	for _, typ := range textTypes {
		w := mustCompile(t, Plan{Stream: "s", Fields: []Field{{Path: "v", Operator: "keep", Type: typ}}})
		for _, text := range texts {
			_, rej := row(t, w, `{"v":`+strconv.Quote(text)+`}`)
			if (rej == nil) != textBelongs(text, typ) {
				t.Errorf("%s: %q: %v", typ, text, rej)
			}
		}
	}
}
