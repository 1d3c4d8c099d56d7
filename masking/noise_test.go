package masking

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"lethe/stream"
)

func TestNoiseIsBoundedAndKeepsScaleSignAndType(t *testing.T) {
	for _, c := range []struct {
		p     Params
		typ   stream.Type
		in    string
		bound string // the most that it moves; "" if it is refused
	}{
		{Params{"bound": 100}, stream.Type{}, `5000`, "100"}, {Params{"bound": 100}, stream.Type{}, `50`, "100"}, {Params{"bound": "0.5"}, stream.Type{}, `-0.25`, "0.5"},
		{Params{"bound": 0.05}, stream.Type{}, `"12.50"`, "0.05"}, {Params{"bound": 0.05}, stream.Type{}, `12.5`, ""}, {Params{"percent": 10}, stream.Type{}, `"1234.50"`, "123.45"},
		{Params{"percent": 10}, stream.Type{}, `3`, "1"}, {Params{"percent": 10}, stream.Type{}, `0.00`, "0.01"}, {Params{"percent": 50}, stream.Type{}, `-7`, "3.5"},
		{Params{"bound": 5}, stream.Type{Base: stream.Int, Bits: 16}, `32767`, "5"}, {Params{"bound": 5}, stream.Type{Base: stream.Int, Bits: 16}, `-32768`, "5"},
		{Params{"bound": 5}, stream.Type{Base: stream.Int, Bits: 64}, `9223372036854775807`, "5"}, {Params{"percent": 100}, stream.Type{Base: stream.Int, Bits: 64}, `-9223372036854775808`, "9223372036854775808"},
		{Params{"bound": 50}, stream.Type{Base: stream.Decimal, Precision: 4, Scale: 2}, `"99.99"`, "50"}, {Params{"percent": 5}, stream.Type{Base: stream.Float, Bits: 64}, `1.25e-7`, "0.00000000625"},
		{Params{"bound": 1000}, stream.Type{}, `1.25e3`, "1000"}, {Params{"bound": 1}, stream.Type{}, `1e3`, ""}, {Params{"percent": 5}, stream.Type{}, `"NaN"`, ""}, {Params{"percent": 5}, stream.Type{}, `"twelve"`, ""},
		{Params{"percent": 5}, stream.Type{}, `true`, ""}, {Params{"percent": 5}, stream.Type{}, `123456789012345678901`, ""}, {Params{"percent": 5}, stream.Type{}, `[1]`, ""},
	} {
		f := Field{Operator: "noise", Params: c.p, Domain: "d", Type: c.typ}
		got := masked(t, f, c.in)
		if c.bound == "" {
			if got != "operator" {
				t.Errorf("%v of %s: %s", c.p, c.in, got)
			}
			continue
		}
		was, is, bound := new(big.Rat), new(big.Rat), new(big.Rat)
		_, ok := is.SetString(strings.Trim(got, `"`))
		was.SetString(strings.Trim(c.in, `"`))
		bound.SetString(c.bound)
		moved := new(big.Rat).Sub(is, was)
		if !ok || moved.Sign() == 0 || moved.Abs(moved).Cmp(bound) > 0 || was.Sign()*is.Sign() < 0 || was.Sign() != 0 && is.Sign() == 0 || was.Sign() == 0 && is.Sign() < 0 {
			t.Errorf("%v of %s: %s", c.p, c.in, got)
		}
		if (got[0] == '"') != (c.in[0] == '"') || !json.Valid([]byte(got)) || strings.Contains(c.in, ".") != strings.Contains(got, ".") {
			t.Errorf("%v of %s: %s has another form", c.p, c.in, got)
		}
	}
	if got := masked(t, Field{Operator: "noise", Params: Params{"bound": 5}, Domain: "d"}, `""`); got != `""` {
		t.Errorf("the empty text: %s", got)
	}
}

func TestNoiseKeepsDigitsOfAnotherScript(t *testing.T) {
	f := Field{Operator: "noise", Params: Params{"percent": 10}, Domain: "d"}
	for in, digits := range map[string]string{`"๑๒๓๔.๕๐"`: "๐๑๒๓๔๕๖๗๘๙", `"-１２３４.５０"`: "０１２３４５６７８９"} {
		ascii := strings.NewReplacer("๐", "0", "๑", "1", "๒", "2", "๓", "3", "๔", "4", "๕", "5", "０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5").Replace(in)
		got, want := masked(t, f, in), masked(t, f, ascii)
		for i, r := range []rune(digits) {
			want = strings.ReplaceAll(want, fmt.Sprint(i), string(r))
		}
		if got != want || got == in {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestNoiseReachesAllOfItsRange(t *testing.T) {
	seen := map[string]bool{}
	for n := range 60 {
		seen[masked(t, Field{Operator: "noise", Params: Params{"bound": 2}, Domain: fmt.Sprint(n)}, `10`)] = true
	}
	if len(seen) != 4 || seen["10"] {
		t.Errorf("%v", seen)
	}
}

func TestNoiseTellsFaultsOfItsParameters(t *testing.T) {
	op, _ := Lookup("noise")
	for _, c := range []struct {
		p  Params
		ok bool
	}{
		{nil, false}, {Params{"bound": 1, "percent": 1}, false}, {Params{"bound": 0}, false}, {Params{"percent": 0}, false}, {Params{"percent": 101}, false}, {Params{"bound": "0.01"}, true}, {Params{"percent": 100}, true},
	} {
		if err := op.Check(c.p); (err == nil) != c.ok {
			t.Errorf("%v: %v", c.p, err)
		}
	}
	if op.Takes(stream.Type{Base: stream.Int, Bits: 32}, Params{"bound": "0.5"}) || op.Takes(stream.Type{Base: stream.Date}, Params{"bound": 5}) {
		t.Error("it takes a column that it cannot move")
	}
}

func TestNoiseDeclinesExponentsThatNothingHas(t *testing.T) {
	w := mustCompile(t, Plan{Stream: "s", Fields: []Field{{Path: "v", Operator: "noise", Params: Params{"bound": 100}, Domain: "d"}}})
	for _, v := range []string{`1e999999999`, `-1e999999999`, `"1e999999999"`} {
		if _, rej := row(t, w, `{"v":`+v+`}`); rej == nil {
			t.Errorf("%s is delivered", v)
		}
	}
}
