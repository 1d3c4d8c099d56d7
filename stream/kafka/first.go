package kafka

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Span is a part of a partition: from an offset up to, and without, another.
type Span struct{ From, To int64 }

// First is the first committed record of a span.
type First struct {
	Offset int64
	Time   time.Time
	None   bool // the span was read to its end and holds no record
}

// firstWithin bounds the search for first records.
const firstWithin = 3 * time.Second

// Firsts looks for the first committed record of each span, by topic and
// partition, in fetches of few bytes. A span that it could not settle in a moment
// is missing in the answer.
func (c Cluster) Firsts(ctx context.Context, spans map[string]map[int32]Span) (map[string]map[int32]First, error) {
	from, left := make(map[string]map[int32]kgo.Offset), 0
	out := make(map[string]map[int32]First)
	for t, parts := range spans {
		from[t], out[t] = make(map[int32]kgo.Offset), make(map[int32]First)
		for p, s := range parts {
			from[t][p] = kgo.NewOffset().At(s.From)
			left++
		}
	}
	if left == 0 {
		return out, nil
	}
	// Markers are asked for: they tell that a span's end was reached.
	cl, err := c.Client(kgo.ConsumePartitions(from), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.KeepControlRecords(), kgo.FetchMaxPartitionBytes(1<<10))
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	within, cancel := context.WithTimeout(ctx, firstWithin)
	defer cancel()
	for left > 0 {
		fs := cl.PollFetches(within)
		if within.Err() != nil {
			return out, ctx.Err()
		}
		for it := fs.RecordIter(); !it.Done(); {
			r := it.Next()
			if _, done := out[r.Topic][r.Partition]; done {
				continue
			}
			f := First{Offset: r.Offset, Time: r.Timestamp}
			end := spans[r.Topic][r.Partition].To
			if r.Attrs.IsControl() || r.Offset >= end {
				if f = (First{None: true}); r.Offset+1 < end {
					continue
				}
			}
			out[r.Topic][r.Partition] = f
			left--
		}
	}
	return out, nil
}
