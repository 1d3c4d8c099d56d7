package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

// auditWriter writes the audit side of transactions: entries, receipts, details and
// leaves. It is used between the flush of a transaction's records and its
// commit.
type auditWriter struct {
	Base
	client  *kgo.Client
	ledger  stream.Ledger
	voucher voucher
	// subjects seals whom records are about.
	subjects stream.Seal
	// sequence is that of the last position written.
	sequence stream.Int64

	mu   sync.Mutex // promises come from the client's goroutine
	err  error
	told int64 // offset of the audit topic behind all that was told
}

// newAuditWriter begins a run of the ledger, which client writes.
func (b Base) newAuditWriter(client *kgo.Client) (*auditWriter, error) {
	ledger, err := b.Ledger()
	if err != nil {
		return nil, err
	}
	v, err := b.voucher()
	if err != nil {
		return nil, err
	}
	subjects, err := newSeal(b.Keyring, "subjects")
	if err != nil {
		return nil, err
	}
	return &auditWriter{Base: b, client: client, ledger: ledger, voucher: v, subjects: subjects}, nil
}

func (a *auditWriter) write(topic string, partition int32, key, value []byte) {
	a.produce(&kgo.Record{Topic: topic, Partition: partition, Key: key, Value: value})
}

func (a *auditWriter) produce(r *kgo.Record) { a.client.Produce(context.Background(), r, a.noted) }

// noted is the promise of records that no receipt counts.
func (a *auditWriter) noted(r *kgo.Record, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case err != nil:
		a.err = fmt.Errorf("produce to %s: %w", r.Topic, err)
	case r.Topic == a.Topics.Audit():
		a.told = max(a.told, r.Offset+1)
	}
}

// failed gives the first error of a write, and forgets it.
func (a *auditWriter) failed() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	err := a.err
	a.err = nil
	return err
}

// entry appends an audit entry to the transaction.
func (a *auditWriter) entry(kind string, body any) error {
	b, err := a.ledger.Entry(kind, body)
	if err != nil {
		return fmt.Errorf("audit entry %s: %w", kind, err)
	}
	a.write(a.Topics.Audit(), 0, nil, b)
	return nil
}

// takeOver writes the entry by which this run starts or takes over the chain c; it
// stands before the first part that the run writes.
func (a *auditWriter) takeOver(c stream.Chain) error {
	c.Event, c.Worker = stream.ChainStart, a.ledger.Worker()
	if c.Head != (stream.Hash{}) {
		c.Event = stream.ChainOwner
	}
	return a.entry(stream.EntryChain, c)
}

// maxEntryParts is how many bytes of parts and streams go into one receipt, so
// that an entry stays below 8 KiB.
const maxEntryParts = 7 << 10

// receipts writes r with its parts and streams, in as many entries as they need,
// and the detail record that they name.
func (a *auditWriter) receipts(r stream.Receipt, detail any) error {
	r.Worker, r.Build, r.Time = a.ledger.Worker(), a.Build, a.time()
	if detail != nil {
		d, err := stream.Canonical(detail)
		if err != nil {
			return fmt.Errorf("receipt detail: %w", err)
		}
		h := stream.Hash(sha256.Sum256(d))
		r.Detail = &h
		a.write(a.Topics.Details(), 0, []byte(h.String()), d)
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
		if err := a.entry(stream.EntryReceipt, r); err != nil {
			return err
		}
		r.Detail, r.Subjects = nil, nil
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
func (r receiptRuns) write(a *auditWriter, stage, connection string, streams []stream.StreamCount, detail any) error {
	for _, receipt := range r {
		receipt.Stage, receipt.Connection, receipt.Streams = stage, connection, streams
		if err := a.receipts(receipt, detail); err != nil {
			return err
		}
		streams, detail = nil, nil
	}
	return nil
}
