package pipeline_test

import (
	"crypto/sha256"
	"encoding/json"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

func TestL4ReceiptsNameTheirKeysAndTheCountsOfTheirStreams(t *testing.T) { onBoth(t, detailed) }

func detailed(t *testing.T, r *rig) {
	const changes = 40
	for i := range changes {
		r.source.add(string(rune('a'+i%26)), "v")
	}
	stop := r.run(t)
	r.wait(t, changes)
	stop()
	details := r.details(t)
	counted := map[string]stream.Int64{}
	for _, b := range r.receipts(t) {
		if b.Stage == stream.StageMask && b.Keys != epoch {
			t.Errorf("a mask receipt names keys %q, want %q", b.Keys, epoch)
		}
		if b.Stage == stream.StageDelete {
			continue
		}
		if b.Detail == nil || details[*b.Detail] == nil {
			t.Fatalf("a receipt of %s names no detail that exists", b.Stage)
		}
		raw := details[*b.Detail]
		switch b.Stage {
		case stream.StageIngest:
			counted[b.Stage] += read[stream.IngestDetail](t, raw).Streams[person]
		case stream.StageMask:
			c := read[stream.MaskDetail](t, raw).Streams[person]
			if c.In != c.Delivered {
				t.Errorf("mask: %d of %d records delivered", c.Delivered, c.In)
			}
			counted[b.Stage] += c.Delivered
		case stream.StageSink:
			counted[b.Stage] += read[stream.SinkDetail](t, raw).Streams[person].Rows
		}
	}
	for _, stage := range []string{stream.StageIngest, stream.StageMask, stream.StageSink} {
		if counted[stage] != changes {
			t.Errorf("details of %s count %d records, want %d", stage, counted[stage], changes)
		}
	}
}

func read[T any](t *testing.T, raw []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	if again, err := stream.Canonical(v); err != nil || string(again) != string(raw) {
		t.Errorf("detail is not canonical: %s", raw)
	}
	return v
}

// details are the detail records by the hash of their bytes.
func (r *rig) details(t *testing.T) map[stream.Hash][]byte {
	t.Helper()
	all := make(map[stream.Hash][]byte)
	err := r.base.Cluster.ReadRange(t.Context(), r.base.Topics.Details(), 0, 0, func(rec *kgo.Record) error {
		h := stream.Hash(sha256.Sum256(rec.Value))
		if string(rec.Key) != h.String() {
			t.Errorf("the key of detail %s is %q", h, rec.Key)
		}
		all[h] = append([]byte(nil), rec.Value...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// receipts are those on the audit topic, in order.
func (r *rig) receipts(t *testing.T) []stream.Receipt {
	t.Helper()
	var all []stream.Receipt
	err := r.base.Cluster.ReadRange(t.Context(), r.base.Topics.Audit(), 0, 0, func(rec *kgo.Record) error {
		var e struct {
			Kind string
			Body json.RawMessage
		}
		if err := json.Unmarshal(rec.Value, &e); err != nil || e.Kind != stream.EntryReceipt {
			return err
		}
		var b stream.Receipt
		err := json.Unmarshal(e.Body, &b)
		all = append(all, b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
