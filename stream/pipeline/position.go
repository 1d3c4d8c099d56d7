package pipeline

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"

	"lethe/stream"
)

// positionRecord is the record of the positions topic: where a leased job (a source's
// ingest, the deletion) stands and the head of its chains. It is written in the
// transaction that it describes (L3).
type positionRecord struct {
	// Sequence is greater with each position of a job: the highest counts, wherever it
	// stands.
	Sequence stream.Int64 `json:"sequence,omitempty"`
	// Audit is an offset of the audit topic: what the job told before this position
	// lies before it, and what it tells after it does not.
	Audit stream.Int64 `json:"audit,omitempty"`
	Label string       `json:"label"`
	State []byte       `json:"state,omitempty"` // sealed; only the connector understands it
	Heads heads        `json:"heads,omitempty"` // by input: for ingest only the source
	// Revisions are the policy revisions that ingest has announced to each
	// connection's workers by a control record.
	Revisions map[string]string `json:"revisions,omitempty"`
	// Number is that of the last announcements.
	Number stream.Int64 `json:"number,omitempty"`
	// Topics are the raw topics that it announced them in.
	Topics []string `json:"topics,omitempty"`
	// Undecided are the streams that were read before anybody decided on them.
	Undecided []string `json:"undecided,omitempty"`
	// Opened are the streams that entries opened, and none closed since.
	Opened []string `json:"opened,omitempty"`
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

// resume reads the position that a job goes on from. Older owners are fenced by then.
func (a *auditWriter) resume(ctx context.Context, job string) (*positionRecord, error) {
	end, err := a.Cluster.Near(ctx, a.Topics.Audit(), 0, 0)
	if err != nil {
		return nil, err
	}
	at, err := a.position(ctx, job)
	if err != nil {
		return nil, err
	}
	if at != nil {
		a.sequence = at.Sequence
	}
	a.mu.Lock()
	a.told = end
	a.mu.Unlock()
	return at, nil
}

func (a *auditWriter) writePosition(job string, at positionRecord) error {
	a.sequence++
	a.mu.Lock()
	at.Sequence, at.Audit = a.sequence, stream.Int64(a.told)
	a.mu.Unlock()
	b, err := a.voucher.vouch(positionAt(job), at)
	if err != nil {
		return err
	}
	a.write(a.Topics.Positions(), leasePartition(job, a.Partitions), []byte(job), b)
	return nil
}
