package masking

import (
	"strings"
	"testing"

	"lethe/stream"
)

// apart is a stream of two columns whose subject is the customer of an order.
func apart() Plan {
	return Plan{
		Stream:  "s",
		Key:     []string{"id"},
		Subject: Subject{Column: "customer", Domain: "id.internal"},
		Fields: []Field{
			{Path: "id", Operator: "keep", Type: stream.Type{Base: stream.Int, Bits: 64}},
			{Path: "customer", Operator: "hmac", Domain: "id.internal", Normal: "lower", Type: stream.Type{Base: stream.String}, Nullable: true},
			{Path: "sex", Operator: "hmac", Domain: "person.gender", Apart: true, Type: stream.Type{Base: stream.String}, Nullable: true},
		},
	}
}

func sexOf(t *testing.T, w *Rewriter, in string) string {
	t.Helper()
	out, rej := row(t, w, in)
	if rej != nil {
		t.Fatal(rej)
	}
	_, sex, ok := strings.Cut(out, `"sex":"`)
	if !ok {
		t.Fatalf("no sex in %s", out)
	}
	sex, _, _ = strings.Cut(sex, `"`)
	return sex
}

func TestEqualValuesOfTwoSubjectsGiveTwoResults(t *testing.T) {
	w := mustCompile(t, apart())
	ann := sexOf(t, w, `{"id":1,"customer":"Ann","sex":"f"}`)
	for _, same := range []string{`{"sex":"f","id":2,"customer":"ann"}`, `{"id":3,"cust\u006fmer":" \u0041NN","sex":"f"}`} {
		if got := sexOf(t, w, same); got != ann {
			t.Errorf("%s: one subject's equal values give %s and %s", same, ann, got)
		}
	}
	for _, other := range []string{`{"id":1,"customer":"bo","sex":"f"}`, `{"id":1,"customer":"ann","sex":"m"}`} {
		if got := sexOf(t, w, other); got == ann {
			t.Errorf("%s gives the result of another", other)
		}
	}
	if got := sexOf(t, w.Clone(), `{"id":9,"customer":"ANN","sex":"f"}`); got != ann {
		t.Error("another worker gives another result")
	}
}

func TestL1AValueOfNobodyIsRedacted(t *testing.T) {
	w := mustCompile(t, apart())
	sexOf(t, w, `{"id":1,"customer":"ann","sex":"f"}`)
	for _, in := range []string{`{"id":1,"customer":null,"sex":"f"}`, `{"id":1,"sex":"f"}`, `{"id":1,"customer":"","sex":"f"}`, `{"id":1,"customer":"  ","sex":"f"}`} {
		if got := sexOf(t, w, in); got != "[redacted]" {
			t.Errorf("%s: %s", in, got)
		}
	}
}

func TestTheSubjectIsThatOfTheRowNotOfTheRecord(t *testing.T) {
	w := mustCompile(t, apart())
	r := &stream.Record{Stream: "s", Key: []byte(`{"id":1}`), Value: []byte(
		`{"before":{"id":1,"customer":"ann","sex":"f"},"after":{"id":1,"customer":"bo","sex":"f"},"op":"u"}`)}
	var out stream.Masked
	if err := process(w, r, &out); err != nil {
		t.Fatal(err)
	}
	before, after, _ := strings.Cut(string(out.Value), `"after":`)
	for part, row := range map[string]string{before: `{"id":1,"customer":"ann","sex":"f"}`, after: `{"id":1,"customer":"bo","sex":"f"}`} {
		if !strings.Contains(part, sexOf(t, w, row)) {
			t.Errorf("%s is not masked as in a row of its own", part)
		}
	}
}

func TestAnOperatorUnderASubjectNeedsOneWhereverItsFieldIs(t *testing.T) {
	nobody := apart()
	nobody.Subject = Subject{}
	key := apart()
	key.Key = []string{"sex"}
	for name, plan := range map[string]Plan{"no subject": nobody, "a key without it": key} {
		if _, err := Compile(plan, hashKeys{}); err == nil || !strings.Contains(err.Error(), "subject") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
