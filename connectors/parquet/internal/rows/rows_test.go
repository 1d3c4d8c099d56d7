package rows

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"lethe/stream"
)

func one(t testing.TB, typ string) *stream.Schema {
	t.Helper()
	ty, err := stream.ParseType(typ)
	if err != nil {
		t.Fatal(err)
	}
	return &stream.Schema{Stream: "s.p.t", Fields: []stream.Field{{Name: "v", Type: ty}}}
}

func appendOne(t testing.TB, typ, value string) error {
	t.Helper()
	table, err := New(stream.Range{To: 1}, one(t, typ), nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	return table.Append(&stream.Row{Value: []byte(`{"after":{"v":` + value + `},"op":"c"}`)})
}

func TestL1WhatDoesNotFitIsAnErrorAndNeverLost(t *testing.T) {
	for typ, values := range map[string][]string{
		"bool":                {`"true"`, `1`, `"[redacted]"`},
		"int16":               {`32768`, `-32769`, `1.0`, `1e1`, `"1"`, `true`},
		"int32":               {`2147483648`, `-2147483649`, `99999999999999999999`},
		"int64":               {`9223372036854775808`, `-9223372036854775809`, `1e3`, `"[redacted]"`},
		"float32":             {`1e39`, `"nan"`, `"[redacted]"`, `true`},
		"float64":             {`1e400`, `""`},
		"decimal(5,2)":        {`"1000"`, `"0.001"`, `"NaN"`, `"Infinity"`, `""`, `"-"`, `"."`, `"1.2.3"`, `"1e"`, `"1e99999"`, `"1 "`, `"[redacted]"`, `true`, `1000`},
		"decimal(38,0)":       {`"100000000000000000000000000000000000000"`, `"1e38"`},
		"bytes":               {`"!"`, `"AAE"`, `1`, `"[redacted]"`},
		"date":                {`"infinity"`, `"2024-02-30Z"`, `"2023-02-29"`, `"2024-13-01"`, `"2024-00-01"`, `"24-01-01"`, `"2024-01-01T"`, `"999999-01-01"`, `"[redacted]"`, `1`},
		"time":                {`"24:00:00Z"`, `"23:60:00"`, `"23:59:60"`, `"1:00:00"`, `"00:00:00.1234567"`, `"00:00:00."`, `"00:00:00+07"`, `"[redacted]"`},
		"timestamp":           {`"infinity"`, `"-infinity"`, `"2024-01-01"`, `"2024-01-01T00:00:00+07:00"`, `"2024-01-01T00:00:00.0000001Z"`, `"[redacted]"`},
		"timestamptz":         {`"2024-01-01T00:00:00"`, `"2024-01-01T00:00:00+0700"`, `"2024-01-01T00:00:00+24:00"`, `"300000-01-01T00:00:00Z"`},
		"array<int32>":        {`"[redacted]"`, `[[1]]`, `[1,"x"]`, `{}`, `1`},
		"array<decimal(3,1)>": {`["12.34"]`},
	} {
		for _, v := range values {
			err := appendOne(t, typ, v)
			if !errors.Is(err, ErrValue) {
				t.Errorf("%s into %s: %v, want ErrValue", v, typ, err)
				continue
			}
			if s := err.Error(); !strings.Contains(s, `column "v"`) || strings.Contains(s, "redacted") || strings.Contains(s, "99999") {
				t.Errorf("%s into %s: the error is %q", v, typ, s)
			}
		}
	}
}

func TestBrokenRecordsAreErrors(t *testing.T) {
	for _, v := range []string{
		``, `null`, `[]`, `1`, `{}`, `{"op":"c"`, `{"op":"c"}x`, `{"op":"c","after":[]}`, `{"op":"c","after":{"v":1,"v":2}}`,
		`{"op":1}`, `{"op":"create"}`, `{"op":null}`, `{"op":"c","op":"d"}`, `{"op":"c","after":{},"after":{}}`, `{"op":"c","after":{"v":1}`,
		`{"after":{"v":1}}`, `{"op":"c","source":nul}`, `{"op":"c","before":{]}}`, `{"op":"d","before":[1]}`, `{"op":"c","after":{"w":"\ud800"}}`, "{\"op\":\"c\",\"after\":{\"w\":\"\xff\"}}",
	} {
		table, err := New(stream.Range{To: 1}, one(t, "int64"), nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := table.Append(&stream.Row{Value: []byte(v)}); !errors.Is(err, ErrRecord) {
			t.Errorf("%s: %v, want ErrRecord", v, err)
		}
	}
}

func TestOffsetsRise(t *testing.T) {
	for _, offsets := range [][]int64{{4}, {10}, {7, 7}, {7, 6}} {
		table, err := New(stream.Range{From: 5, To: 10}, one(t, "int64"), nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		for i, o := range offsets {
			err = table.Append(&stream.Row{Offset: o, Value: []byte(`{"op":"c"}`)})
			if last := i == len(offsets)-1; last != (err != nil) {
				t.Errorf("offsets %d: %v at %d", offsets, err, o)
			}
		}
	}
}

func TestSchemasThatNoObjectCanHoldAreRefused(t *testing.T) {
	twice := one(t, "int64")
	twice.Fields = append(twice.Fields, twice.Fields[0])
	deep := stream.Type{Base: stream.String}
	for range 20 {
		inner := deep
		deep = stream.Type{Base: stream.Array, Elem: &inner}
	}
	for name, s := range map[string]*stream.Schema{
		"a column twice": twice,
		"no type":        {Fields: []stream.Field{{Name: "v"}}},
		"int8":           {Fields: []stream.Field{{Name: "v", Type: stream.Type{Base: stream.Int, Bits: 8}}}},
		"array of what":  {Fields: []stream.Field{{Name: "v", Type: stream.Type{Base: stream.Array}}}},
		"deep array":     {Fields: []stream.Field{{Name: "v", Type: deep}}},
	} {
		if _, err := New(stream.Range{To: 1}, s, nil, 1); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestColumnsThatOnlyRecordsHaveAreBounded(t *testing.T) {
	var v bytes.Buffer
	v.WriteString(`{"op":"c","after":{"x":1`)
	for i := range maxUnlisted {
		v.WriteString(`,"y`)
		v.WriteString(big.NewInt(int64(i)).String())
		v.WriteString(`":1`)
	}
	v.WriteString(`}}`)
	table, err := New(stream.Range{To: 1}, one(t, "int64"), nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Append(&stream.Row{Value: v.Bytes()}); !errors.Is(err, ErrRecord) {
		t.Errorf("%d unknown columns: %v", maxUnlisted+1, err)
	}
}

// Every day of nine centuries around the epoch, and the ends of the range.
func TestDaysAreThoseOfTheCalendar(t *testing.T) {
	for d := time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2400; d = d.AddDate(0, 0, 1) {
		got, err := parseDate([]byte(d.Format("2006-01-02Z")))
		if err != nil || got != d.Unix()/86_400 {
			t.Fatalf("%s is day %d, %v; want %d", d, got, err, d.Unix()/86_400)
		}
	}
	for text, year := range map[string]int{"-4713-11-24": -4713, "0000-03-01Z": 0, "290000-12-31Z": 290_000} {
		var m, d int
		m, d = 11, 24
		if year == 0 {
			m, d = 3, 1
		} else if year > 0 {
			m, d = 12, 31
		}
		want := time.Date(year, time.Month(m), d, 0, 0, 0, 0, time.UTC).Unix() / 86_400
		if got, err := parseDate([]byte(text)); err != nil || got != want {
			t.Errorf("%s is day %d, %v; want %d", text, got, err, want)
		}
	}
}

// Rows wait for each other to be hashed, and a late column makes leaves void.
func TestL6TheRootDoesNotDependOnWhenRowsAreHashed(t *testing.T) {
	text, err := stream.ParseType("string")
	if err != nil {
		t.Fatal(err)
	}
	schema := &stream.Schema{Stream: "s.p.t", Fields: []stream.Field{{Name: "s", Type: text}}}
	for _, late := range []int{0, 70, 199, 1000} {
		var roots [2]stream.Hash
		for way := range roots {
			table, err := New(stream.Range{Topic: "t", To: 200}, schema, []byte("salt"), 0)
			if err != nil {
				t.Fatal(err)
			}
			for i := range 200 {
				more := ""
				if i == late {
					more = `,"late":"x"`
				}
				value := fmt.Sprintf(`{"op":"c","after":{"s":%q%s}}`, strings.Repeat("x", i*i%3000), more)
				if err := table.Append(&stream.Row{Value: []byte(value), Key: []byte(`{}`), Offset: int64(i)}); err != nil {
					t.Fatal(err)
				}
				if way == 1 {
					table.Root()
				}
			}
			roots[way] = table.Root()
		}
		if roots[0] != roots[1] {
			t.Errorf("late column in row %d: root %s, but %s if it was asked for in between", late, roots[0], roots[1])
		}
	}
}

func FuzzDecimalIsWhatBigRatSays(f *testing.F) {
	for _, s := range []string{"0", "-1", "12.50", "1e3", "500e-2", "0.001e5", "99999999999999999999999999999999999999", ".5", "5.", "-0.0"} {
		f.Add(s, uint8(38), uint8(10))
	}
	f.Fuzz(func(t *testing.T, s string, precision, scale uint8) {
		p := int(precision)%38 + 1
		sc := int(scale) % (p + 1)
		neg, u, err := parseDecimal([]byte(s), p, sc)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(s)
		if !ok || strings.ContainsAny(s, "/_xXoObBpP") {
			t.Fatalf("%q was read as a decimal", s)
		}
		got := new(big.Int).Lsh(new(big.Int).SetUint64(u.hi), 64)
		got.Or(got, new(big.Int).SetUint64(u.lo))
		if neg {
			got.Neg(got)
		}
		value := new(big.Rat).SetFrac(got, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(sc)), nil))
		if value.Cmp(want) != 0 {
			t.Fatalf("%q in decimal(%d,%d) is %s", s, p, sc, value)
		}
		if len(new(big.Int).Abs(got).String()) > p {
			t.Fatalf("%q has more than %d digits", s, p)
		}
	})
}

// FuzzTable appends hostile records: an error or an object, never a panic.
func FuzzTable(f *testing.F) {
	for _, v := range []string{
		`{"op":"c","after":{"s":"x","n":1,"d":"1.5","t":"2024-01-01T00:00:00Z","a":[[1,null],[],null],"j":{"k":[1]},"b":"AAE="}}`,
		`{"op":"d","before":{"s":"x"},"after":{"s":"y"}}`, `{"op":"t"}`, `{"after":{"zz":"1"},"op":"u"}`, `{"op":"c","after":{"a":[]}}`,
	} {
		f.Add([]byte(v), []byte(`{"s":"k"}`))
	}
	schema := &stream.Schema{Stream: "s.p.t"}
	for name, typ := range map[string]string{"s": "string", "n": "int64", "d": "decimal(20,3)", "t": "timestamptz", "a": "array<array<int32>>", "j": "json", "b": "bytes"} {
		ty, err := stream.ParseType(typ)
		if err != nil {
			f.Fatal(err)
		}
		schema.Fields = append(schema.Fields, stream.Field{Name: name, Type: ty})
	}
	f.Fuzz(func(t *testing.T, value, key []byte) {
		table, err := New(stream.Range{Topic: "t", To: 3}, schema, nil, 3)
		if err != nil {
			t.Fatal(err)
		}
		good := stream.Row{Value: []byte(`{"op":"c","after":{"s":"x","a":[[7]]}}`), Key: []byte(`{}`)}
		for i, r := range []stream.Row{good, {Value: value, Key: key}, good} {
			r.Offset = int64(i)
			if err := table.Append(&r); err != nil {
				return
			}
		}
		table.Root()
		if err := table.Write(io.Discard, table.Names(), nil); err != nil {
			t.Fatal(err)
		}
	})
}
