package masking

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"lethe/stream"
)

// hashed is a plan in which a record is refused after its digests were asked for.
func hashed() Plan {
	return Plan{Stream: "crm.public.person", Key: []string{"id"}, Subject: Subject{Column: "id", Domain: "id.person"}, Fields: []Field{
		{Path: "id", Operator: "hmac", Domain: "id.person"},
		{Path: "email", Operator: "hmac", Domain: "contact.email", Normal: "lower", Params: Params{"encoding": "base64url"}},
		{Path: "sex", Operator: "hmac", Domain: "person.sex", Apart: true, Special: true},
		{Path: "many[]", Operator: "hmac", Domain: "id.many", Params: Params{"encoding": "base32", "length": 20}},
		{Path: "end", Operator: "keep", Type: stream.Type{Base: stream.Bool}},
	}}
}

func hashedRecord(id int, end string) *stream.Record {
	many := strings.Repeat(fmt.Sprintf(`"m%d","x",`, id), id%7) + `"last"`
	if id%10 == 3 {
		for i := range 3000 {
			many += fmt.Sprintf(`,"%d"`, i)
		}
	}
	return &stream.Record{Key: fmt.Appendf(nil, `{"id":%d}`, id), Value: fmt.Appendf(nil,
		`{"before":{"id":%d,"email":"a@example.org"},"after":{"id":%d,"email":"A@Example.org","sex":null,"many":[%s],"end":%s},"op":"u"}`, id, id, many, end)}
}

func TestL6RecordsThatAreFinishedTogetherComeOutAsEachAlone(t *testing.T) {
	for _, together := range []int{1, 2, 7, 64} {
		w, alone := mustCompile(t, hashed()), mustCompile(t, hashed())
		outs := make([]stream.Masked, together)
		for first := 0; first < 128; first += together {
			for i := range outs {
				if err := w.Process(hashedRecord(first+i, "true"), &outs[i]); err != nil {
					t.Fatal(err)
				}
			}
			w.Finish()
			for i := range outs {
				var want stream.Masked
				if err := process(alone, hashedRecord(first+i, "true"), &want); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(outs[i].Key, want.Key) || !bytes.Equal(outs[i].Value, want.Value) || bytes.Contains(want.Value, []byte("---")) {
					t.Fatalf("record %d of %d together:\n%s\n%s", first+i, together, outs[i].Value, want.Value)
				}
			}
		}
	}
}

func TestL1ARefusedRecordLeavesNoDigestBehind(t *testing.T) {
	w, alone := mustCompile(t, hashed()), mustCompile(t, hashed())
	waits := func() string { return fmt.Sprint(len(w.row.hashing.text), w.row.hashing.asked, w.row.hashing.holes) }
	empty := waits()
	var bad, first, second, want stream.Masked
	if err := w.Process(hashedRecord(5, `"no"`), &bad); err == nil || waits() != empty {
		t.Fatalf("%v, and what waits is %s", err, waits())
	}

	// The values of the refused record stand in the next one, too, and in its key.
	bad = stream.Masked{Key: make([]byte, 0, 256), Value: make([]byte, 0, 4096)}
	key, value := bad.Key[:cap(bad.Key)], bad.Value[:cap(bad.Value)]
	if err := w.Process(hashedRecord(4, "true"), &first); err != nil {
		t.Fatal(err)
	}
	before := waits()
	if err := w.Process(hashedRecord(5, `"no"`), &bad); err == nil || waits() != before {
		t.Fatalf("%v, and what waits changed", err)
	}
	clear(key)
	clear(value)
	if err := w.Process(hashedRecord(5, "true"), &second); err != nil {
		t.Fatal(err)
	}
	w.Finish()
	for i, got := range []stream.Masked{first, second} {
		if err := process(alone, hashedRecord(4+i, "true"), &want); err != nil || string(got.Key) != string(want.Key) || string(got.Value) != string(want.Value) {
			t.Errorf("%v\ngot  %s %s\nwant %s %s", err, got.Key, got.Value, want.Key, want.Value)
		}
	}
	if len(bytes.Trim(key, "\x00"))+len(bytes.Trim(value, "\x00")) > 0 {
		t.Error("bytes of a refused record were written after it was refused")
	}
}

func TestWhatWaitsIsBounded(t *testing.T) {
	w := mustCompile(t, hashed())
	var out stream.Masked
	for i := range 500 {
		if err := w.Process(hashedRecord(i, "true"), &out); err != nil {
			t.Fatal(err)
		}
		if h := w.row.hashing; len(h.text) >= pendingText || len(h.asked) >= pendingDigests {
			t.Fatalf("%d bytes of %d values wait after record %d", len(h.text), len(h.asked), i)
		}
	}
}
