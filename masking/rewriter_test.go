package masking

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"testing"

	"lethe/stream"
)

// hashKeys is a keyring whose keys are digests of their names.
type hashKeys struct{ epoch string }

func (k hashKeys) Epoch() string { return cmp.Or(k.epoch, "1") }

func (hashKeys) Secret(name string) ([]byte, error) {
	h := sha256.Sum256([]byte("key of tests " + name))
	return h[:], nil
}

func (k hashKeys) EpochSecret(name string) ([]byte, error) { return k.Secret(name) }

func mustCompile(t testing.TB, plan Plan) *Rewriter {
	t.Helper()
	w, err := Compile(plan, hashKeys{})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// row masks a row as the after of an insert and returns what after became.
func row(t testing.TB, w *Rewriter, after string) (string, *stream.Rejection) {
	t.Helper()
	var out stream.Masked
	err := process(w, &stream.Record{Value: []byte(`{"after":` + after + `,"op":"c"}`)}, &out)
	var rej *stream.Rejection
	if errors.As(err, &rej) {
		if len(out.Value) != 0 || out.Key != nil {
			t.Errorf("a rejected record left bytes behind")
		}
		return "", rej
	}
	if err != nil {
		t.Fatal(err)
	}
	s := string(out.Value)
	return s[len(`{"after":`) : len(s)-len(`,"op":"c"}`)], nil
}

func TestRowsComeOutAsThePlanSays(t *testing.T) {
	text := stream.Type{Base: stream.String}
	number := stream.Type{Base: stream.Int, Bits: 32}
	for _, c := range []struct {
		name   string
		fields []Field
		in     string
		out    string
		reason string
	}{
		{"each operator", []Field{{Path: "a", Operator: "keep"}, {Path: "b", Operator: "drop"}, {Path: "c", Operator: "null"}, {Path: "d", Operator: "redact"}},
			`{"a":1.50,"b":2,"c":3,"d":4}`, `{"a":1.50,"c":null,"d":"[redacted]"}`, ""},
		{"the first member dropped", []Field{{Path: "a", Operator: "drop"}, {Path: "b", Operator: "keep"}}, `{ "a" : 1 , "b" : 2 }`, `{"b":2 }`, ""},
		{"all members dropped", []Field{{Path: "a", Operator: "drop"}, {Path: "b", Operator: "drop"}}, `{"a":1,"b":2}`, `{}`, ""},
		{"dropped in the middle and at the end", []Field{{Path: "a", Operator: "keep"}, {Path: "b", Operator: "drop"}, {Path: "c", Operator: "keep"}},
			`{"b":1,"a":2,"c":3}`, `{"a":2,"c":3}`, ""},
		{"members that nobody listed", []Field{{Path: "a", Operator: "keep"}}, `{"x":1,"a":2,"y":{"a":[1]}}`, `{"_unknown_1":"[redacted]","a":2,"_unknown_2":"[redacted]"}`, ""},
		{"an escaped name", []Field{{Path: "email", Operator: "redact"}}, `{"em\u0061il":"x"}`, `{"email":"[redacted]"}`, ""},
		{"a member twice", []Field{{Path: "a", Operator: "redact"}}, `{"a":1,"\u0061":2}`, ``, "duplicate"},
		{"a path inside", []Field{{Path: "o[].s", Operator: "redact"}, {Path: "o[].n", Operator: "keep"}},
			`{"o":[{"s":"x","n":1,"z":2},{"n":2},3,null]}`, `{"o":[{"s":"[redacted]","n":1,"_unknown_1":"[redacted]"},{"n":2},"[redacted]",null]}`, ""},
		{"a path inside a kept column", []Field{{Path: "o", Operator: "keep", Type: anyJSON}, {Path: "o.s", Operator: "redact"}}, `{"o":{"s":"x","n":[1]}}`, `{"o":{"s":"[redacted]","n":[1]}}`, ""},
		{"a path inside a dropped column", []Field{{Path: "o", Operator: "drop"}, {Path: "o.s", Operator: "keep"}}, `{"o":{"s":"x","n":[1]}}`, `{"o":{"s":"x"}}`, ""},
		{"another shape than the path", []Field{{Path: "o", Operator: "keep"}, {Path: "o.s", Operator: "redact"}}, `{"o":"{\"s\":\"x\"}"}`, `{"o":"[redacted]"}`, ""},
		{"a column of class special with a path inside", []Field{{Path: "o", Operator: "redact", Special: true}, {Path: "o.s", Operator: "keep"}}, `{"o":null}`, `{"o":"[redacted]"}`, ""},
		{"elements dropped", []Field{{Path: "o", Operator: "keep"}, {Path: "o[]", Operator: "drop"}}, `{"o":[1,2,3]}`, `{"o":[]}`, ""},
		{"null and redact", []Field{{Path: "a", Operator: "redact"}, {Path: "b", Operator: "redact", Special: true}}, `{"a":null,"b":null}`, `{"a":null,"b":"[redacted]"}`, ""},
		{"required and missing", []Field{{Path: "a", Operator: "keep", Type: text, Required: true}}, `{}`, "", "required"},
		{"null where none may be", []Field{{Path: "a", Operator: "keep", Type: text}}, `{"a":null}`, "", "null"},
		{"another type", []Field{{Path: "a", Operator: "redact", Type: text}}, `{"a":5}`, "", "type"},
		{"too large an integer", []Field{{Path: "a", Operator: "keep", Type: number}}, `{"a":2147483648}`, "", "type"},
		{"the smallest integer", []Field{{Path: "a", Operator: "keep", Type: number}}, `{"a":-2147483648}`, `{"a":-2147483648}`, ""},
		{"a leading zero", []Field{{Path: "a", Operator: "keep"}}, `{"a":01}`, "", "malformed"},
		{"half a surrogate pair", []Field{{Path: "a", Operator: "keep"}}, `{"a":"\ud800"}`, "", "malformed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, rej := row(t, mustCompile(t, Plan{Stream: "s", Fields: c.fields}), c.in)
			if rej != nil {
				if rej.Reason != c.reason {
					t.Fatalf("rejected: %v, want %q", rej, c.reason)
				}
				return
			}
			if c.reason != "" || got != c.out {
				t.Fatalf("got  %s\nwant %s %s", got, c.out, c.reason)
			}
		})
	}
}
