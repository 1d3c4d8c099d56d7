package main

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lethe/audit"
	"lethe/stream"
	"lethe/stream/tree"
)

const maskedTopic = "lethe.shop.masked.pii-pseudo.shop-lake.shop.main.customer.g1"

// made is a log's topic as it is made while it is read: an enrolment, and then receipts.
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

// Read implements audit.Feed.
func (m *made) Read(ctx context.Context, from int64, emit func(int64, []byte) error) error {
	if from > 0 {
		return nil
	}
	if err := emit(0, m.enrol); err != nil {
		return err
	}
	root, n := m.root(), int64(m.records)
	policy, build := strings.Repeat("c", 64), strings.Repeat("b", 64)
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range int64(m.entries - 1) {
		if err := ctx.Err(); err != nil {
			return err
		}
		e, err := m.worker.Entry(stream.EntryReceipt, stream.Receipt{Stage: stream.StageMask, Connection: "shop-lake", Worker: m.worker.Worker(), Build: build, Policy: policy, Keys: "1",
			Time: began.Add(time.Duration(i) * 100 * time.Millisecond).Format(time.RFC3339Nano), Streams: []stream.StreamCount{{Stream: "shop.main.customer", In: stream.Int64(n), Delivered: stream.Int64(n)}},
			Parts: []stream.Part{{Topic: "lethe.shop.raw.pii.shop", From: fmt.Sprint(i * n), To: fmt.Sprint((i + 1) * n), In: stream.Int64(n),
				Out: []stream.Out{{Topic: maskedTopic, Partition: 3, First: stream.Int64(i * n), Last: stream.Int64((i+1)*n - 1), N: stream.Int64(n), Root: root}}}}})
		if err != nil {
			return err
		}
		m.worker.Settle(true)
		if err := emit(i+1, e); err != nil {
			return err
		}
	}
	return nil
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
