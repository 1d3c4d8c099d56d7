package receipt

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"lethe/stream"
)

// asJSON reads a receipt as package encoding/json does.
func asJSON(body []byte) (r Receipt, err error) {
	var in stream.Receipt
	if err := json.Unmarshal(body, &in); err != nil {
		return r, err
	}
	r = Receipt{Stage: in.Stage, Connection: in.Connection, Source: in.Source, Worker: in.Worker, Build: in.Build, Time: in.Time, Policy: in.Policy, Keys: in.Keys, Detail: in.Detail, Streams: in.Streams}
	for _, p := range in.Parts {
		q := Part{In: int64(p.In), Topic: p.Topic, Partition: p.Partition, To: p.To, Object: p.Object, Evidence: p.Evidence, Rows: (*int64)(p.Rows), From: json.RawMessage(`"` + p.From + `"`)}
		if p.SHA256 != nil {
			q.SHA256 = json.RawMessage(`"` + p.SHA256.String() + `"`)
		}
		for _, o := range p.Out {
			q.Out = append(q.Out, Out{o.Topic, o.Partition, int64(o.Last)})
		}
		r.Parts = append(r.Parts, q)
	}
	return r, nil
}

// receipts are bodies as the stages write them.
func receipts(t testing.TB) (bodies [][]byte) {
	rows, detail := stream.Int64(10), stream.Hash{7}
	for _, r := range []stream.Receipt{
		{Stage: stream.StageIngest, Source: "crm", Worker: "w1", Build: "b", Time: "2026-03-04T00:00:00Z", Parts: []stream.Part{{Topic: "crm.public.order_line", From: "0/1", To: "0/2A", In: 3}}},
		{Stage: stream.StageMask, Connection: "crm-lake", Worker: "w1", Build: "b", Policy: "r1", Keys: "k1", Time: "2026-03-04T00:00:01Z", Detail: &detail,
			Streams: []stream.StreamCount{{Stream: "crm.public.order_line", In: 11, Delivered: 7, Quarantined: 1, Filtered: 1, Shredded: 2}, {Stream: `"\u2028\`}},
			Parts:   []stream.Part{{Topic: "raw", Partition: 3, To: "11", In: 11, Out: []stream.Out{{Topic: "masked", First: 1, Last: 7, N: 7}, {Topic: "quarantine", Partition: 1}}}, {Topic: "raw"}}},
		{Stage: stream.StageSink, Connection: "crm-lake", Parts: []stream.Part{{Topic: "masked", From: "0", To: "10", In: 10, Object: "o/1.parquet", SHA256: &detail, Rows: &rows}}},
		{Stage: stream.StageDelete, Parts: []stream.Part{{Topic: "masked", To: "10", Evidence: "expired"}}},
		{},
	} {
		body, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	return bodies
}

func TestAReceiptIsReadAsItWasWritten(t *testing.T) {
	var d Decoder
	var again Receipt // used for one after the other
	for i, body := range receipts(t) {
		want, err := asJSON(body)
		if err != nil {
			t.Fatal(err)
		}
		var fresh Receipt
		if err := d.Read(body, &fresh); err != nil || !reflect.DeepEqual(fresh, want) {
			t.Errorf("receipt %d: %+v, want %+v, %v", i, fresh, want, err)
		}
		if err := d.Read(body, &again); err != nil || len(again.Parts) != len(want.Parts) || len(want.Parts) > 0 && !reflect.DeepEqual(again.Parts, want.Parts) ||
			len(again.Streams) != len(want.Streams) || len(want.Streams) > 0 && !reflect.DeepEqual(again.Streams, want.Streams) || again.Keys != want.Keys || again.Detail == nil != (want.Detail == nil) {
			t.Errorf("receipt %d read over another: %+v, want %+v, %v", i, again, want, err)
		}
	}
}

func TestNoMoreNamesAreKeptThanAFew(t *testing.T) {
	var d Decoder
	var r Receipt
	for i := range 3 * mostNames {
		if err := d.Read(fmt.Appendf(nil, `{"stage":"mask","worker":"w%d"}`, i), &r); err != nil || r.Worker != fmt.Sprint("w", i) || r.Stage != "mask" {
			t.Fatal(r, err)
		}
		if len(d.names) > mostNames {
			t.Fatal(len(d.names))
		}
	}
}

// Whatever stands in a log: it is read as others read it, or refused.
func FuzzAReceiptIsReadAsOthersReadItOrRefused(f *testing.F) {
	for _, body := range receipts(f) {
		f.Add(body)
	}
	f.Add([]byte(`{"parts":null,"streams":[{}],"time":"\u00e9"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var d Decoder
		var r Receipt
		if d.Read(body, &r) == nil && !json.Valid(body) {
			t.Fatal("no JSON, and it was read")
		}
	})
}
