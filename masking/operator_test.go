package masking

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"lethe/stream"
)

// sample is a field that each operator accepts.
func sample(operator string) Field {
	f := Field{Path: "v", Operator: operator}
	switch operator {
	case "partial":
		f.Params = Params{"keep_last": 2}
	case "hmac":
		f.Domain = "contact.email"
	case "generalize":
		f.Params = Params{"as": "year"}
	case "noise":
		f.Domain, f.Params = "commerce.amount", Params{"percent": 10}
	case "fake":
		f.Domain, f.Params = "person.name", Params{"kind": "person", "locale": "de"}
	}
	return f
}

// samples are values that an operator can mean something for, all different.
func samples(operator string) []string {
	switch operator {
	case "noise":
		return []string{`"1234.50"`, `1234567`, `-12.50`, `0`, `"0.01"`, `1.5e300`}
	case "fake":
		return []string{`"สมชาย ใจดี"`, `"Ειρήνη Ωμέγα"`, `"Нина Яшин"`, `"김영희"`}
	case "generalize", "shift_date":
		return []string{`"2024-03-09"`, `"2024-04-09T10:00:00Z"`, `"09/03/2019"`, `"2 ม.ค. 2567"`, `"Jan 2, 2006"`}
	}
	return values
}

// constant reports whether an operator gives one result for every value.
func constant(operator string) bool {
	return operator == "redact" || operator == "null" || operator == "drop"
}

// values are JSON scalars of eight characters and more, all different.
var values = []string{
	`"somchai@example.org"`, `"SOMCHAI@example.org"`, `"08-1234-5678"`, `"สมชาย ใจดี"`, `"a\"b\\c\n\u0001defgh"`, `"\ud83d\ude00\ud83d\ude01 emoji"`,
	`1234567890123`, `-123456789012.50`, `1.5e300000`, `"\u0e01\u0e02\u0e03\u0e04\u0e05\u0e06\u0e07\u0e08"`,
}

func TestOperatorsKeepTheirTraits(t *testing.T) {
	for _, op := range Operators() {
		if op.Traits(nil).Reversible {
			continue // these refuse some of the values
		}
		t.Run(op.Name, func(t *testing.T) {
			if op.Help == "" || strings.Contains(op.Help, "\n") {
				t.Error("the help is not one line")
			}
			f := sample(op.Name)
			if err := op.Check(f.Params); err != nil {
				t.Fatal(err)
			}
			traits := op.Traits(f.Params)
			w := mustCompile(t, Plan{Stream: "s", Fields: []Field{f, {Path: "who", Operator: "drop"}}, Subject: Subject{Column: "who", Domain: "id"}})
			results := map[string]bool{}
			for _, v := range samples(op.Name) {
				in := `{"who":7,"v":` + v + `}`
				got, rej := row(t, w, in)
				if rej != nil {
					t.Fatal(rej)
				}
				if again, _ := row(t, w.Clone(), in); traits.Deterministic && again != got {
					t.Error("the same value gave two results")
				}
				if !traits.Collides && results[got] {
					t.Error("two values gave one result")
				}
				results[got] = true
				out, err := parseTree([]byte(got))
				if err != nil {
					t.Fatal(err)
				}
				masked, n := out.member("v")
				if n == 0 {
					continue
				}
				clear, _ := parseTree([]byte(v))
				text := []rune(fmt.Sprint(clear.scalar))
				if !traits.Clear && masked.holds(string(text[len(text)-2:])) && op.Name != "hmac" {
					t.Error("a part of the value shows")
				}
				in2 := stream.Type{Base: stream.Int, Bits: 64}
				if clear.kind == '"' {
					in2 = stream.Type{Base: stream.String}
				}
				if o := op.Output(in2); masked.kind != 'n' && (masked.kind == '"') != (o.Base == stream.String) {
					t.Errorf("the result is no %s", o)
				}
			}
			if constant(op.Name) && len(results) != 1 {
				t.Error("a constant is not constant")
			}
		})
	}
}

