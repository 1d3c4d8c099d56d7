package rules

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"lethe/masking"
	"lethe/masking/conform"
	"lethe/masking/detect"
	"lethe/stream"
)

// maskOne runs one row through a stream's plan.
func maskOne(t *testing.T, p masking.Plan, value string) string {
	t.Helper()
	w, err := masking.Compile(p, keys{})
	if err != nil {
		t.Fatal(err)
	}
	var out stream.Masked
	if err := w.Process(&stream.Record{Stream: p.Stream, Key: []byte(`{"id":7}`), Value: []byte(value)}, &out); err != nil {
		t.Fatal(err)
	}
	w.Finish()
	return string(out.Key) + string(out.Value)
}

func TestL6AKeptRevisionMasksTheSameWhereLawsAndElementsHaveChanged(t *testing.T) {
	const row = `{"before":null,"after":{"id":7,"email":"A.Person@Example.org","sex":"f","price":"12.50","member":"M 77"},"op":"r"}`
	env := smallEnv(column("price", "decimal(10,2)", "element=commerce.amount"), column("member", "string", "element=id.member"))
	env.Elements = []File{{"elements.yaml", []byte("elements:\n  id.member: {class: pii, log2: 40, normal: digits, names: [member]}\n")}}
	env = edit(t, env, "elements: {", "elements: {id.member: {hmac: {}}, commerce.amount: keep, ")
	env.Contracts[0].Data = bytes.Replace(env.Contracts[0].Data, []byte("- name: price\n        logicalType: number\n"), []byte("- name: price\n        logicalType: number\n        logicalTypeOptions: {maximum: 99}\n"), 1)
	then := compile(t, env)

	// A later build knows the member's number otherwise, and asks a second law.
	env.Elements = []File{{"elements.yaml", []byte("elements:\n  id.member: {class: pii, log2: 40, normal: lower, names: [member]}\n")}}
	now := compile(t, edit(t, env, "[pdpa-th]", "[pdpa-th, gdpr]"))
	if maskOne(t, then.Streams[0].Plan, row) == maskOne(t, now.Streams[0].Plan, row) {
		t.Fatal("the other table changes nothing: the test says nothing")
	}

	r, err := Restore(then.Revision, then.Kept)
	if err != nil {
		t.Fatal(err)
	}
	old, was := &r.Streams[0], &then.Streams[0]
	if got, want := maskOne(t, old.Plan, row), maskOne(t, was.Plan, row); got != want {
		t.Errorf("the kept revision gives\n%s\nand gave\n%s", got, want)
	}
	if old.Topic != was.Topic || old.Label != was.Label || old.Class != was.Class || old.Plan.Subject != was.Plan.Subject {
		t.Errorf("restored as %+v, was %+v", old, was)
	}
	if len(old.Rows.Fields) != len(was.Rows.Fields) {
		t.Fatalf("rows %v, were %v", old.Rows, was.Rows)
	}
	for i, f := range was.Rows.Fields {
		if g := old.Rows.Fields[i]; g.Name != f.Name || g.Type.String() != f.Type.String() || g.Nullable != f.Nullable {
			t.Errorf("column %v, was %v", g, f)
		}
	}
	var c conform.Checker
	if v := c.Check(old.Plan.Schema.Columns["price"][0], []byte(`"100.00"`)); v != conform.Fails || c.Keyword() != "maximum" {
		t.Errorf("the contract's bound is gone: %v", v)
	}
}

func TestL1AKeptPlanThatIsNotWhatItsIdNamesIsRefused(t *testing.T) {
	p := compile(t, shopEnv())
	weaker := bytes.Replace(p.Kept, []byte(`"operator":"hmac"`), []byte(`"operator":"keep"`), 1)
	unknown := bytes.Replace(p.Kept, []byte(`"v":1`), []byte(`"v":9`), 1)
	more := bytes.Replace(p.Kept, []byte(`"v":1`), []byte(`"v":1,"w":1`), 1)
	for name, c := range map[string]struct {
		id   string
		data []byte
		want string
	}{
		"a weaker operator":     {p.Revision, weaker, CodeDamaged},
		"cut short":             {p.Revision, p.Kept[:len(p.Kept)/2], CodeDamaged},
		"nothing":               {p.Revision, nil, CodeDamaged},
		"another's id":          {strings.Repeat("0", 64), p.Kept, CodeDamaged},
		"the form of a newer":   {digest(unknown), unknown, CodeNewer},
		"a key nobody reads":    {digest(more), more, ""},
		"something that trails": {digest(append(p.Kept[:len(p.Kept):len(p.Kept)], '1')), append(p.Kept[:len(p.Kept):len(p.Kept)], '1'), ""},
	} {
		r, err := Restore(c.id, c.data)
		var f *stream.Fault
		if r != nil || err == nil || c.want != "" && (!errors.As(err, &f) || f.Code != c.want) {
			t.Errorf("%s: %v, %v", name, r != nil, err)
		}
	}
}

func TestL6ARevisionOfOtherDetectorsIsNotMaskedWith(t *testing.T) {
	p := compile(t, edit(t, smallEnv(column("note", "string?", "element=text")), "elements: {", "elements: {text: detect, "))
	r, err := Restore(p.Revision, p.Kept)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Masks(); err != nil {
		t.Errorf("the build that compiled it: %v", err)
	}
	version := detect.Version()
	if !bytes.Contains(p.Kept, []byte(version)) {
		t.Fatalf("%s is no part of the plan", version)
	}
	for name, kept := range map[string][]byte{
		"another model": bytes.Replace(p.Kept, []byte(version), []byte(version[:len(version)-1]+"x"), 1),
		"unnamed":       bytes.Replace(p.Kept, []byte(`,"versions":{"detect":"`+version+`"}`), nil, 1),
	} {
		if bytes.Equal(kept, p.Kept) {
			t.Fatalf("%s: nothing is changed", name)
		}
		r, err := Restore(digest(kept), kept)
		if err != nil {
			t.Fatalf("%s: its plans cannot be looked at: %v", name, err)
		}
		var f *stream.Fault
		if err := r.Masks(); !errors.As(err, &f) || f.Code != CodeOther {
			t.Errorf("%s: %v", name, err)
		}
	}
	if plain := compile(t, smallEnv()); bytes.Contains(plain.Kept, []byte("versions")) {
		t.Error("a policy without detect depends on the detectors")
	}
}
