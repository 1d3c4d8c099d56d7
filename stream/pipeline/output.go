package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"sort"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

// place is one partition of a topic.
type place struct {
	topic     string
	partition int32
}

// output collects what one transaction writes to one place: the leaf of each
// record in the order of production, and the offsets as the broker gives them,
// which is the same order.
type output struct {
	place
	leaves     []stream.Hash
	offsets    []int64
	tombstones int64
	err        error
	promise    func(*kgo.Record, error) // done, made once and not for every record
}

// done is the promise of every record of o. The client calls promises of a
// partition in order, and all of them before Flush returns.
func (o *output) done(r *kgo.Record, err error) {
	if err != nil && o.err == nil {
		o.err = err
	}
	o.offsets = append(o.offsets, r.Offset)
}

// receipt is o's share of a part. It spoils o.leaves.
func (o *output) receipt() stream.Out {
	return stream.Out{Topic: o.topic, Partition: o.partition,
		First: stream.Int64(o.offsets[0]), Last: stream.Int64(o.offsets[len(o.offsets)-1]),
		N: stream.Int64(len(o.offsets)), Tombstones: stream.Int64(o.tombstones), Root: stream.Root(o.leaves)}
}

// appendLeaves writes (offset u64, leaf) pairs, as the leaves topic holds them.
func (o *output) appendLeaves(b []byte) []byte {
	for i, off := range o.offsets {
		b = binary.BigEndian.AppendUint64(b, uint64(off))
		b = append(b, o.leaves[i][:]...)
	}
	return b
}

// outputs is the outputs of one input partition, or of a whole ingest
// transaction.
type outputs struct {
	outs  map[place]*output
	order []*output
}

func (b *outputs) to(topic string, partition int32) *output {
	p := place{topic, partition}
	if o := b.outs[p]; o != nil {
		return o
	}
	if b.outs == nil {
		b.outs = make(map[place]*output)
	}
	o := &output{place: p}
	o.promise = o.done
	b.outs[p] = o
	b.order = append(b.order, o)
	return o
}

// check says whether everything was acknowledged, and sorts the outputs by place,
// so that a receipt does not depend on the order of arrival.
func (b *outputs) check() error {
	sort.Slice(b.order, func(i, j int) bool {
		x, y := b.order[i], b.order[j]
		return x.topic < y.topic || x.topic == y.topic && x.partition < y.partition
	})
	for _, o := range b.order {
		if o.err != nil {
			return fmt.Errorf("produce to %s/%d: %w", o.topic, o.partition, o.err)
		}
		if len(o.offsets) != len(o.leaves) {
			return fmt.Errorf("produce to %s/%d: %d of %d records acknowledged", o.topic, o.partition, len(o.offsets), len(o.leaves))
		}
	}
	return nil
}

// leaves are those of all outputs, as the leaves topic holds them.
func (b *outputs) leaves() (all []byte) {
	for _, o := range b.order {
		all = o.appendLeaves(all)
	}
	return all
}

// receipts are the outs of a part. It spoils the leaves.
func (b *outputs) receipts() (all []stream.Out) {
	for _, o := range b.order {
		all = append(all, o.receipt())
	}
	return all
}

// auditWriter writes the audit side of transactions: entries, receipts, details and
// leaves. It is used between the flush of a transaction's records and its
// commit.
type auditWriter struct {
	Base
	client *kgo.Client
	ledger stream.Ledger

	mu  sync.Mutex // promises come from the client's goroutine
	err error
}

// newAuditWriter begins a run of the ledger, which client writes.
func (b Base) newAuditWriter(client *kgo.Client) (*auditWriter, error) {
	ledger, err := b.Ledger()
	if err != nil {
		return nil, err
	}
	return &auditWriter{Base: b, client: client, ledger: ledger}, nil
}

func (s *auditWriter) write(topic string, partition int32, key, value []byte) {
	s.produce(&kgo.Record{Topic: topic, Partition: partition, Key: key, Value: value})
}

func (s *auditWriter) produce(r *kgo.Record) { s.client.Produce(context.Background(), r, s.noted) }

// noted is the promise of records that no receipt counts.
func (s *auditWriter) noted(r *kgo.Record, err error) {
	if err != nil {
		s.mu.Lock()
		s.err = fmt.Errorf("produce to %s: %w", r.Topic, err)
		s.mu.Unlock()
	}
}

// failed gives the first error of a write, and forgets it.
func (s *auditWriter) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.err
	s.err = nil
	return err
}

// entry appends an audit entry to the transaction.
func (s *auditWriter) entry(kind string, body any) error {
	b, err := s.ledger.Entry(kind, body)
	if err != nil {
		return fmt.Errorf("audit entry %s: %w", kind, err)
	}
	s.write(s.Topics.Audit(), 0, nil, b)
	return nil
}

// maxEntryParts is how many bytes of parts and streams go into one receipt, so
// that an entry stays below 8 KiB.
const maxEntryParts = 7 << 10

// receipts writes r with its parts and streams, in as many entries as they need,
// and the detail record that they name.
func (s *auditWriter) receipts(r stream.Receipt, detail any) error {
	r.Worker, r.Build, r.Time = s.ledger.Worker(), s.Build, s.time()
	if detail != nil {
		d, err := stream.Canonical(detail)
		if err != nil {
			return fmt.Errorf("receipt detail: %w", err)
		}
		h := stream.Hash(sha256.Sum256(d))
		r.Detail = &h
		s.write(s.Topics.Details(), 0, []byte(h.String()), d)
	}
	parts, streams := r.Parts, r.Streams
	for len(parts)+len(streams) > 0 {
		n, room, err := fit(parts, maxEntryParts, true)
		if err != nil {
			return fmt.Errorf("receipt part: %w", err)
		}
		m, _, err := fit(streams, room, n == 0)
		if err != nil {
			return fmt.Errorf("receipt stream: %w", err)
		}
		r.Parts, parts = parts[:n:n], parts[n:]
		r.Streams, streams = streams[:m], streams[m:]
		if err := s.entry(stream.EntryReceipt, r); err != nil {
			return err
		}
	}
	return nil
}

// fit counts the first elements of list that room bytes of JSON hold, and says
// what room is left; the first one if it must, whatever its size.
func fit[E any](list []E, room int, must bool) (n, left int, err error) {
	for n < len(list) {
		b, err := json.Marshal(list[n])
		if err != nil {
			return 0, 0, err
		}
		if len(b) > room && !(must && n == 0) {
			break
		}
		room -= len(b)
		n++
	}
	return n, room, nil
}

// receiptRuns are the receipts of a transaction in the order of its chains: a
// new one begins where the policy revision changes.
type receiptRuns []stream.Receipt

// add adds p, which was worked on under a revision and an epoch of its masking
// keys; "" for none.
func (r *receiptRuns) add(revision, keys string, p stream.Part) {
	last := len(*r) - 1
	if last < 0 || (*r)[last].Policy != revision {
		*r = append(*r, stream.Receipt{Policy: revision, Keys: keys})
		last++
	}
	at := &(*r)[last]
	at.Parts = append(at.Parts, p)
}

// write writes the receipts; the first holds the streams and names the detail.
func (r receiptRuns) write(s *auditWriter, stage, connection string, streams []stream.StreamCount, detail any) error {
	for _, receipt := range r {
		receipt.Stage, receipt.Connection, receipt.Streams = stage, connection, streams
		if err := s.receipts(receipt, detail); err != nil {
			return err
		}
		streams, detail = nil, nil
	}
	return nil
}
