package parquet_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"lethe/connectors"
	"lethe/connectors/parquet"
	"lethe/stream"
)

const topic = "lethe.shop.masked.pii.crm-lake.crm.public.customer.g1"

func open(t testing.TB, dir string) stream.Sink {
	t.Helper()
	s, err := parquet.Connector().OpenSink(connectors.Env{
		Name: "lake",
		Secret: func(name string) ([]byte, error) {
			sum := sha256.Sum256([]byte(name))
			return sum[:], nil
		},
	}, connectors.Config{"url": dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func typed(t testing.TB, pairs ...string) *stream.Schema {
	t.Helper()
	s := &stream.Schema{Stream: "crm.public.customer"}
	for i := 0; i < len(pairs); i += 2 {
		typ, err := stream.ParseType(pairs[i+1])
		if err != nil {
			t.Fatal(err)
		}
		s.Fields = append(s.Fields, stream.Field{Name: pairs[i], Type: typ, Nullable: true})
	}
	return s
}

// batch is a batch from offset 0 on; a value that begins with a brace is an
// after.
func batch(schema *stream.Schema, values ...string) stream.Rows {
	b := stream.Rows{Schema: schema, Policy: strings.Repeat("ab", 32),
		Range: stream.Range{Topic: topic, Partition: 3, From: 0, To: int64(len(values))}}
	for i, v := range values {
		b.List = append(b.List, stream.Row{
			Key: []byte(fmt.Sprintf(`{"id":%d}`, i)), Offset: int64(i),
			Value: []byte(`{"before":null,"after":` + v + `,"op":"c","ts_ms":1}`), Seq: stream.NewSeq(0, uint64(i), 0),
		})
	}
	return b
}

func load(t testing.TB, s stream.Sink, b stream.Rows) stream.Loaded {
	t.Helper()
	l, err := s.Load(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestL4RowRootOfEveryTypeIsRecomputedByAnIndependentReader(t *testing.T) {
	n := func(s string) *big.Int { v, _ := new(big.Int).SetString(s, 10); return v }
	const daysMicros = 86_400_000_000
	for _, c := range []struct {
		typ  string
		json []string
		want []any
	}{
		{"string", []string{`"plain"`, `""`, `"ข้อมูล"`, `"a\u0E02\ud83d\ude00\n\"\\"`, `12`, `{"a":[1]}`, `null`},
			[]any{"plain", "", "ข้อมูล", "aข😀\n\"\\", "12", `{"a":[1]}`, nil}},
		{"bool", []string{`true`, `false`, `null`}, []any{true, false, nil}},
		{"int16", []string{`-32768`, `32767`, `null`}, []any{int64(-32768), int64(32767), nil}},
		{"int32", []string{`-2147483648`, `2147483647`, `0`, `null`}, []any{int64(math.MinInt32), int64(math.MaxInt32), int64(0), nil}},
		{"int64", []string{`-9223372036854775808`, `9223372036854775807`, `null`}, []any{int64(math.MinInt64), int64(math.MaxInt64), nil}},
		{"float32", []string{`1.5`, `"Infinity"`, `"-Infinity"`, `-0.0`, `null`}, []any{float32(1.5), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.Copysign(0, -1)), nil}},
		{"float64", []string{`1e-300`, `"Infinity"`, `3`, `null`}, []any{1e-300, math.Inf(1), 3.0, nil}},
		{"decimal(5,2)", []string{`"-12.5"`, `"999.99"`, `"0"`, `12.50`, `"1.2e2"`, `"500e-2"`, `"1.000"`, `null`},
			[]any{n("-1250"), n("99999"), n("0"), n("1250"), n("12000"), n("500"), n("100"), nil}},
		{"decimal(18,0)", []string{`"-999999999999999999"`, `"7"`, `null`}, []any{n("-999999999999999999"), n("7"), nil}},
		{"decimal(38,10)", []string{`"-9999999999999999999999999999.9999999999"`, `"0.0000000001"`, `"-1"`, `null`},
			[]any{n("-99999999999999999999999999999999999999"), n("1"), n("-10000000000"), nil}},
		{"decimal", []string{`"1.10"`, `"NaN"`, `null`}, []any{"1.10", "NaN", nil}},
		{"decimal(50,2)", []string{`"1.10"`}, []any{"1.10"}},
		{"bytes", []string{`"AAH/"`, `""`, `null`}, []any{"\x00\x01\xff", "", nil}},
		{"date", []string{`"1970-01-01Z"`, `"1969-12-31"`, `"2024-02-29Z"`, `"0001-01-01Z"`, `"12345-06-07Z"`, `null`},
			[]any{int64(0), int64(-1), int64(19782), int64(-719162), int64(3789548), nil}},
		{"time", []string{`"00:00:00Z"`, `"23:59:59.999999Z"`, `"01:00:00.5"`, `null`}, []any{int64(0), int64(daysMicros - 1), int64(3600_500_000), nil}},
		{"timestamp", []string{`"1970-01-02T00:00:00.000001Z"`, `"1969-12-31T23:59:59.999999Z"`, `null`}, []any{int64(daysMicros + 1), int64(-1), nil}},
		{"timestamptz", []string{`"1970-01-01T07:00:00+07:00"`, `"1970-01-01T00:00:01Z"`, `null`}, []any{int64(0), int64(1_000_000), nil}},
		{"json", []string{`{"a": [1, "x\u0041"]}`, `"text"`, `1`, `null`}, []any{`{"a": [1, "x\u0041"]}`, `"text"`, "1", nil}},
		{"array<int32>", []string{`[7,null]`, `[]`, `null`, `[1,2,3]`}, []any{[]any{int64(7), nil}, []any{}, nil, []any{int64(1), int64(2), int64(3)}}},
		{"array<string>", []string{`["a\nb",null,""]`, `["ข"]`, `null`}, []any{[]any{"a\nb", nil, ""}, []any{"ข"}, nil}},
		{"array<array<decimal(20,1)>>", []string{`[["1.5",null],[],null,["-2"]]`, `[[]]`, `[]`, `null`, `[null]`},
			[]any{[]any{[]any{n("15"), nil}, []any{}, nil, []any{n("-20")}}, []any{[]any{}}, []any{}, nil, []any{nil}}},
		{"array<timestamptz>", []string{`["1970-01-01T00:00:01Z"]`}, []any{[]any{int64(1_000_000)}}},
	} {
		t.Run(c.typ, func(t *testing.T) {
			var values []string
			for _, j := range c.json {
				values = append(values, `{"id":1,"v":`+j+`}`)
			}
			dir := t.TempDir()
			l := load(t, open(t, dir), batch(typed(t, "id", "int64", "v", c.typ), values...))
			d := decode(t, dir, l.Object)
			for i, want := range c.want {
				if got := d.rows[i][1]; !reflect.DeepEqual(got, want) {
					t.Errorf("%s: read back as %v, want %v", c.json[i], got, want)
				}
			}
			if got := d.root(t); got != l.Root {
				t.Errorf("row root %s, recomputed %s", l.Root, got)
			}
			if int(l.Rows) != len(c.json) {
				t.Errorf("%d rows, want %d", l.Rows, len(c.json))
			}
		})
	}
}
