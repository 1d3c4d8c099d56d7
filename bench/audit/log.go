package main

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lethe/audit"
	"lethe/stream"
	"lethe/stream/tree"
)

// made is a log's topic as it is made while it is read: a run begins, and then receipts.
type made struct {
	entries, records int
	skey, vkey       string
	worker           *audit.Ledger
	enrol            []byte
	leaves           []stream.Hash // of the one batch that all receipts tell of
	preimages        [][]byte
}

func newMade(entries, records int) (*made, error) {
	m := &made{entries: entries, records: records}
	var err error
	if m.skey, m.vkey, err = audit.NewLogKey("lethe/shop"); err != nil {
		return nil, err
	}
	log, err := audit.LogLedger(m.skey, "log-1")
	if err != nil {
		return nil, err
	}
	seed := sha256.Sum256([]byte("bench"))
	key := ed25519.NewKeyFromSeed(seed[:])
	pub := key.Public().(ed25519.PublicKey)
	if m.enrol, err = audit.Enrol(log, audit.WorkerID(pub), pub, time.Unix(1_800_000_000, 0)); err != nil {
		return nil, err
	}
	m.worker, err = audit.NewLedger(audit.WorkerID(pub), key, "run")
	for i := range records {
		// Salt, key, value, seq and unchanged, as a record's leaf has them.
		p := binary.BigEndian.AppendUint64(make([]byte, 8, 256), uint64(i))
		for _, field := range []string{fmt.Sprintf(`{"id":"%032x"}`, i), fmt.Sprintf(`{"after":{"id":"%032x","email":"[redacted]"},"op":"c"}`, i), strings.Repeat("0", 40)} {
			p = append(binary.BigEndian.AppendUint32(p, uint32(len(field))), field...)
		}
		p = binary.BigEndian.AppendUint32(p, 0xFFFFFFFF)
		m.preimages, m.leaves = append(m.preimages, p), append(m.leaves, sha256.Sum256(append([]byte{0}, p...)))
	}
	return m, err
}

func (m *made) root() stream.Hash { return tree.Root(append([]stream.Hash(nil), m.leaves...)) }

// Who writes where.
const (
	source, connection = "shop", "shop-lake"
	rawTopic           = "lethe.shop.raw.pii.shop"
	maskedTopic        = "lethe.shop.masked.pii-pseudo.shop-lake.shop.main.customer.g1"
	partition          = 3
)

// life tells of a source's records as a run of lethe does: each batch is ingested, and
// then masked.
type life struct {
	*made
	emit             func(int64, []byte) error
	given            int64 // entries
	root             stream.Hash
	ingested, masked stream.Hash // the last parts of both chains
	began            time.Time
	build, policy    string
}

// beginning is how many entries stand before the first receipt.
const beginning = 4

// masks is how many receipts of masked batches there are among the entries.
func (m *made) masks() int64 { return int64(m.entries-beginning) / 2 }

// Read implements audit.Feed.
func (m *made) Read(ctx context.Context, from int64, emit func(int64, []byte) error) error {
	if from > 0 {
		return nil
	}
	r := life{made: m, emit: emit, root: m.root(), began: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), build: strings.Repeat("b", 64), policy: strings.Repeat("c", 64)}
	worker := m.worker.Worker()
	err := errors.Join(r.give(m.enrol),
		r.tell(stream.EntryChain, stream.Chain{Event: stream.ChainStart, Stage: stream.StageIngest, Source: source, Topic: source, Worker: worker}),
		r.tell(stream.EntryAnnounce, stream.Announcement{Source: source, Connection: connection, Revision: r.policy, Number: 1, Topic: rawTopic, Offsets: make([]stream.Int64, partition+1), Worker: worker}),
		r.tell(stream.EntryChain, stream.Chain{Event: stream.ChainStart, Stage: stream.StageMask, Connection: connection, Topic: rawTopic, Partition: partition, From: "0", Worker: worker}))
	for n := int64(0); err == nil && r.given < int64(m.entries); n++ {
		if err = ctx.Err(); err == nil {
			err = r.batch(n)
		}
	}
	return err
}

// batch tells of batch n.
func (r *life) batch(n int64) error {
	size := int64(r.records)
	label := func(n int64) string { return "lsn/" + strconv.FormatInt(n, 10) }
	first, next := n*size, (n+1)*size
	in := stream.Part{Topic: source, Prev: r.ingested, To: label(next), In: stream.Int64(size), Changes: stream.Int64(size), Out: r.out(rawTopic, first)}
	if n > 0 {
		in.From = label(first)
	}
	if err := r.receipt(stream.Receipt{Stage: stream.StageIngest, Source: source}, in, &r.ingested); err != nil || r.given == int64(r.entries) {
		return err
	}
	return r.receipt(stream.Receipt{Stage: stream.StageMask, Connection: connection, Policy: r.policy, Keys: "1"},
		stream.Part{Topic: rawTopic, Partition: partition, Prev: r.masked, From: strconv.FormatInt(first, 10), To: strconv.FormatInt(next, 10), In: stream.Int64(size), Out: r.out(maskedTopic, first)}, &r.masked)
}

// out is a batch as it was written.
func (r *life) out(topic string, first int64) []stream.Out {
	n := int64(r.records)
	return []stream.Out{{Topic: topic, Partition: partition, First: stream.Int64(first), Last: stream.Int64(first + n - 1), N: stream.Int64(n), Root: r.root}}
}

func (r *life) receipt(of stream.Receipt, p stream.Part, head *stream.Hash) (err error) {
	if *head, err = stream.HashPart(p); err != nil {
		return err
	}
	n := stream.Int64(r.records)
	of.Worker, of.Build, of.Parts = r.worker.Worker(), r.build, []stream.Part{p}
	of.Time = r.began.Add(time.Duration(r.given) * 100 * time.Millisecond).Format(time.RFC3339Nano)
	of.Streams = []stream.StreamCount{{Stream: "shop.main.customer", In: n, Delivered: n}}
	return r.tell(stream.EntryReceipt, of)
}

// tell makes an entry and gives it.
func (r *life) tell(kind string, body any) error {
	e, err := r.worker.Entry(kind, body)
	if err != nil {
		return err
	}
	r.worker.Settle(true)
	return r.give(e)
}

func (r *life) give(entry []byte) error {
	r.given++
	return r.emit(r.given-1, entry)
}

// follow writes the log.
func (m *made) follow(ctx context.Context, dir string) (*audit.Reader, error) {
	signer, err := note.NewSigner(m.skey)
	if err != nil {
		return nil, err
	}
	f, err := audit.NewFollower(audit.Config{Dir: dir, Signer: signer, Name: "bench", Now: time.Now, Feed: m})
	if err != nil {
		return nil, err
	}
	if err := f.Follow(ctx); err != nil {
		return nil, err
	}
	v, err := note.NewVerifier(m.vkey)
	if err != nil {
		return nil, err
	}
	return audit.OpenReader(dir, v)
}
