package pipeline

import (
	"encoding/json"
	"fmt"
	"sort"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

// batch is one load of a partition and what came of it.
type batch struct {
	place
	stream.Batch
	tombstones int64
	newest     int64
	loaded     stream.Loaded
}

// maxLoads bounds the batches of one partition in one transaction: the offset
// commit's metadata names them all.
const maxLoads = 4

// cut takes the held records apart: one batch for each partition, revision and
// object of a former owner. left tells that records remain.
func (w *loadWorker) cut() (batches []*batch, left bool, err error) {
	for _, p := range w.places() {
		h, from := w.held[p], w.links.of[p].offset
		records := h.records
		for n := 0; len(records) > 0; n++ {
			if n == maxLoads {
				left = true
				break
			}
			take := run(records, h.until)
			b, err := w.batch(p, from, records[:take])
			if err != nil {
				return nil, false, err
			}
			batches = append(batches, b)
			from, records = b.Range.To, records[take:]
			if from >= h.until {
				h.until = 0
			}
		}
		h.records = nil
	}
	return batches, left, nil
}

// places lists the partitions with held records, in order.
func (w *loadWorker) places() []place {
	var out []place
	for p, h := range w.held {
		if len(h.records) > 0 {
			out = append(out, p)
		}
	}
	sort.Slice(out, func(i, j int) bool {
		return out[i].topic < out[j].topic || out[i].topic == out[j].topic && out[i].partition < out[j].partition
	})
	return out
}

// run counts the first records that belong into one batch: one revision, and
// none beyond until where that is set.
func run(records []*kgo.Record, until int64) int {
	revision := string(header(records[0], stream.HeaderPolicy))
	for i, r := range records {
		if string(header(r, stream.HeaderPolicy)) != revision || until > 0 && i > 0 && r.Offset >= until {
			return i
		}
	}
	return len(records)
}

func (w *loadWorker) batch(p place, from int64, records []*kgo.Record) (*batch, error) {
	b := &batch{place: p}
	b.Range = stream.Range{Topic: p.topic, Partition: p.partition, From: from, To: records[len(records)-1].Offset + 1}
	b.Policy = string(header(records[0], stream.HeaderPolicy))
	rows, err := w.Rows(p.topic, b.Policy)
	if err != nil {
		return nil, fmt.Errorf("shape of %s under revision %s: %w", p.topic, b.Policy, err)
	}
	b.Schema = rows
	b.Records = make([]stream.Record, 0, len(records))
	for _, r := range records {
		b.newest = max(b.newest, r.Timestamp.UnixMilli())
		if r.Value == nil {
			b.tombstones++
			continue
		}
		rec := stream.Record{Stream: rows.Stream, Key: r.Key, Value: r.Value, Offset: r.Offset, Salt: header(r, stream.HeaderSalt)}
		if rec.Seq, err = stream.ParseSeq(header(r, stream.HeaderSeq)); err != nil {
			return nil, fmt.Errorf("%s/%d at %d: %w", p.topic, p.partition, r.Offset, err)
		}
		if u := header(r, stream.HeaderUnchanged); u != nil {
			if err := json.Unmarshal(u, &rec.Unchanged); err != nil {
				return nil, fmt.Errorf("%s/%d at %d: unchanged names: %w", p.topic, p.partition, r.Offset, err)
			}
		}
		b.Records = append(b.Records, rec)
	}
	return b, nil
}
