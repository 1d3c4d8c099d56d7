package pipeline

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

// positionRecord is the record of the positions topic: where a leased job (a source's
// ingest, the deletion) stands and the head of its chains. It is written in the
// transaction that it describes (L3).
type positionRecord struct {
	Label string `json:"label"`
	State []byte `json:"state,omitempty"` // sealed; only the connector understands it
	Heads heads  `json:"heads,omitempty"` // by input: for ingest only the source
	// Revisions are the policy revisions that ingest has announced to each
	// connection's workers by a control record.
	Revisions map[string]string `json:"revisions,omitempty"`
	// Number is that of the last announcements.
	Number stream.Int64 `json:"number,omitempty"`
	// Topics are the raw topics that it announced them in.
	Topics []string `json:"topics,omitempty"`
	// Undecided are the streams that were read before anybody decided on them.
	Undecided []string `json:"undecided,omitempty"`
	// Again are the streams of which all rows were needed once more, with a number
	// that is greater each time.
	Again map[string]stream.Int64 `json:"again,omitempty"`
	// Period is what the source's raw records are wrapped under from here on;
	// none is ever wrapped under an earlier one.
	Period string `json:"period,omitempty"`
	Worker string `json:"worker"`
}

type heads map[string]head

type head struct {
	Hash stream.Hash `json:"hash"`
	To   string      `json:"to"`
}

// leasePartition is the partition of positions that decides who owns a job.
func leasePartition(job string, partitions int32) int32 {
	h := fnv.New32a()
	h.Write([]byte(job))
	return int32(h.Sum32() % uint32(partitions))
}

// Begun reports whether a source was ever read: its raw topics may no longer
// hold its first records.
func (b Base) Begun(ctx context.Context, source string) (bool, error) {
	at, err := b.position(ctx, source)
	return at != nil && at.Label != "", err
}

// Announced gives the policy revisions that a source's control records last named,
// by connection: those that are in force after its last record.
func (b Base) Announced(ctx context.Context, source string) (map[string]string, error) {
	at, err := b.position(ctx, source)
	if at == nil || err != nil {
		return nil, err
	}
	return at.Revisions, nil
}

// errOlder is a policy in force that this process has never seen.
var errOlder = errors.New("another machine has put a policy in force since this process read its files")

// mayAnnounce refuses to take back a policy that another machine put in force.
func (w *ingestWriter) mayAnnounce(inForce map[string]string) error {
	conns := maps.Clone(inForce)
	if conns == nil {
		conns = make(map[string]string)
	}
	maps.Copy(conns, w.Revisions)
	for _, conn := range slices.Sorted(maps.Keys(conns)) {
		now := inForce[conn]
		if now != w.Revisions[conn] && (w.announced.Load() || now != w.Seen[conn]) {
			return fmt.Errorf("connection %s: %w", conn, errOlder)
		}
	}
	return nil
}

// position reads the last committed position of a job; nil if there is none. What
// somebody without the key has written there is none; where nothing else is left,
// such as after a compaction, it is a fault: to begin anew would carry rows twice (L2).
func (b Base) position(ctx context.Context, job string) (*positionRecord, error) {
	v, err := b.voucher()
	if err != nil {
		return nil, err
	}
	p := leasePartition(job, b.Partitions)
	var last *positionRecord
	forged := int64(-1)
	keep := func(r *kgo.Record) error {
		if string(r.Key) != job {
			return nil
		}
		at := new(positionRecord)
		if !v.open(positionAt(job), r.Value, at) {
			forged = r.Offset
			return nil
		}
		last = at
		return nil
	}
	near, err := b.Cluster.Near(ctx, b.Topics.Positions(), p, 2000)
	if err != nil {
		return nil, err
	}
	// Nearly always the last one is near the end; the whole partition is read
	// only where it is not.
	err = b.Cluster.ReadRange(ctx, b.Topics.Positions(), p, near, keep)
	if err == nil && last == nil && near > 0 {
		err = b.Cluster.ReadRange(ctx, b.Topics.Positions(), p, 0, keep)
	}
	if err != nil {
		return nil, fmt.Errorf("position of %s: %w", job, err)
	}
	if forged < 0 {
		return last, nil
	}
	at := place{b.Topics.Positions(), p}
	if last == nil {
		return nil, &stream.Fault{Code: "run.position_forged", Path: fmt.Sprintf("%s at %d: %s", at, forged, job), Exit: stream.ExitEnvironment,
			Msg: "no stage with these keys has written this position, and none before it is left",
			Hint: "if keys/ is not what this workspace began with, bring it back; else find who may write to this topic, and\n" +
				"restore it (with the embedded broker: state/) from a backup, or name source and connection anew"}
	}
	b.Metrics.Forged.WithLabelValues(at.topic).Inc()
	b.Log.Error("a position was forged, and is not used: find who may write to this topic", "topic", at.topic, "partition", p, "offset", forged, "job", job)
	return last, nil
}

func (a *auditWriter) writePosition(job string, at positionRecord) error {
	b, err := a.voucher.vouch(positionAt(job), at)
	if err != nil {
		return err
	}
	a.write(a.Topics.Positions(), leasePartition(job, a.Partitions), []byte(job), b)
	return nil
}
