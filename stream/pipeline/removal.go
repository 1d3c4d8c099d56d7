package pipeline

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

// remover deletes the beginnings of partitions for a job, and writes down what
// it did, in a chain for each partition (L4).
type remover struct {
	base   Base
	job    string
	client *kgo.Client
	audit  *auditWriter
	at     positionRecord
	owned  map[string]bool // chains that this run has taken over; after a failed commit the run ends
	parts  []stream.Part   // of the transaction being built
	chains []stream.Chain  // to be taken over by it
}

func openRemover(ctx context.Context, b Base, job string) (*remover, error) {
	client, err := b.Cluster.Producer(b.Topics.IngestID(job))
	if err != nil {
		return nil, err
	}
	r := &remover{base: b, job: job, client: client, owned: make(map[string]bool)}
	if _, _, err = client.ProducerID(ctx); err == nil {
		err = r.prepare(ctx)
	}
	if err != nil {
		client.Close()
		return nil, err
	}
	return r, nil
}

func (r *remover) prepare(ctx context.Context) error {
	var err error
	if r.audit, err = r.base.newAuditWriter(r.client); err != nil {
		return err
	}
	at, err := r.audit.resume(ctx, r.job)
	if err != nil {
		return err
	}
	if at != nil {
		r.at = *at
	}
	if r.at.Heads == nil {
		r.at.Heads = heads{}
	}
	return nil
}

// remove moves the start of each partition up to an offset, from where starts
// has it, and says where the starts are then. Deleting comes first and the receipt after: a crash between
// the two leaves the start moved, and the next receipt covers it, since a part
// goes from the last receipt's end to the start as it is.
func (r *remover) remove(ctx context.Context, starts map[string]map[int32]int64, to map[place]int64) (map[place]int64, error) {
	reached := make(map[place]int64, len(to))
	del := make(kadm.Offsets)
	for p, offset := range to {
		start := starts[p.topic][p.partition]
		reached[p] = max(offset, start)
		if offset > start {
			del.Add(kadm.Offset{Topic: p.topic, Partition: p.partition, At: offset})
		}
	}
	if len(del) == 0 {
		return reached, nil
	}
	got, err := kadm.NewClient(r.client).DeleteRecords(ctx, del)
	if err == nil {
		err = got.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("delete records: %w", err)
	}
	return reached, nil
}

// receipt writes down where partitions begin now and which keys are destroyed,
// as far as the last receipts do not say so.
func (r *remover) receipt(ctx context.Context, reached map[place]int64, periods []string) error {
	next := positionRecord{Label: r.base.time(), Heads: maps.Clone(r.at.Heads), Worker: r.audit.ledger.Worker()}
	r.parts, r.chains = nil, nil
	for p, to := range reached {
		part := stream.Part{Topic: p.topic, Partition: p.partition, To: strconv.FormatInt(to, 10), Evidence: stream.EvidenceLogStart}
		if err := r.add(next.Heads, p.topic+"/"+strconv.Itoa(int(p.partition)), part); err != nil {
			return err
		}
	}
	for _, period := range periods {
		purpose, _, _ := strings.Cut(period, "/")
		part := stream.Part{Topic: "keys/" + purpose, To: period, Evidence: stream.EvidenceKeyDestroyed}
		if err := r.add(next.Heads, part.Topic, part); err != nil {
			return err
		}
	}
	if len(r.parts) == 0 {
		return nil
	}
	return r.commit(ctx, next)
}

// add chains part to its input's chain, unless it says nothing new.
func (r *remover) add(to heads, input string, part stream.Part) error {
	h := to[input]
	switch part.Evidence {
	case stream.EvidenceKeyDestroyed:
		if part.To <= h.To {
			return nil
		}
	case stream.EvidenceLogStart:
		if h.To == "" {
			h.To = "0"
		}
		from, err := strconv.ParseInt(h.To, 10, 64)
		if err != nil {
			return fmt.Errorf("chain of %s: %w", input, err)
		}
		// The embedded broker keeps a partition's last record, so its start may
		// lie before what was asked for and written down.
		if to, err := strconv.ParseInt(part.To, 10, 64); err != nil || to <= from {
			return err
		}
	}
	if !r.owned[input] {
		r.owned[input] = true
		r.chains = append(r.chains, stream.Chain{Stage: stream.StageDelete, Topic: part.Topic, Partition: part.Partition, Head: h.Hash, From: h.To})
	}
	part.Prev, part.From = h.Hash, h.To
	hash, err := stream.HashPart(part)
	if err != nil {
		return err
	}
	to[input] = head{hash, part.To}
	r.parts = append(r.parts, part)
	return nil
}

// commit writes the receipts and where the job stands then (L3).
func (r *remover) commit(ctx context.Context, next positionRecord) error {
	began := r.base.Now()
	if err := r.client.BeginTransaction(); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	_, err := r.audit.commit(ctx, func() error {
		for _, c := range r.chains {
			if err := r.audit.takeOver(c); err != nil {
				return err
			}
		}
		if err := r.audit.receipts(stream.Receipt{Stage: stream.StageDelete, Parts: r.parts}, nil); err != nil {
			return err
		}
		return r.audit.writePosition(r.job, next)
	}, r.audit.end)
	if err != nil {
		return err
	}
	r.at = next
	r.base.committed(stream.StageDelete, r.job, began)
	return nil
}
