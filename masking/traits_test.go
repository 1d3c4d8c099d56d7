package masking

import (
	"fmt"
	"strings"
	"testing"

	"lethe/stream"
)

// Whether a key may be masked by an operator hangs on it: a row whose key is masked
// twice is one row.
func TestAnOperatorIsDeterministicExactlyIfNothingElseOfTheRecordCounts(t *testing.T) {
	fields := map[string]Field{"encrypt joinable": {Operator: "encrypt", Params: Params{"joinable": "yes"}}}
	for _, op := range Operators() {
		fields[op.Name] = sample(op.Name)
	}
	for name, f := range fields {
		f.Path = "v"
		if f.Domain == "" {
			f.Domain = "d"
		}
		w, err := Compile(Plan{Stream: "s", Subject: Subject{Column: "who", Domain: "id"}, Fields: []Field{
			f, {Path: "who", Operator: "drop"}, {Path: "other", Operator: "drop"}}}, &subjectKeys{})
		if err != nil {
			t.Fatal(err)
		}
		value := samples(f.Operator)[0]
		if f.Operator == "fpe" {
			value = `"08-1234-5678"`
		}
		mask := func(seq uint64, other string) string {
			t.Helper()
			var out stream.Masked
			r := stream.Record{Seq: stream.NewSeq(0, seq, 0), Value: []byte(`{"after":{"who":7,"other":` + other + `,"v":` + value + `},"op":"c"}`)}
			if err := process(w, &r, &out); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return string(out.Value)
		}
		first := mask(1, `""`)
		_, result, _ := strings.Cut(strings.TrimSuffix(first, `},"op":"c"}`), `"v":`)
		if result == "" {
			result = `""` // dropped
		}
		same := mask(2, `""`) == first && mask(1, result) == first
		op, _ := Lookup(f.Operator)
		if said := op.Traits(f.Params).Deterministic; said != same {
			t.Errorf("%s: deterministic is said to be %v and is %v", name, said, same)
		}
	}
}

func TestAKeyIsNotMaskedByWhatGivesOneRowTwoKeys(t *testing.T) {
	plan := Plan{Stream: "s", Key: []string{"id"}, Subject: Subject{Column: "id", Domain: "id"}, Fields: []Field{{Path: "id", Operator: "encrypt"}}}
	_, err := Compile(plan, &subjectKeys{})
	if got := fmt.Sprint(codes(err)); got != "[masking.key_operator]" {
		t.Errorf("%v", err)
	}
}

func codes(err error) []string {
	var all []string
	for _, f := range stream.Faults(err) {
		all = append(all, f.Code)
	}
	return all
}

func TestEveryFaultOfAnOperatorSaysWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		keys Keyring
		f    Field
		hint string
	}{
		"no key":              {lost{}, sample("hmac"), "lethe keys"},
		"a short key":         {short{}, sample("hmac"), "lethe keys"},
		"no keys of subjects": {hashKeys{}, Field{Path: "v", Operator: "encrypt"}, "hmac"},
		"no subject mixed in": {hashKeys{}, Field{Path: "v", Operator: "tokenize", Domain: "d", Apart: true}, "noise or hmac or fake"},
		"parameters":          {hashKeys{}, Field{Path: "v", Operator: "partial"}, "partial takes: keep_first"},
		"no parameters":       {hashKeys{}, Field{Path: "v", Operator: "redact", Params: Params{"a": 1}}, "redact takes no parameters"},
	} {
		plan := one(c.f)
		_, err := Compile(plan, c.keys)
		told := stream.Faults(err)
		if len(told) != 1 || !strings.Contains(told[0].Hint, c.hint) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