func TestUnknownAndWrongParametersAreRefused(t *testing.T) {
	for _, op := range Operators() {
		if err := op.Check(Params{"surprise": 1}); err == nil {
			t.Errorf("%s: an unknown parameter passed", op.Name)
		}
		for _, p := range op.Params {
			if err := op.Check(Params{p.Name: []int{1}}); err == nil {
				t.Errorf("%s: %s: a list passed", op.Name, p.Name)
			}
		}
	}
	for _, c := range []struct {
		op string
		p  Params
		ok bool
	}{
		{"hmac", nil, true},
		{"hmac", Params{"length": 20}, true}, {"hmac", Params{"length": 19}, false}, {"hmac", Params{"length": 64}, true}, {"hmac", Params{"length": 65}, false},
		{"hmac", Params{"length": -1}, false}, {"hmac", Params{"length": 32.5}, false}, {"hmac", Params{"length": int64(32)}, true}, {"hmac", Params{"length": "32"}, false},
		{"hmac", Params{"encoding": "base64url", "length": 14}, true}, {"hmac", Params{"encoding": "base64url", "length": 13}, false}, {"hmac", Params{"encoding": "base64url", "length": 44}, false},
		{"hmac", Params{"encoding": "base32", "length": 16}, true}, {"hmac", Params{"encoding": "base32", "length": 15}, false}, {"hmac", Params{"encoding": "base58"}, false},
		{"hmac", Params{"country": "TH"}, true}, {"hmac", Params{"country": "Thailand"}, false},
		{"detect", nil, true}, {"detect", Params{"entities": []any{"EMAIL_ADDRESS"}}, true}, {"detect", Params{"entities": "PERSON, EMAIL_ADDRESS"}, true},
		{"detect", Params{"entities": []any{"EMAIL"}}, false}, {"detect", Params{"entities": []any{1}}, false}, {"detect", Params{"names": false}, true},
		{"detect", Params{"names": "no"}, true}, {"detect", Params{"names": 1}, false}, {"detect", Params{"names": true, "entities": "URL"}, false},
		{"partial", nil, false}, {"partial", Params{"keep_first": 1}, true}, {"partial", Params{"keep_first": 1, "mask": "•"}, true},
		{"partial", Params{"keep_first": 1, "mask": ""}, false}, {"partial", Params{"keep_first": 1, "mask": "ab"}, false}, {"partial", Params{"keep_first": 1, "mask": "\n"}, false},
	} {
		op, ok := Lookup(c.op)
		if err := op.Check(c.p); !ok || (err == nil) != c.ok {
			t.Errorf("%s %v: %v", c.op, c.p, err)
		}
	}
	if _, ok := Lookup("shuffle"); ok {
		t.Error("an operator that is not there was found")
	}
}

// masked is what operator field f makes of a value, or the reason of a rejection.
func masked(t *testing.T, f Field, value string) string {
	t.Helper()
	f.Path = "v"
	got, rej := row(t, mustCompile(t, Plan{Stream: "s", Fields: []Field{f}}), `{"v":`+value+`}`)
	if rej != nil {
		if rej.Field != "v" {
			t.Errorf("rejected at %q", rej.Field)
		}
		return rej.Reason
	}
	return strings.TrimSuffix(strings.TrimPrefix(got, `{"v":`), "}")
}

func TestL1PartialHidesAtLeastHalfOrRefuses(t *testing.T) {
	for _, c := range []struct {
		p       Params
		special bool
		in, out string
	}{
		{Params{"keep_last": 4}, false, `"0812345678"`, `"******5678"`},
		{Params{"keep_last": 4}, false, `"12345678"`, `"****5678"`},
		{Params{"keep_last": 4}, false, `"1234567"`, `operator`},
		{Params{"keep_last": 4}, false, `"1234"`, `operator`},
		{Params{"keep_last": 4}, false, `"1"`, `operator`},
		{Params{"keep_first": 1, "keep_last": 1}, false, `"abcd"`, `"a**d"`},
		{Params{"keep_first": 2, "mask": "•", "width": 3}, false, `"สมชายใจดี"`, `"สม•••"`},
		{Params{"keep_first": 2, "mask": `"`}, false, `"\"\\xyzw"`, `"\"\\\"\"\"\""`},
		{Params{"keep_last": 2}, false, `"\u0041\u0042\u0043\u0044"`, `"**CD"`},
		{Params{"keep_last": 2}, false, `12345`, `"***45"`},
		{Params{"keep_last": 1}, false, `true`, `operator`},
		{Params{"keep_last": 1}, false, `false`, `operator`},
		// What hides nothing: padding, what cannot be seen, marks, the mask itself.
		{Params{"keep_first": 4}, false, `"Anna                "`, `operator`},
		{Params{"keep_first": 2}, false, `"Anna                "`, `"An******************"`},
		{Params{"keep_last": 4}, false, `"\t\u00a0\u3000  Anna"`, `operator`},
		{Params{"keep_first": 4}, false, `"Anna\u200b\u200b\u2060\ufeff\u00ad\u202e"`, `operator`},
		{Params{"keep_first": 4}, false, `"A\u0301nna\u0301\u0301\u0301\u0301"`, `operator`},
		{Params{"keep_first": 4}, false, `"Anna\u3164\u115f\uffa0\u2800"`, `operator`},
		{Params{"keep_first": 4}, false, `"Anna****"`, `operator`},
		{Params{"keep_first": 4, "mask": "x"}, false, `"Annaxxxx"`, `operator`},
		{Params{"keep_first": 4}, false, `"Anna----"`, `operator`},
		{Params{"keep_last": 3}, false, `"081-234-5678"`, `"*********678"`},
		{Params{"keep_last": 1}, false, `"    "`, `"****"`},
		{Params{"keep_first": 4}, false, `" - "`, `"***"`},
		{Params{"keep_last": 1}, true, `"  "`, `"[redacted]"`},
		{Params{"keep_last": 4}, false, `""`, `""`},
		{Params{"keep_last": 4}, true, `""`, `"[redacted]"`},
		{Params{"keep_last": 4}, false, `null`, `null`},
		{Params{"keep_last": 4}, true, `null`, `"[redacted]"`},
		{Params{"keep_last": 4}, false, `{"a":"b"}`, `operator`},
		{Params{"keep_last": 4}, false, `["0812345678"]`, `operator`},
	} {
		if got := masked(t, Field{Operator: "partial", Params: c.p, Special: c.special}, c.in); got != c.out {
			t.Errorf("%v of %s: %s, want %s", c.p, c.in, got, c.out)
		}
	}
}

