package verify

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lethe/audit"
	"lethe/stream"
)

func TestMain(m *testing.M) {
	audit.RouteDriverLog(slog.New(slog.NewTextHandler(io.Discard, nil)))
	os.Exit(m.Run())
}

const (
	rawTopic    = "lethe.shop.raw.pii.crm"
	maskedTopic = "lethe.shop.masked.pii-pseudo.crm-lake.crm.public.customer.g1"
	quarantine  = "lethe.shop.quarantine.pii.crm-lake"
)

// world is a small Lethe: it writes the entries and files that the pipeline
// would, and a test may change them on the way.
type world struct {
	t            testing.TB
	skey, vkey   string
	log, lake    string
	logLedger    *audit.Ledger
	ledgers      map[string]*audit.Ledger
	heads        map[string]stream.Hash // by chain
	ends         map[string]string
	entries      [][]byte
	offsets      []int64
	ingested     int64
	rawEnd       int64
	maskedEnd    int64
	quarantined  int64
	tamper       func(r *stream.Receipt) // before it is signed
	tamperObject func(b []byte) []byte   // after the receipt
	noManifest   bool
}

func key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func newWorld(t testing.TB) *world {
	t.Helper()
	skey, vkey, err := audit.NewLogKey("lethe/shop")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, skey: skey, vkey: vkey, log: filepath.Join(t.TempDir(), "log"), lake: t.TempDir(), ledgers: map[string]*audit.Ledger{},
		heads: map[string]stream.Hash{}, ends: map[string]string{}}
	w.logLedger, err = audit.LogLedger(skey, "log-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"w-ingest", "w-mask", "w-sink"} {
		w.enrol(name)
	}
	return w
}

func (w *world) add(raw []byte, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	w.entries = append(w.entries, raw)
	w.offsets = append(w.offsets, int64(len(w.offsets)*2))
}

func (w *world) enrol(name string) {
	w.add(audit.Enrol(w.logLedger, name, key(name).Public().(ed25519.PublicKey), time.Unix(1700000000, 0)))
}

func (w *world) ledger(worker string) *audit.Ledger {
	if w.ledgers[worker] == nil {
		l, err := audit.NewLedger(worker, key(worker), "run-"+worker)
		if err != nil {
			w.t.Fatal(err)
		}
		w.ledgers[worker] = l
	}
	return w.ledgers[worker]
}

// part chains p and writes its receipt, after a chain entry where the chain is
// new.
func (w *world) part(worker string, r stream.Receipt, p stream.Part) {
	w.t.Helper()
	id := r.Stage + " " + p.Topic
	if _, ok := w.ends[id]; !ok {
		w.ends[id] = p.From
		w.add(w.ledger(worker).Entry(stream.EntryChain, stream.Chain{Event: "start", Stage: r.Stage, Connection: r.Connection, Source: r.Source,
			Topic: p.Topic, Partition: p.Partition, Worker: worker, From: p.From}))
	}
	p.Prev, p.From = w.heads[id], w.ends[id]
	now := time.Unix(1769871600+int64(len(w.entries)), 0).UTC()
	r.Worker, r.Time, r.Parts = worker, now.Format(time.RFC3339), []stream.Part{p}
	if r.Stage != stream.StageSink && r.Stage != stream.StageDelete {
		r.Streams = []stream.StreamCount{lineOf(p)}
	}
	if w.tamper != nil {
		w.tamper(&r)
	}
	var err error
	if w.heads[id], err = stream.HashPart(r.Parts[0]); err != nil {
		w.t.Fatal(err)
	}
	w.ends[id] = p.To
	w.add(w.ledger(worker).Entry(stream.EntryReceipt, r))
}

// lineOf is the line of the only stream that p holds.
func lineOf(p stream.Part) stream.StreamCount {
	c := stream.StreamCount{Stream: "crm.public.customer", In: p.In, Filtered: p.Filtered, Shredded: p.Shredded}
	for _, o := range p.Out {
		if o.Topic == quarantine {
			c.Quarantined += o.N
		} else {
			c.Delivered += o.N - o.Tombstones
		}
	}
	return c
}

// ingest writes n records into raw partition 0; a transaction marker follows.
func (w *world) ingest(n int64) {
	w.t.Helper()
	from := "lsn/" + strconv.FormatInt(w.ingested, 10)
	if w.ingested == 0 {
		from = ""
	}
	first := w.rawEnd
	w.ingested += n
	w.rawEnd += n + 1
	w.part("w-ingest", stream.Receipt{Stage: stream.StageIngest, Source: "crm"}, stream.Part{Topic: "crm", From: from,
		To: "lsn/" + strconv.FormatInt(w.ingested, 10), In: stream.Int64(n), Changes: stream.Int64(n),
		Out: []stream.Out{{Topic: rawTopic, First: stream.Int64(first), Last: stream.Int64(first + n - 1), N: stream.Int64(n)}}})
	if first == 0 {
		w.announce("w-ingest", "p1", 1, 0)
	}
}

