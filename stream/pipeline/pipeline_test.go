package pipeline_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
	"lethe/stream/broker"
	"lethe/stream/kafka"
	"lethe/stream/pipeline"
)

const (
	partitions = 4
	person     = "src.public.person"
)

// rig is a workspace on an embedded broker with a source, a policy and a sink
// that live in memory.
type rig struct {
	base   pipeline.Base
	source *source
	sink   *sink
	policy revision
	log    *logged

	auditor hpke.PublicKey
	window  time.Duration
}

// logged keeps what a log says and gives it to the test's output.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
	to   io.Writer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(b)
	return l.to.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// onBoth runs a test on the embedded broker and on Apache Kafka.
func onBoth(t *testing.T, test func(*testing.T, *rig)) {
	t.Run("embedded", func(t *testing.T) {
		b, err := broker.Start(t.Context(), broker.Config{Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		test(t, newRig(t, b.Addrs()))
	})
	t.Run("Apache Kafka", func(t *testing.T) {
		addr := os.Getenv("LETHE_TEST_KAFKA")
		switch {
		case addr == "" && os.Getenv("CI") != "":
			t.Fatal("LETHE_TEST_KAFKA names no broker")
		case addr == "":
			t.Skip("LETHE_TEST_KAFKA names no broker: ./test.sh starts one")
		}
		test(t, newRig(t, []string{addr}))
	})
}

func newRig(t *testing.T, brokers []string) *rig {
	t.Helper()
	topics := stream.Topics{Workspace: "test" + strconv.FormatInt(time.Now().UnixNano(), 36)}
	r := &rig{log: &logged{to: t.Output()}, source: &source{}, sink: &sink{objects: map[string]stream.Rows{}, listed: map[string]stream.Loaded{}}, policy: revision{id: strings.Repeat("ab", 32), topic: topics.Masked("pii-pseudo", "lake", person, 1)}}
	r.base = pipeline.Base{Cluster: kafka.Cluster{Brokers: brokers, SessionTimeout: 6 * time.Second, MaxRecord: 1 << 20, Log: slog.New(slog.NewTextHandler(t.Output(), nil))},
		Topics: topics, Partitions: partitions, Keyring: &keyring{keys: map[string][]byte{}, gone: map[string]bool{}}, Build: "build", Instance: "instance",
		Ledger: func() (stream.Ledger, error) { return &ledger{}, nil },
		Log:    slog.New(slog.NewTextHandler(r.log, nil)), Metrics: pipeline.NewMetrics(prometheus.NewRegistry()), Now: time.Now}
	all := []kafka.Topic{
		{Name: topics.Raw(stream.PII, "src"), Partitions: partitions}, {Name: r.masked(), Partitions: partitions},
		{Name: topics.Quarantine("pii", "lake"), Partitions: partitions},
		{Name: topics.Positions(), Partitions: partitions, Compact: true}, {Name: topics.Audit(), Partitions: 1},
		{Name: topics.Details(), Partitions: 1}, {Name: topics.Subjects(), Partitions: 1}, {Name: topics.Leaves(), Partitions: partitions},
	}
	if err := r.base.Cluster.EnsureTopics(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	for group, topic := range map[string]string{topics.MaskGroup("lake"): topics.Raw(stream.PII, "src"), topics.SinkGroup("lake"): r.masked()} {
		if err := r.base.StartGroup(t.Context(), group, []string{topic}); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func (r *rig) masked() string { return r.base.Topics.Masked("pii-pseudo", "lake", person, 1) }

func (r *rig) raw() []string { return []string{r.base.Topics.Raw(stream.PII, "src")} }

func (r *rig) ingest() *pipeline.Ingest {
	return &pipeline.Ingest{Base: r.base, Source: "src", RawTopics: r.raw(), Revisions: map[string]string{"lake": r.policy.id}, Auditor: r.auditor,
		Open:  func(func(string) int64) (stream.Source, error) { return r.source, nil },
		Class: func(string) (stream.Class, bool) { return stream.PII, true }}
}

func (r *rig) mask() *pipeline.Mask {
	return &pipeline.Mask{Base: r.base, Connection: "lake", RawTopics: r.raw(), Quarantine: r.base.Topics.Quarantine("pii", "lake"),
		Current: r.policy, Revision: func(id string) (stream.Revision, error) { return revision{id: id, topic: r.masked()}, nil }}
}

func (r *rig) deletion() *pipeline.Deletion {
	return &pipeline.Deletion{Base: r.base, Sources: []string{"src"}, Connections: map[string][]string{r.raw()[0]: {"lake"}}, Every: 200 * time.Millisecond, Window: r.window}
}

// run starts the stages; the returned function stops them and waits.
func (r *rig) run(t *testing.T) func() {
	ingest, mask, deletion := r.ingest(), r.mask(), r.deletion()
	sink := &pipeline.Sink{Base: r.base, Connection: "lake", Topics: []string{r.masked()}, RollBytes: 1 << 20, RollEvery: 100 * time.Millisecond,
		Open:  func() (stream.Sink, error) { return r.sink, nil },
		Shape: func(string, string) (*stream.Schema, error) { return &stream.Schema{Stream: person}, nil }}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	for name, f := range map[string]func(context.Context) error{"mask": mask.Run, "sink": sink.Run,
		"lease": func(ctx context.Context) error {
			return r.base.Lease(ctx, []pipeline.Job{{Name: "src", Run: ingest.Run}, {Name: pipeline.DeletionJob, Run: deletion.Run}})
		}} {
		group.Add(1)
		go func() {
			defer group.Done()
			r.base.Keep(ctx, name, f)
		}()
	}
	return func() { cancel(); group.Wait() }
}

// wait waits until the sink has rows published rows.
func (r *rig) wait(t *testing.T, rows int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if n := len(r.sink.rows()); n == rows {
			return
		} else if n > rows || time.Now().After(deadline) {
			t.Fatalf("sink lists %d rows, want %d", n, rows)
		}
	}
}

func TestL2L3EveryChangeArrivesOnceAndInOrderAcrossStops(t *testing.T) { onBoth(t, everyChangeOnce) }

func everyChangeOnce(t *testing.T, r *rig) {
	const rounds, each = 4, 500
	for round := range rounds {
		for i := range each {
			r.source.add(fmt.Sprintf("k%d", i%37), fmt.Sprintf("v%d", round*each+i))
		}
		stop := r.run(t)
		r.wait(t, (round+1)*each)
		stop()
	}
	last := map[string]int{}
	for _, row := range r.sink.rows() {
		var key struct{ ID string }
		var value struct{ After struct{ V string } }
		json.Unmarshal(row.Key, &key)
		json.Unmarshal(row.Value, &value)
		var n int
		fmt.Sscanf(value.After.V, "masked v%d", &n)
		if before, ok := last[key.ID]; ok && n <= before {
			t.Fatalf("key %s: change %d after %d", key.ID, n, before)
		}
		last[key.ID] = n
	}
	r.checkReceipts(t, rounds*each)
}

func TestRawRecordsAreDeletedOnceEveryConnectionHasThem(t *testing.T) { onBoth(t, deleted) }

func deleted(t *testing.T, r *rig) {
	for i := range 100 {
		r.source.add(fmt.Sprintf("k%d", i), "v")
	}
	stop := r.run(t)
	defer stop()
	r.wait(t, 100)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		held := 0
		for _, off := range starts(t, r, r.base.Topics.Raw(stream.PII, "src")) {
			if off == 0 {
				held++
			}
		}
		if held == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d raw partitions still hold their first record", held)
		}
	}
}

func TestL1AKeyInQuarantineKeepsItsFollowers(t *testing.T) { onBoth(t, followersParked) }

func followersParked(t *testing.T, r *rig) {
	r.source.add("good", "v1")
	r.source.add("bad", "refuse")
	r.source.add("bad", "v2")
	r.source.add("good", "v3")
	stop := r.run(t)
	r.wait(t, 2)
	stop()
	// A new owner learns of parked keys from the topic.
	r.source.add("bad", "v4")
	r.source.add("good", "v5")
	stop = r.run(t)
	r.wait(t, 3)
	stop()
	reasons := r.reasons(t)
	if reasons["operator"] != 1 || reasons["parked"] != 2 {
		t.Fatalf("quarantined: %v, want 1 operator and 2 parked", reasons)
	}
}

func TestL1L2ARecordOnWhichAnOperatorPanicsIsQuarantinedAlone(t *testing.T) { onBoth(t, panics) }

func panics(t *testing.T, r *rig) {
	for i := range 20 {
		r.source.add(fmt.Sprint("k", i), "v")
	}
	r.source.add("k7", "panic canary-7")
	r.source.add("k7", "follows")
	r.source.add("other", "panic canary-8")
	r.source.add("k9", "w")
	stop := r.run(t)
	r.wait(t, 21)
	stop()
	if got, want := fmt.Sprint(r.reasons(t)), "map[fault:2 parked:1]"; got != want {
		t.Errorf("quarantined: %s, want %s", got, want)
	}
	if strings.Contains(r.log.String(), "canary") || !strings.Contains(r.log.String(), "panic in lethe/stream/pipeline_test.(*processor).Process:") {
		t.Errorf("the log does not say where alone: %s", r.log)
	}
}

// reasons counts the records in quarantine.
func (r *rig) reasons(t *testing.T) map[string]int {
	t.Helper()
	reasons := map[string]int{}
	for p := range int32(partitions) {
		err := r.base.Cluster.ReadRange(t.Context(), r.base.Topics.Quarantine("pii", "lake"), p, 0, func(rec *kgo.Record) error {
			for _, h := range rec.Headers {
				if h.Key == stream.HeaderReason {
					reasons[string(h.Value)]++
				}
			}
			if bytes.Contains(rec.Value, []byte("refuse")) || bytes.Contains(rec.Key, []byte("bad")) {
				t.Error("quarantine holds a clear value")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return reasons
}

func TestARecordThatNoTopicTakesIsQuarantinedInItsPlace(t *testing.T) { onBoth(t, tooLarge) }

func tooLarge(t *testing.T, r *rig) {
	r.source.add("k", strings.Repeat("x", 2<<20))
	r.source.add("k", "follows")
	r.source.add("k2", "v")
	stop := r.run(t)
	r.wait(t, 1)
	stop()
	n := 0
	for p := range int32(partitions) {
		err := r.base.Cluster.ReadRange(t.Context(), r.base.Topics.Quarantine("pii", "lake"), p, 0, func(*kgo.Record) error { n++; return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	if n != 2 {
		t.Fatalf("%d records in quarantine, want the large one and its follower", n)
	}
}

// checkReceipts adds up the receipts on the audit topic.
func (r *rig) checkReceipts(t *testing.T, want int64) {
	t.Helper()
	in, out := map[string]int64{}, map[string]int64{}
	heads := map[string]stream.Hash{}
	for _, b := range r.receipts(t) {
		if b.Stage == stream.StageIngest && (!strings.HasPrefix(b.Keys, "raw/") || b.Policy != "") {
			t.Errorf("ingest receipt names keys %q and policy %q", b.Keys, b.Policy)
		}
		for _, p := range b.Parts {
			chain := fmt.Sprint(b.Stage, p.Topic, p.Partition)
			if heads[chain] != p.Prev {
				t.Errorf("%s: chain is broken", chain)
			}
			h, err := stream.HashPart(p)
			if err != nil {
				t.Fatal(err)
			}
			heads[chain] = h
			in[b.Stage] += int64(p.In)
			for _, o := range p.Out {
				out[b.Stage] += int64(o.N - o.Tombstones)
			}
		}
	}
	for _, stage := range []string{stream.StageIngest, stream.StageMask} {
		if in[stage] != want || out[stage] != want {
			t.Errorf("%s: in %d, out %d, want %d", stage, in[stage], out[stage], want)
		}
	}
	if in[stream.StageSink] != want {
		t.Errorf("sink: in %d, want %d", in[stream.StageSink], want)
	}
}

func starts(t *testing.T, r *rig, topic string) map[int32]int64 {
	t.Helper()
	cl, err := r.base.Cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	s, err := kafka.Starts(t.Context(), cl, topic)
	if err != nil {
		t.Fatal(err)
	}
	return s[topic]
}

// source gives changes from a list; its position is an index.
type source struct {
	mu       sync.Mutex
	changes  []stream.Record
	unlisted string // a stream that Discover leaves out
	mute     error  // what Discover fails with
}

func (s *source) add(key, value string) { s.addTo(person, key, value) }

func (s *source) addTo(name, key, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes = append(s.changes, stream.Record{Stream: name, Key: fmt.Appendf(nil, `{"id":%q}`, key),
		Value: fmt.Appendf(nil, `{"before":null,"after":{"id":%q,"v":%q},"op":"c"}`, key, value), Seq: stream.NewSeq(0, uint64(len(s.changes)), 0), Time: time.Now().UnixMilli()})
}

func (s *source) Discover(context.Context) (out []stream.Schema, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.changes {
		if r.Stream != s.unlisted {
			out = append(out, stream.Schema{Stream: r.Stream})
		}
	}
	return out, s.mute
}

func (s *source) Check(context.Context) error                   { return nil }
func (s *source) Commit(context.Context, stream.Position) error { return nil }
func (s *source) Close() error                                  { return nil }
func (s *source) Read(ctx context.Context, from stream.Position, emit func(stream.Batch) error) error {
	at := 0
	if !from.IsZero() {
		json.Unmarshal(from.State, &at)
	}
	for {
		s.mu.Lock()
		todo := s.changes[at:]
		s.mu.Unlock()
		for len(todo) > 0 {
			n := min(7, len(todo))
			at += n
			state, _ := json.Marshal(at)
			if err := emit(stream.Batch{Records: todo[:n], Changes: n, Position: stream.Position{Label: fmt.Sprint(at), State: state}, CaughtUp: n == len(todo)}); err != nil {
				return err
			}
			todo = todo[n:]
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// sink keeps objects in memory.
type sink struct {
	mu      sync.Mutex
	objects map[string]stream.Rows
	listed  map[string]stream.Loaded
}

func (s *sink) Load(_ context.Context, b stream.Rows) (stream.Loaded, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := b
	kept.List = nil
	for _, r := range b.List {
		r.Key, r.Value = bytes.Clone(r.Key), bytes.Clone(r.Value)
		kept.List = append(kept.List, r)
	}
	s.objects[b.Range.String()] = kept
	return stream.Loaded{Object: b.Range.String(), Rows: stream.Int64(len(b.List)), Topic: b.Range.Topic, Partition: b.Range.Partition,
		From: stream.Int64(b.Range.From), To: stream.Int64(b.Range.To)}, nil
}

func (s *sink) Position(_ context.Context, r stream.Range) (int64, error) { return r.From, nil }
func (s *sink) Close() error                                              { return nil }
func (s *sink) Publish(_ context.Context, l stream.Loaded) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listed[l.Object] = l
	return nil
}

// rows are the listed rows, by partition and offset.
func (s *sink) rows() []stream.Row {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ranges []stream.Rows
	for o := range s.listed {
		ranges = append(ranges, s.objects[o])
	}
	slices.SortFunc(ranges, func(a, b stream.Rows) int {
		return cmp.Or(cmp.Compare(a.Range.Partition, b.Range.Partition), cmp.Compare(a.Range.From, b.Range.From))
	})
	var out []stream.Row
	for _, b := range ranges {
		out = append(out, b.List...)
	}
	return out
}

// epoch is that of the keys of revision.
const epoch = "7"

// revision is a policy that puts "masked " before the value.
type revision struct{ id, topic string }

func (r revision) ID() string   { return r.id }
func (r revision) Keys() string { return epoch }
func (r revision) Route(string) (stream.Route, bool) {
	return stream.Route{Topic: r.topic,
		NewProcessor: func() (stream.Processor, error) { return &processor{}, nil }}, true
}

type processor struct {
	unfinished [][]byte
	rows       stream.Int64
	about      map[stream.Commitment]stream.Int64
}

// Process leaves the last letter of the word that it puts in to Finish.
func (p *processor) Process(r *stream.Record, out *stream.Masked) error {
	if bytes.Contains(r.Value, []byte("refuse")) {
		return &stream.Rejection{Reason: "operator", Field: "v"}
	}
	if bytes.Contains(r.Value, []byte("panic")) {
		panic(string(r.Value))
	}
	if out.Key = nil; r.Key != nil {
		out.Key = append(out.Key[:0], r.Key...)
	}
	out.Value = append(out.Value[:0], bytes.Replace(r.Value, []byte(`"v":"`), []byte(`"v":"maske? `), 1)...)
	if i := bytes.Index(out.Value, []byte("maske?")); i >= 0 {
		p.unfinished = append(p.unfinished, out.Value[i:i+6])
	}
	p.rows++
	if p.about == nil {
		p.about = make(map[stream.Commitment]stream.Int64)
	}
	p.about[commitTo(r.Key)]++
	return nil
}

// commitTo is what stands for a person in these tests.
func commitTo(key []byte) stream.Commitment {
	sum := sha256.Sum256(key)
	return stream.Commitment(sum[:16])
}

func (p *processor) Finish() {
	for _, word := range p.unfinished {
		copy(word, "masked")
	}
	p.unfinished = nil
}

func (*processor) Counts(func(stream.FieldCount, int64)) {}
func (*processor) Holds(time.Duration) error             { return nil }

// Subjects says that what has a person's name for a key is about that person.
func (p *processor) Subjects(to *stream.Concerned) error {
	for c, n := range p.about {
		to.Persons = append(to.Persons, stream.Person{Commitment: c, Records: n})
		to.Records += n
	}
	p.about = nil
	return nil
}

func (p *processor) Quality(q *stream.Quality) {
	q.Add(&stream.Quality{Rows: p.rows, Nulls: map[string]stream.Int64{"v": p.rows}, Newest: 1500})
	p.rows = 0
}

// keyring keeps keys in memory.
type keyring struct {
	mu    sync.Mutex
	keys  map[string][]byte
	gone  map[string]bool
	asked int // for its periods
}

func (v *keyring) Secret(name string) ([]byte, error) {
	h := sha256.Sum256([]byte("secret " + name))
	return h[:], nil
}

func (v *keyring) aead(period string) cipher.AEAD {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.keys[period] == nil {
		k := make([]byte, 32)
		rand.Read(k)
		v.keys[period] = k
	}
	block, _ := aes.NewCipher(v.keys[period])
	a, _ := cipher.NewGCMWithRandomNonce(block)
	return a
}

func (v *keyring) Wrap(period string, key []byte) ([]byte, error) {
	return v.aead(period).Seal(nil, nil, key, nil), nil
}
func (v *keyring) Unwrap(period string, wrapped []byte) ([]byte, error) {
	if v.destroyed(period) {
		return nil, stream.ErrDestroyed
	}
	return v.aead(period).Open(nil, nil, wrapped, nil)
}
func (v *keyring) Periods(purpose string) ([]string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked++
	var out []string
	for p := range v.keys {
		if strings.HasPrefix(p, purpose+"/") && !v.gone[p] {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out, nil
}
func (v *keyring) Destroy(period string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.gone[period] = true
	return nil
}

func (v *keyring) destroyed(period string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.gone[period]
}

func (v *keyring) looks() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.asked
}

// ledger signs entries with its name: who has no key does not.
type ledger struct{}

func (ledger) Signed(context.Context) (func(int64, []byte) bool, error) {
	return func(_ int64, entry []byte) bool { return bytes.Contains(entry, []byte(`"sig":"worker"`)) }, nil
}

func (ledger) Stands(context.Context) error { return nil }

func (ledger) Worker() string { return "worker" }
func (ledger) Settle(bool)    {}
func (ledger) Entry(kind string, body any) ([]byte, error) {
	return json.Marshal(map[string]any{"kind": kind, "body": body, "sig": "worker"})
}