func TestHMACJoinsInsideADomainAndNowhereElse(t *testing.T) {
	id := Field{Operator: "hmac", Domain: "id.internal"}
	n := masked(t, id, `42`)
	if n != digest(t, "id.internal", "42") {
		t.Errorf("not HMAC-SHA-256 of the text: %s", n)
	}
	if masked(t, id, `"42"`) != n || masked(t, id, `"\u00342"`) != n {
		t.Error("the number and the string of one text do not join")
	}
	if masked(t, id, `42.0`) == n {
		t.Error("another text gave the same result")
	}
	if masked(t, Field{Operator: "hmac", Domain: "contact.email"}, `42`) == n {
		t.Error("domains join")
	}
	w, err := Compile(Plan{Stream: "s", Fields: []Field{{Path: "v", Operator: "hmac", Domain: "id.internal"}}}, hashKeys{epoch: "2"})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := row(t, w, `{"v":42}`); strings.Contains(got, n) {
		t.Error("epochs join")
	}
	// Two streams, a key there and a column here.
	customer := mustCompile(t, Plan{Stream: "c", Key: []string{"id"}, Fields: []Field{{Path: "id", Operator: "hmac", Domain: "id.internal"}}})
	var out stream.Masked
	if err := process(customer, &stream.Record{Key: []byte(`{"id":42}`), Value: []byte(`{"op":"d"}`)}, &out); err != nil || string(out.Key) != `{"id":`+n+`}` {
		t.Errorf("the key of the other stream does not join: %v %s", err, out.Key)
	}
	if got := masked(t, id, `null`); got != "null" {
		t.Errorf("null: %s", got)
	}
	id.Special = true
	if got := masked(t, id, `null`); got != digest(t, "id.internal", "") || masked(t, id, `""`) != got {
		t.Errorf("null of class special differs from the empty text: %s", got)
	}
	for _, bad := range []string{`{}`, `["42"]`} {
		if got := masked(t, id, bad); got != "operator" {
			t.Errorf("%s: %s", bad, got)
		}
	}
}

