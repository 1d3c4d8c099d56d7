package masking

import (
	"strings"
	"testing"
)

// What an operator does to a value.
const (
	masks   = 'm' // puts something else in its place
	hides   = 'c' // puts the constant in its place
	leaves  = '.' // leaves it as it is
	refuses = '!' // refuses the record
	drops   = 'd' // takes it out
)

// TestEachOperatorWorksOnWhatItCanMeanSomethingForAndRefusesTheRest is the table of
// operators and values.
func TestL1EachOperatorWorksOnWhatItCanMeanSomethingForAndRefusesTheRest(t *testing.T) {
	values := []string{`"somchai@example.org"`, `"081-234-5678"`, `"๐๘๑๒๓๔๕๖๗๘"`, `"๙ มีนาคม ๒๕๖๗"`, `"2024-03-09"`, `"203.0.113.77"`, `"13.7563,100.5018"`,
		`1234567890`, `-12345678.50`, `1.5e9`, `true`, `""`, `null`, `{"a":1}`, `["x"]`}
	for _, c := range []struct {
		op   string
		p    Params
		want string // for each value
	}{
		{"keep", nil, ".............cc"},
		{"drop", nil, "ddddddddddddddd"},
		{"null", nil, "mmmmmmmmmmmm.mm"},
		{"redact", nil, "cccccccccccc.cc"},
		{"partial", Params{"keep_last": 2}, "mmmmmmmmmm!..!!"},
		{"hmac", nil, "mmmmmmmmmmmm.!!"},
		{"encrypt", nil, "mmmmmmmmmmmm.!!"},
		{"tokenize", nil, "mmmmmmmmm!!..!!"},
		{"fpe", nil, "!mm!mmmmm!!..!!"},
		{"noise", Params{"percent": 10}, "!!m!!!!mmm!..!!"},
		{"shift_date", nil, "!!!mm!!!!!!..!!"},
		{"fake", Params{"kind": "person", "locale": "se"}, "mmmmmmm!!!!..!!"},
		{"detect", nil, "mmmmmm.mmm!..!!"},
		{"generalize", Params{"as": "range", "width": 10}, "!!m!!!!mmm!..!!"},
		{"generalize", Params{"as": "year"}, "!!!mm!!!!!!..!!"},
		{"generalize", Params{"as": "age", "on": "2026-01-01"}, "!!mmm!!m!m!..!!"},
		{"generalize", Params{"as": "prefix"}, "!!!!!m!!!!!..!!"},
		{"generalize", Params{"as": "grid", "step": 1}, "!!!!!!mmmm!..!!"},
		{"generalize", Params{"as": "zip3"}, "!!!!!!!!!!!..!!"},
		{"generalize", Params{"as": "hierarchy", "table": "1234567890;n"}, "cccccccmcc!..!!"},
	} {
		f := Field{Operator: c.op, Params: c.p, Domain: "d"}
		become := reversing(t, &subjectKeys{}, f)
		if c.op == "drop" {
			become = func(_, v string) string { return masked(t, f, v) }
		}
		var got strings.Builder
		for _, v := range values {
			switch out := become("a", v); {
			case out == "operator":
				got.WriteRune(refuses)
			case out == v:
				got.WriteRune(leaves)
			case out == redacted:
				got.WriteRune(hides)
			case out == "" || out == "{":
				got.WriteRune(drops)
			default:
				got.WriteRune(masks)
			}
		}
		if got.String() != c.want {
			t.Errorf("%s %v: %s, want %s", c.op, c.p, got.String(), c.want)
		}
	}
}
