package pipeline_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
	"lethe/stream/tree"
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
		for _, c := range b.Streams {
			if c.Stream != person || c.In != c.Delivered {
				t.Errorf("a receipt of %s says %+v", b.Stage, c)
			}
			counted[b.Stage] += c.In
		}
		if b.Stage == stream.StageIngest {
			continue
		}
		if b.Detail == nil || details[*b.Detail] == nil {
			t.Fatalf("a receipt of %s names no detail that exists", b.Stage)
		}
		raw := details[*b.Detail]
		switch b.Stage {
		case stream.StageMask:
			if c := read[stream.MaskDetail](t, raw).Streams[person]; c == nil || len(c.Quarantined) != 0 {
				t.Errorf("mask: detail %+v", c)
			}
		case stream.StageSink:
			counted[b.Stage] += read[stream.SinkDetail](t, raw).Streams[person].Rows
		}
	}
	for _, stage := range []string{stream.StageIngest, stream.StageMask, stream.StageSink} {
		if counted[stage] != changes {
			t.Errorf("receipts of %s count %d records, want %d", stage, counted[stage], changes)
		}
	}
}

func TestL4LeavesGiveTheRootsOfEachOutputInTurn(t *testing.T) { onBoth(t, leavesOfOutputs) }

func leavesOfOutputs(t *testing.T, r *rig) {
	for i := range 30 {
		// Some are refused, so that parts have two outputs.
		r.source.add(string(rune('a'+i%26)), []string{"v", "refuse"}[i/26])
	}
	stop := r.run(t)
	r.wait(t, 26)
	stop()
	leaves := make(map[stream.Hash][]byte)
	for p := range int32(partitions) {
		err := r.base.Cluster.ReadRange(t.Context(), r.base.Topics.Leaves(), p, 0, func(rec *kgo.Record) error {
			leaves[stream.Hash(rec.Key)] = append([]byte(nil), rec.Value...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, b := range r.receipts(t) {
		for _, p := range b.Parts {
			if b.Stage == stream.StageMask {
				checkLeaves(t, p, leaves)
			}
		}
	}
}

// checkLeaves recomputes p's roots as an outsider would, from FORMAT.md.
func checkLeaves(t *testing.T, p stream.Part, leaves map[stream.Hash][]byte) {
	t.Helper()
	h, err := stream.HashPart(p)
	if err != nil {
		t.Fatal(err)
	}
	b := leaves[h]
	for _, o := range p.Out {
		var list []stream.Hash
		for range int64(o.N) {
			if len(b) < 40 {
				t.Fatalf("%s/%d: leaves are missing", o.Topic, o.Partition)
			}
			if at := int64(binary.BigEndian.Uint64(b)); at < int64(o.First) || at > int64(o.Last) {
				t.Errorf("%s/%d: leaf of offset %d in [%d,%d]", o.Topic, o.Partition, at, o.First, o.Last)
			}
			list, b = append(list, stream.Hash(b[8:40])), b[40:]
		}
		if tree.Root(list) != o.Root {
			t.Errorf("%s/%d: the leaves give another root", o.Topic, o.Partition)
		}
	}
	if len(b) != 0 {
		t.Errorf("%d bytes of leaves belong to no output", len(b))
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