func TestHMACIsWrittenAsAskedFor(t *testing.T) {
	for _, c := range []struct {
		p       Params
		want    int
		letters string
	}{
		{nil, 32, "0123456789abcdef"},
		{Params{"length": 64}, 64, "0123456789abcdef"},
		{Params{"encoding": "base64url"}, 22, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"},
		{Params{"encoding": "base64url", "length": 43}, 43, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"},
		{Params{"encoding": "base32"}, 26, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"},
		{Params{"encoding": "base32", "length": 52}, 52, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"},
	} {
		got := strings.Trim(masked(t, Field{Operator: "hmac", Domain: "d", Params: c.p}, `"x"`), `"`)
		if len(got) != c.want || strings.Trim(got, c.letters) != "" {
			t.Errorf("%v: %s", c.p, got)
		}
	}
}

func TestAKeyThatIsNotInNormalFormIsRefused(t *testing.T) {
	plan := Plan{Stream: "s", Key: []string{"email"}, Fields: []Field{{Path: "email", Operator: "hmac", Domain: "contact.email", Normal: "lower"}}}
	w := mustCompile(t, plan)
	if got, rej := row(t, w, `{"email":"a@x.org"}`); rej != nil || got != `{"email":`+digest(t, "contact.email", "a@x.org")+`}` {
		t.Errorf("%s %v", got, rej)
	}
	if _, rej := row(t, w, `{"email":"A@x.org"}`); rej == nil || rej.Reason != "normal" {
		t.Errorf("two keys would become one: %v", rej)
	}
}

func TestPlansWithoutSenseAreRefusedAllAtOnce(t *testing.T) {
	_, err := Compile(Plan{Stream: "crm.public.t", Key: []string{"id", "name", "mail"}, Fields: []Field{
		{Path: "a..b", Operator: "keep"},
		{Path: "a[0]", Operator: "keep"},
		{Path: "_unknown_1", Operator: "keep"},
		{Path: "x", Operator: "keep"}, {Path: "x", Operator: "drop"},
		{Path: "y", Operator: "rot13"},
		{Path: "z", Operator: "keep", Params: Params{"a": 1}},
		{Path: "tags", Operator: "hmac", Domain: "d", Type: stream.Type{Base: stream.Array}},
		{Path: "flag", Operator: "partial", Params: Params{"keep_last": 1}, Type: stream.Type{Base: stream.Bool}},
		{Path: "n", Operator: "hmac", Domain: "d", Normal: "upper"},
		{Path: "m", Operator: "hmac"},
		{Path: "name", Operator: "redact"},
		{Path: "mail", Operator: "partial", Params: Params{"keep_last": 1}},
	}}, hashKeys{epoch: "a/b"})
	want := []string{"epoch", "path", "path", "reserved_name", "duplicate_path", "unknown_operator", "params", "normal_form", "domain", "operator_type", "operator_type",
		"key_operator", "key_operator", "key_operator"}
	var got []string
	for _, f := range stream.Faults(err) {
		got = append(got, strings.TrimPrefix(f.Code, "masking."))
		if f.Hint == "" || !strings.HasPrefix(f.Path, "crm.public.t") {
			t.Errorf("fault without a hint or place: %v", f)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("faults %v\nwant   %v", got, want)
	}
}

// lost is a keyring without keys.
type lost struct{ hashKeys }

func (lost) EpochSecret(string) ([]byte, error) { return nil, errors.New("the server is away") }

// short is a keyring of keys that are too short.
type short struct{ hashKeys }

func (short) EpochSecret(string) ([]byte, error) { return []byte("123456"), nil }

func TestL1WithoutAKeyNothingCompiles(t *testing.T) {
	for _, keys := range []Keyring{lost{}, short{}} {
		w, err := Compile(Plan{Stream: "s", Fields: []Field{sample("hmac")}}, keys)
		if err == nil || w != nil {
			t.Errorf("compiled with %T", keys)
		}
		if err != nil && strings.Contains(err.Error(), "123456") {
			t.Error("the error shows the key")
		}
	}
}

func TestPathsReadBack(t *testing.T) {
	for _, name := range []string{"a", "a.b", "a[]", `a\b`, `\.`, "สี", " ", `"`} {
		w := mustCompile(t, Plan{Stream: "s", Fields: []Field{{Path: EscapeName(name), Operator: "redact"}}})
		quoted, _ := json.Marshal(name)
		got, rej := row(t, w, `{`+string(quoted)+`:1}`)
		if rej != nil || got != `{`+string(quoted)+`:"[redacted]"}` {
			t.Errorf("%q: %s %v", name, got, rej)
		}
	}
}

func TestNoOperatorAllocatesInTheSteadyState(t *testing.T) {
	for _, op := range Operators() {
		if op.Traits(nil).Reversible {
			continue // see TestSurrogatesAllocateNothing
		}
		w := mustCompile(t, Plan{Stream: "s", Fields: []Field{sample(op.Name)}, Subject: Subject{Column: "who", Domain: "id"}})
		var records []*stream.Record
		for _, v := range samples(op.Name) {
			records = append(records, &stream.Record{Value: []byte(`{"after":{"who":7,"v":` + v + `},"op":"c"}`)})
		}
		var out stream.Masked
		process := func() {
			for _, r := range records {
				if err := process(w, r, &out); err != nil {
					t.Fatal(op.Name, err)
				}
			}
		}
		process()
		if n := testing.AllocsPerRun(20, process); n != 0 {
			t.Errorf("%s: %v allocations for %d records", op.Name, n, len(records))
		}
	}
}

func TestAFaultOfAParameterListsWhatItMayBe(t *testing.T) {
	p := Param{Name: "encoding", Type: ParamText, OneOf: []string{"hex", "base32"}}
	for _, v := range []any{5, true, "b64"} {
		if err := p.check(v); err == nil || err.Error() != `want one of ["hex" "base32"]` {
			t.Errorf("%v: %v", v, err)
		}
	}
}
