package masking

import (
	"maps"
	"testing"

	"lethe/masking/subject"
	"lethe/stream"
)

// counted masks values of ann, of bo, who was erased, and of nobody, and says what the
// receipt counts for them.
func counted(t *testing.T, f Field, rows ...string) map[string]int64 {
	t.Helper()
	keys := &subjectKeys{erased: map[subject.Digest]bool{}}
	digests, err := subject.NewDigester(keys, "id.internal")
	if err != nil {
		t.Fatal(err)
	}
	var bo subject.Digest
	digests.Digest(&bo, []byte("bo"))
	keys.erased[bo] = true
	w, err := Compile(one(f), keys)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range rows {
		if _, rej := row(t, w, in); rej != nil {
			t.Fatalf("%s: %s: %v", f.Operator, in, rej)
		}
	}
	counts := map[string]int64{}
	w.Counts(func(c stream.FieldCount, n int64) {
		if c.Field == "v" {
			counts[c.Operator] += n
		}
	})
	return counts
}

func TestL4AValueThatIsRedactedIsCountedAsRedacted(t *testing.T) {
	const ann, bo, nobody = `{"customer":"ann","v":"2024-03-09 10:00:00"}`, `{"customer":"bo","v":"2024-03-09 10:00:00"}`, `{"customer":null,"v":"2024-03-09 10:00:00"}`
	for operator, c := range map[string]struct {
		f    Field
		rows []string
	}{
		"hmac":       {Field{Apart: true}, []string{ann, nobody}},
		"fake":       {Field{Apart: true, Params: Params{"kind": "person"}}, []string{ann, nobody}},
		"tokenize":   {Field{Erasable: true}, []string{ann, bo, nobody}},
		"fpe":        {Field{Erasable: true}, []string{ann, bo, nobody}},
		"encrypt":    {Field{}, []string{ann, bo, nobody}},
		"shift_date": {Field{}, []string{ann, nobody}},
	} {
		c.f.Operator, c.f.Domain = operator, "d"
		want := map[string]int64{operator: 1, "redact": int64(len(c.rows) - 1)}
		if got := counted(t, c.f, c.rows...); !maps.Equal(got, want) {
			t.Errorf("%s: counted %v, want %v", operator, got, want)
		}
	}
	noise := Field{Operator: "noise", Domain: "d", Apart: true, Params: Params{"percent": 10}, Type: text}
	if got := counted(t, noise, `{"customer":"ann","v":"12"}`, `{"customer":null,"v":"12"}`); !maps.Equal(got, map[string]int64{"noise": 1, "redact": 1}) {
		t.Errorf("noise: counted %v", got)
	}
}

func TestL4WhatStandsForNoValueIsCountedAsRedactedWhereItIsTheConstant(t *testing.T) {
	for operator, params := range map[string]Params{"partial": {"keep_last": 1}, "fpe": nil, "generalize": {"as": "year"}} {
		f := Field{Operator: operator, Domain: "d", Params: params, Special: true}
		if got := counted(t, f, `{"customer":"ann","v":null}`, `{"customer":"ann","v":""}`); !maps.Equal(got, map[string]int64{"redact": 2}) {
			t.Errorf("%s in class special: counted %v", operator, got)
		}
		f.Special = false
		if got := counted(t, f, `{"customer":"ann","v":null}`, `{"customer":"ann","v":""}`); !maps.Equal(got, map[string]int64{operator: 2}) {
			t.Errorf("%s: counted %v", operator, got)
		}
	}
}