// announce says that the connection's revision changes behind an offset of raw
// partition 0.
func (w *world) announce(worker, revision string, number, offset int64) {
	w.t.Helper()
	w.add(w.ledger(worker).Entry(stream.EntryAnnounce, stream.Announcement{Source: "crm", Connection: "crm-lake", Revision: revision,
		Number: stream.Int64(number), Topic: rawTopic, Offsets: []stream.Int64{stream.Int64(offset)}, Worker: worker}))
}

// mask reads raw records up to offset to, in of them: one is filtered, one
// quarantined, and each fourth of the others is a delete with a tombstone.
func (w *world) mask(to, in int64) {
	w.t.Helper()
	delivered := in - 2
	tombs := delivered / 4
	first := w.maskedEnd
	q := w.quarantined
	w.quarantined += 2
	w.maskedEnd += delivered + tombs + 1
	w.part("w-mask", stream.Receipt{Stage: stream.StageMask, Connection: "crm-lake", Policy: "p1"}, stream.Part{Topic: rawTopic, From: "0",
		To: strconv.FormatInt(to, 10), In: stream.Int64(in), Filtered: 1, Out: []stream.Out{
			{Topic: maskedTopic, First: stream.Int64(first), Last: stream.Int64(first + delivered + tombs - 1), N: stream.Int64(delivered + tombs), Tombstones: stream.Int64(tombs)},
			{Topic: quarantine, First: stream.Int64(q), Last: stream.Int64(q), N: 1}}})
}

// sink loads the last transaction of mask, which delivered n records from
// masked offset first on, into a file.
func (w *world) sink(first, to, n int64) {
	w.t.Helper()
	var offsets []int64
	for i := range n {
		offsets = append(offsets, first+i)
	}
	tb := &table{topic: maskedTopic, from: first, to: to, offsets: offsets}
	if w.ends["sink "+maskedTopic] != "" {
		tb.from, _ = strconv.ParseInt(w.ends["sink "+maskedTopic], 10, 64)
	}
	raw, root, rows := tb.write(w.t)
	sum := stream.Hash(sha256.Sum256(raw))
	name := fmt.Sprintf("%s-0-%d-%d-g1-%s.parquet", maskedTopic, tb.from, to, sum.String()[:8])
	n64, l := stream.Int64(rows), stream.Loaded{Object: name, SHA256: sum, Rows: stream.Int64(rows), Root: root, Topic: maskedTopic, From: stream.Int64(tb.from), To: stream.Int64(to)}
	w.part("w-sink", stream.Receipt{Stage: stream.StageSink, Connection: "crm-lake"}, stream.Part{Topic: maskedTopic, From: "0", To: strconv.FormatInt(to, 10),
		In: stream.Int64(n), Object: name, SHA256: &sum, Rows: &n64, RowRoot: &root})
	if w.tamperObject != nil {
		raw = w.tamperObject(raw)
	}
	w.write(name, raw)
	if !w.noManifest {
		m, _ := json.Marshal(l)
		w.write(fmt.Sprintf("_manifest/%s-0-%d.json", maskedTopic, tb.from), append(m, '\n'))
	}
}

func (w *world) write(name string, b []byte) {
	path := filepath.Join(w.lake, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// run does rounds of ingest, mask and sink, 20 records each.
func (w *world) run(rounds int) *world {
	w.t.Helper()
	for range rounds {
		w.ingest(20)
		first := w.maskedEnd
		w.mask(w.rawEnd, 20)
		w.sink(first, w.maskedEnd, 18)
	}
	return w
}

// Read gives the entries as the audit topic would.
func (w *world) Read(ctx context.Context, from int64, emit func(int64, []byte) error) error {
	for i, off := range w.offsets {
		if off >= from {
			if err := emit(off, w.entries[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// follow makes the log.
func (w *world) follow() *world {
	w.t.Helper()
	s, err := note.NewSigner(w.skey)
	if err != nil {
		w.t.Fatal(err)
	}
	f, err := audit.NewFollower(audit.Config{Dir: w.log, Signer: s, Feed: w, Name: "test", Now: time.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := f.Follow(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return w
}

func (w *world) verify() *Report {
	w.t.Helper()
	r, err := Run(w.t.Context(), Options{Log: w.log, PublicKey: w.vkey, Lakes: []string{w.lake}})
	if err != nil {
		w.t.Fatal(err)
	}
	told(w.t, r)
	return r
}

// running verifies while a sink is at work.
func (w *world) running() *Report {
	w.t.Helper()
	r, err := Run(w.t.Context(), Options{Log: w.log, PublicKey: w.vkey, Lakes: []string{w.lake}, Running: true})
	if err != nil {
		w.t.Fatal(err)
	}
	told(w.t, r)
	return r
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
