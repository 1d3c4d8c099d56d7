package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"lethe/audit"
	"lethe/audit/index"
	"lethe/audit/proof"
	"lethe/audit/report"
	"lethe/audit/verify"
	"lethe/bench"
	"lethe/stream"
)

// results are the figures of a run.
type results struct {
	busy string // the load when it began
	options
	made, ours, peer, index, gather, verify bench.Hop
	prove, check                            []time.Duration
	bundle, indexBytes                      int64
}

// measure measures everything.
func (r *results) measure(ctx context.Context, dir string, progress io.Writer) error {
	timed := func(hop *bench.Hop, what string, n int, work func() error) error {
		fmt.Fprintf(progress, "%s: %d entries\n", what, n)
		m, err := bench.Start()
		if err != nil {
			return err
		}
		if err := work(); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		*hop, err = m.Stop(what, int64(n))
		return err
	}
	topic := func(n int) (*made, error) { return newMade(n, r.records) }
	audit.RouteDriverLog(slog.New(slog.DiscardHandler))
	less, err := topic(r.options.peer)
	if err != nil {
		return err
	}
	// What it takes to make and sign entries the pipeline pays.
	err = timed(&r.made, "making receipts", r.options.peer, func() error {
		return less.Read(ctx, 0, func(int64, []byte) error { return nil })
	})
	if err != nil {
		return err
	}
	if less, err = topic(r.options.peer); err != nil {
		return err
	}
	err = timed(&r.peer, "tlog", r.options.peer, func() error { return appendTlog(ctx, filepath.Join(dir, "tlog"), less, r.options.peer) })
	if err != nil {
		return err
	}
	m, err := topic(r.entries)
	if err != nil {
		return err
	}
	var log *audit.Reader
	err = timed(&r.ours, "follower", r.entries, func() (err error) {
		log, err = m.follow(ctx, filepath.Join(dir, "log"))
		return err
	})
	if err != nil {
		return err
	}
	err = timed(&r.gather, "gathering a report", r.entries, func() error {
		_, err := report.Gather(ctx, log, "shop", time.Time{}, time.Time{}, report.Wants{})
		return err
	})
	if err != nil {
		return err
	}
	err = timed(&r.verify, "verifying", r.entries, func() error {
		seen, err := verify.Run(ctx, verify.Options{Log: filepath.Join(dir, "log"), PublicKey: m.vkey})
		if err == nil && !seen.OK() {
			err = fmt.Errorf("%d findings, such as %s: %s", len(seen.Findings), seen.Findings[0].Code, seen.Findings[0].Msg)
		}
		return err
	})
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "index.db")
	err = timed(&r.index, "index", r.entries, func() error {
		x, err := index.Open(ctx, path, log)
		if err != nil {
			return err
		}
		return x.Close()
	})
	if err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil {
		r.indexBytes = info.Size()
	}
	return r.proofs(ctx, path, log, m)
}

// proofs finds records anywhere in the log, proves them, and checks the proofs.
func (r *results) proofs(ctx context.Context, path string, log *audit.Reader, m *made) error {
	random := rand.New(rand.NewPCG(1, 2))
	root := m.root()
	for range r.options.proofs {
		offset := random.Int64N(m.masks() * int64(r.records))
		began := time.Now()
		b, err := prove(ctx, path, log, m, root, offset)
		if err != nil {
			return fmt.Errorf("prove offset %d: %w", offset, err)
		}
		r.prove = append(r.prove, time.Since(began))
		began = time.Now()
		p, err := verify.Proof(b, verify.ProofOptions{PublicKey: m.vkey})
		if err != nil || p.Offset == nil || *p.Offset != offset {
			return fmt.Errorf("check of offset %d: %w", offset, err)
		}
		r.check, r.bundle = append(r.check, time.Since(began)), max(r.bundle, int64(len(b)))
	}
	slices.Sort(r.prove)
	slices.Sort(r.check)
	return nil
}

// prove does what lethe prove does behind the reading of the topic: it opens the index,
// finds receipt and enrolment, and makes the bundle.
func prove(ctx context.Context, path string, log *audit.Reader, m *made, root stream.Hash, offset int64) ([]byte, error) {
	x, err := index.Open(ctx, path, log)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	at, err := x.Record(ctx, maskedTopic, partition, offset)
	if err != nil {
		return nil, err
	}
	c := proof.Claim{Root: root, Leaves: m.leaves, Index: offset % int64(m.records), Preimage: m.preimages[offset%int64(m.records)]}
	if c.Receipt, err = log.Leaf(at); err != nil {
		return nil, err
	}
	var body stream.Receipt
	if e, ok := audit.ReadEntry(c.Receipt.Entry, stream.EntryReceipt); !ok || json.Unmarshal(e.Body, &body) != nil {
		return nil, fmt.Errorf("leaf %d is no receipt", at)
	}
	enrol, _, err := x.Worker(ctx, body.Worker, c.Receipt.Shard)
	if err != nil {
		return nil, err
	}
	if c.Enrol, err = log.Leaf(enrol); err != nil {
		return nil, err
	}
	return proof.Bundle(c, nil)
}

// markdown writes the tables.
func (r *results) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d CPUs, %s/%s, %s, load %s when it began; a log of %d entries, batches of %d records.\n\n",
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), r.busy, r.entries, r.records)
	b.WriteString("| | entries/s | CPU an entry |\n|---|---|---|\n")
	made := r.made.Cost()
	row := func(title string, h bench.Hop) {
		fmt.Fprintf(&b, "| %s | %.0f | %.1f µs |\n", title, h.PerSecond(), float64(h.Cost())/1e3)
	}
	row("receipts made and signed, which workers do", r.made)
	row("made, and appended by the follower: sequenced, integrated, synced, published", r.ours)
	row("made, and appended to tlog of golang.org/x/mod/sumdb, tiles synced", r.peer)
	row("gathered for a report", r.gather)
	row("verified", r.verify)
	row("indexed for `prove`, once", r.index)
	at := func(d []time.Duration, q float64) string {
		return fmt.Sprintf("%.2f ms", float64(d[int(q*float64(len(d)-1))])/1e6)
	}
	fmt.Fprintf(&b, "\n| of %d records anywhere | median | p99 |\n|---|---|---|\n| bundle made, index opened | %s | %s |\n| bundle checked | %s | %s |\n",
		len(r.prove), at(r.prove, .5), at(r.prove, .99), at(r.check, .5), at(r.check, .99))
	fmt.Fprintf(&b, "\nA bundle has at most %d bytes, the index %.0f MB.\n", r.bundle, float64(r.indexBytes)/1e6)
	perSecond := 50_000 / float64(r.records)
	fmt.Fprintf(&b, "At 50,000 records/s and %d records a receipt the follower takes %.2f %% of one core, making them another %.2f %%.\n", r.records,
		perSecond*max(0, r.ours.Cost()-made).Seconds()*100, perSecond*made.Seconds()*100)
	return b.String()
}
