package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

// position reads the newest committed position of a job; nil if there is none. What
// somebody without the key has written, or written again, there is none; where
// nothing else is left, such as after a compaction, it is a fault: to begin anew, or
// from an old one, would carry rows twice (L2).
func (b Base) position(ctx context.Context, job string) (*positionRecord, error) {
	v, err := b.voucher()
	if err != nil {
		return nil, err
	}
	// What is committed before the position is read, the position knows.
	start, end, err := b.Cluster.Span(ctx, b.Topics.Audit(), 0)
	if err != nil {
		return nil, err
	}
	p := leasePartition(job, b.Partitions)
	near, err := b.Cluster.Near(ctx, b.Topics.Positions(), p, 2000)
	if err != nil {
		return nil, err
	}
	// Nearly always the newest is near the end; the whole partition is read only
	// where it is not.
	found, err := b.newest(ctx, v, job, near, start, end)
	if err == nil && near > 0 && (found.at == nil || found.behind) {
		found, err = b.newest(ctx, v, job, 0, start, end)
	}
	if err != nil {
		return nil, fmt.Errorf("position of %s: %w", job, err)
	}
	return b.believed(found, job, place{b.Topics.Positions(), p})
}

// newestPosition is what a partition of positions holds of a job.
type newestPosition struct {
	at     *positionRecord // nil for none that its keys vouch for
	behind bool            // the job has gone on after it
	forged int64           // offset of the last that is refused; -1 for none
}

// newest reads a job's positions from an offset on, and holds the highest against
// what lies in the audit topic from start to end.
func (b Base) newest(ctx context.Context, v voucher, job string, from, start, end int64) (newestPosition, error) {
	found := newestPosition{forged: -1}
	err := b.Cluster.ReadRange(ctx, b.Topics.Positions(), leasePartition(job, b.Partitions), from, func(r *kgo.Record) error {
		if string(r.Key) != job {
			return nil
		}
		at := new(positionRecord)
		ours := v.open(positionAt(job), r.Value, at)
		if !ours || found.at != nil && found.at.Sequence > 0 && at.Sequence <= found.at.Sequence {
			found.forged = r.Offset
			return nil
		}
		found.at = at
		return nil
	})
	if err == nil && found.at != nil {
		found.behind, err = b.goneOn(ctx, job, found.at, start, end)
	}
	return found, err
}

// believed gives the position to go on from, tells of one that was refused, and
// refuses to go on where none is left that counts.
func (b Base) believed(found newestPosition, job string, at place) (*positionRecord, error) {
	fault := func(where, msg string) error {
		return &stream.Fault{Code: "run.position_forged", Path: where, Exit: stream.ExitEnvironment, Msg: msg,
			Hint: "if keys/ is not what this workspace began with, bring it back; else find who may write to this topic, and\n" +
				"restore it (with the embedded broker: state/) from a backup, or name source and connection anew"}
	}
	switch {
	case found.behind:
		return nil, fault(fmt.Sprintf("%s: %s", at, job), "the audit topic tells that it has gone on after its newest position there: somebody has written an old one again, and the newest is gone")
	case found.forged < 0:
		return found.at, nil
	case found.at == nil:
		return nil, fault(fmt.Sprintf("%s at %d: %s", at, found.forged, job), "no stage with these keys has written this position, and none before it is left")
	}
	b.Metrics.Forged.WithLabelValues(at.topic).Inc()
	b.Log.Error("a position was forged or written again, and is not used: find who may write to this topic", "topic", at.topic, "partition", at.partition, "offset", found.forged, "job", job)
	return found.at, nil
}

// goneOn reports whether the audit topic, which begins at start, tells before end of
// something that a job did after a position: an announcement with a higher number, or
// a part that follows the head of one of its chains. An entry that somebody writes
// again follows no head that is the newest, and one that no worker signed tells nothing.
func (b Base) goneOn(ctx context.Context, job string, at *positionRecord, start, end int64) (bool, error) {
	ledger, err := b.Ledger()
	if err != nil {
		return false, err
	}
	signed, err := ledger.Signed(ctx)
	if err != nil {
		return false, err
	}
	// The part that follows may be trimmed: those that are left then end in another head.
	cut := start > int64(at.Audit)
	gone, ends := false, make(map[string]bool) // by input: whether one of its parts is the head
	err = b.Cluster.ReadTo(ctx, b.Topics.Audit(), 0, int64(at.Audit), end, func(r *kgo.Record) error {
		after, parts := at.told(job, r.Value)
		if (after || cut && len(parts) > 0) && signed(r.Offset, r.Value) {
			gone = gone || after
			for input, head := range parts {
				ends[input] = ends[input] || head
			}
		}
		return nil
	})
	if cut {
		gone = gone || slices.Contains(slices.Collect(maps.Values(ends)), false)
	}
	return gone, err
}

// told says what an entry tells of a job: whether it was made after the position, and
// of which inputs it has parts; true where one of them is the position's head.
func (at *positionRecord) told(job string, entry []byte) (after bool, parts map[string]bool) {
	var e struct {
		Kind string
		Body json.RawMessage
	}
	if json.Unmarshal(entry, &e) != nil {
		return false, nil // nobody's entry
	}
	switch e.Kind {
	case stream.EntryAnnounce:
		var a stream.Announcement
		return json.Unmarshal(e.Body, &a) == nil && a.Source == job && a.Number > at.Number, nil
	case stream.EntryReceipt:
		var body stream.Receipt
		if json.Unmarshal(e.Body, &body) != nil {
			return false, nil
		}
		parts = make(map[string]bool)
		for _, part := range body.Parts {
			input := inputOf(part)
			h, ok := at.Heads[input]
			switch body.Stage {
			case stream.StageIngest:
				ok = body.Source == job // also before its first part
			case stream.StageDelete:
			default:
				ok = false
			}
			hash, err := stream.HashPart(part)
			if !ok || err != nil {
				continue
			}
			after = after || part.Prev == h.Hash
			parts[input] = parts[input] || hash == h.Hash
		}
	}
	return after, parts
}

// inputOf is what the heads of a position call the input of a part.
func inputOf(p stream.Part) string {
	if p.Evidence == stream.EvidenceLogStart {
		return p.Topic + "/" + strconv.Itoa(int(p.Partition))
	}
	return p.Topic
}
