package pipeline

import (
	"context"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
	"lethe/stream/tree"
)

// Batch is what lies where a receipt says that records were written.
type Batch struct {
	Records []*kgo.Record
	Leaves  []stream.Hash // of the records
}

// Batch reads an output of a receipt. What is deleted, or was put there, makes it
// another than the receipt tells of: its leaves do not give the receipt's root.
func (b Base) Batch(ctx context.Context, o stream.Out) (Batch, error) {
	var out Batch
	var leaves tree.Leaves
	err := b.Cluster.ReadTo(ctx, o.Topic, o.Partition, int64(o.First), int64(o.Last)+1, func(r *kgo.Record) error {
		if header(r, stream.HeaderControl) != nil {
			return nil
		}
		out.Records = append(out.Records, r)
		leaves.Add(&out.Leaves, header(r, stream.HeaderSalt), r.Key, r.Value, header(r, stream.HeaderSeq), header(r, stream.HeaderUnchanged))
		return nil
	})
	leaves.Flush()
	return out, err
}

// Root is over the batch's leaves.
func (b Batch) Root() stream.Hash { return tree.Root(slices.Clone(b.Leaves)) }

// At gives the number of the record at an offset; false if there is none.
func (b Batch) At(offset int64) (int64, bool) {
	i := slices.IndexFunc(b.Records, func(r *kgo.Record) bool { return r.Offset == offset })
	return int64(i), i >= 0
}

// Preimage is what the leaf of a record is the SHA-256 of, behind the byte 0.
func (b Batch) Preimage(number int64) []byte {
	r := b.Records[number]
	return tree.AppendPreimage(nil, header(r, stream.HeaderSalt), r.Key, r.Value, header(r, stream.HeaderSeq), header(r, stream.HeaderUnchanged))
}
