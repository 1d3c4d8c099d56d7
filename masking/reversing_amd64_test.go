//go:build !purego

package masking

import (
	"fmt"
	"testing"

	"lethe/stream"
)

// Where AES instructions of our own are not used crypto/aes is, which allocates for
// each key.
func TestSurrogatesAllocateNothing(t *testing.T) {
	keys := &subjectKeys{}
	plan := Plan{Stream: "s", Subject: Subject{Column: "customer", Domain: "id.internal"}, Fields: []Field{
		{Path: "customer", Operator: "tokenize", Domain: "a", Type: int64s},
		{Path: "card", Operator: "fpe", Domain: "b", Type: text, Params: Params{"keep_last": 4}},
		{Path: "phone", Operator: "tokenize", Domain: "c", Type: text, Erasable: true},
		{Path: "note", Operator: "encrypt", Type: text},
	}}
	w, err := Compile(plan, keys)
	if err != nil {
		t.Fatal(err)
	}
	var records []*stream.Record
	for n := range 8 {
		records = append(records, &stream.Record{Value: fmt.Appendf(nil, `{"after":{"customer":%d,"card":"4111 1111 1111 1111","phone":"081 234 567%d","note":"call back"},"op":"c"}`, n, n)})
	}
	var out stream.Masked
	process := func() {
		for _, r := range records {
			if err := process(w, r, &out); err != nil {
				t.Fatal(err)
			}
		}
		w.Counts(func(stream.FieldCount, int64) {})
	}
	process()
	if n := testing.AllocsPerRun(20, process); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
