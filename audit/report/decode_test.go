package report

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"lethe/audit"
	"lethe/stream"
)

// asJSON reads a receipt as package encoding/json does.
func asJSON(body []byte) (r receipt, err error) {
	var in stream.Receipt
	if err := json.Unmarshal(body, &in); err != nil {
		return r, err
	}
	r = receipt{Stage: in.Stage, Connection: in.Connection, Source: in.Source, Worker: in.Worker, Build: in.Build, Time: in.Time, Policy: in.Policy, Detail: in.Detail, Streams: in.Streams}
	for _, p := range in.Parts {
		q := part{Topic: p.Topic, Partition: p.Partition, To: p.To, Object: p.Object, Evidence: p.Evidence, Rows: (*int64)(p.Rows), From: json.RawMessage(`"` + p.From + `"`)}
		if p.SHA256 != nil {
			q.SHA256 = json.RawMessage(`"` + p.SHA256.String() + `"`)
		}
		for _, o := range p.Out {
			q.Out = append(q.Out, out{o.Topic, o.Partition, int64(o.Last)})
		}
		r.Parts = append(r.Parts, q)
	}
	return r, nil
}

func TestAReceiptIsReadAsItWasWritten(t *testing.T) {
	l := newLedger(t)
	moved(l, 3, time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC))
	d := decoder{names: map[string]string{}}
	for i, raw := range l.entries {
		var e read
		if d.entry(audit.Leaf{Index: int64(i), Entry: raw}, &e); e.Kind != stream.EntryReceipt {
			continue
		}
		want, err := asJSON(e.Body)
		if err != nil || !reflect.DeepEqual(e.receipt, want) {
			t.Errorf("entry %d: %+v, want %+v, %v", i, e.receipt, want, err)
		}
	}
}

// Whatever stands in a log: it is read as others read it, or refused.
func FuzzAnEntryIsReadAsOthersReadItOrRefused(f *testing.F) {
	l := newLedger(f)
	moved(l, 1, time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC))
	for _, raw := range l.entries {
		f.Add(raw)
	}
	f.Add([]byte(`{"refused":{"sha256":"","size":"1"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d := decoder{names: map[string]string{}}
		var e read
		if d.entry(audit.Leaf{Entry: raw}, &e); e.Kind != "" && !json.Valid(raw) {
			t.Fatal("no JSON, and it was read")
		}
	})
}
