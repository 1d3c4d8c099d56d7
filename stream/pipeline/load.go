package pipeline

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

// load is one load of a partition and what came of it.
type load struct {
	place
	stream.Rows
	newest int64
	loaded stream.Loaded
}

// maxLoads bounds the loads of one partition in one transaction: the offset
// commit's metadata names them all.
const maxLoads = 4

// cut takes the held records apart: one load for each partition, revision and
// object of a former owner. left tells that records remain.
func (w *sinkWorker) cut() (loads []*load, left bool, err error) {
	for _, p := range w.places() {
		h, from := w.held[p], w.chains.of[p].offset
		records := h.records
		for n := 0; len(records) > 0; n++ {
			if n == maxLoads {
				left = true
				break
			}
			take := run(records, h.until)
			l, err := w.load(p, from, records[:take])
			if err != nil {
				return nil, false, err
			}
			loads = append(loads, l)
			from, records = l.Range.To, records[take:]
			if from >= h.until {
				h.until = 0
			}
		}
		h.records = nil
	}
	return loads, left, nil
}

// places lists the partitions with held records, in order.
func (w *sinkWorker) places() []place {
	var out []place
	for p, h := range w.held {
		if len(h.records) > 0 {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, place.compare)
	return out
}

// run counts the first records that belong into one load: one revision, and
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

func (w *sinkWorker) load(p place, from int64, records []*kgo.Record) (*load, error) {
	l := &load{place: p}
	l.Range = stream.Range{Topic: p.topic, Partition: p.partition, From: from, To: records[len(records)-1].Offset + 1}
	l.Policy = string(header(records[0], stream.HeaderPolicy))
	shape, err := w.Shape(p.topic, l.Policy)
	if err != nil {
		return nil, fmt.Errorf("shape of %s under revision %s: %w", p.topic, l.Policy, err)
	}
	l.Schema = shape
	l.List = make([]stream.Row, 0, len(records))
	for _, r := range records {
		l.newest = max(l.newest, r.Timestamp.UnixMilli())
		if r.Value == nil {
			continue // a tombstone
		}
		row := stream.Row{Offset: r.Offset, Key: r.Key, Value: r.Value}
		if row.Seq, err = stream.ParseSeq(header(r, stream.HeaderSeq)); err != nil {
			return nil, fmt.Errorf("%s/%d at %d: %w", p.topic, p.partition, r.Offset, err)
		}
		if u := header(r, stream.HeaderUnchanged); u != nil {
			if err := json.Unmarshal(u, &row.Unchanged); err != nil {
				return nil, fmt.Errorf("%s/%d at %d: unchanged names: %w", p.topic, p.partition, r.Offset, err)
			}
		}
		l.List = append(l.List, row)
	}
	return l, nil
}
