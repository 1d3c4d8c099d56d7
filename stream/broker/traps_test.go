package broker

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"lethe/stream"
)

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	if len(got)+len(want) > 50 {
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("record %d of %d is %q, want %q of %d", i, len(got), got[i], want[i], len(want))
			}
		}
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	t.Fatalf("read committed %q, want %q", got, want)
}

// Trap 1.
func TestL2AnAbortOfRecoveryIsNotUndoneByALaterCommitAndCrash(t *testing.T) {
	b := start(t, t.TempDir(), Topic{Name: "a", Partitions: 1})
	cl := client(t, b, kgo.TransactionalID("x"))
	begin(t, cl)
	put(t, cl, "a", 0, "lost1", "lost2")
	b = start(t, image(t, b))
	if b.Recovered().Aborted != 1 {
		t.Fatalf("recovered %+v", b.Recovered())
	}
	cl = client(t, b, kgo.TransactionalID("x"))
	begin(t, cl)
	put(t, cl, "a", 0, "kept")
	end(t, cl, kgo.TryCommit)
	same(t, committed(t, b, "a", 0), "kept")
	b = start(t, image(t, b))
	same(t, committed(t, b, "a", 0), "kept")
	// Nothing but the fences changes from one start to the next.
	b = start(t, image(t, b))
	same(t, committed(t, b, "a", 0), "kept")
}

// tear is an EndTxn that stopped after some of its writes.
type tear struct {
	markers int    // partitions whose marker is whole
	next    string // of the one after: "", "half" a marker, or "noidx"
	offsets int    // entries of groups.log
	half    bool   // and half an entry more
	intent  bool
}

// Trap 2: every state that a kill inside EndTxn can leave is put together from
// the files before and after it.
func TestL2L3AnEndTxnTornAnywhereIsFinishedAsTheIntentSays(t *testing.T) {
	const parts = 3
	b := start(t, t.TempDir(), Topic{Name: "in", Partitions: parts}, Topic{Name: "out", Partitions: parts})
	for p := range int32(parts) {
		put(t, client(t, b), "in", p, "v")
	}
	s, err := kgo.NewGroupTransactSession(kgo.SeedBrokers(b.Addrs()...), kgo.TransactionalID("x"),
		kgo.ConsumerGroup("g"), kgo.ConsumeTopics("in"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var before string
	b.cluster.ControlKey(int16(kmsg.EndTxn), func(kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		before = image(t, b)
		return nil, nil, false
	})
	for n := 0; n < parts; {
		fs := s.PollFetches(t.Context())
		if err := s.Begin(); err != nil {
			t.Fatal(err)
		}
		n += fs.NumRecords()
		if n < parts {
			if _, err := s.End(t.Context(), kgo.TryAbort); err != nil {
				t.Fatal(err)
			}
			n = 0
			continue
		}
		fs.EachRecord(func(r *kgo.Record) { put(t, s.Client(), "out", r.Partition, string(r.Value)) })
		if ok, err := s.End(t.Context(), kgo.TryCommit); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	after := image(t, b)
	for _, x := range tears(parts) {
		t.Run(fmt.Sprintf("%+v", x), func(t *testing.T) { finishTear(t, before, after, parts, x) })
	}
}

func tears(parts int) (all []tear) {
	for m := range parts {
		for _, next := range []string{"", "half", "noidx"} {
			all = append(all, tear{markers: m, next: next, intent: true})
		}
	}
	for o := range parts {
		all = append(all, tear{markers: parts, offsets: o, intent: true},
			tear{markers: parts, offsets: o, half: true, intent: true})
	}
	return append(all, tear{}, tear{markers: parts, offsets: parts, intent: true})
}

func finishTear(t *testing.T, before, after string, parts int, x tear) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(before)); err != nil {
		t.Fatal(err)
	}
	for p := range parts {
		dat, idx := layout{""}.partition("out", int32(p))+"/0.dat", layout{""}.partition("out", int32(p))+"/0.idx"
		switch {
		case p < x.markers:
			take(t, after, dir, dat, -1)
			take(t, after, dir, idx, -1)
		case p == x.markers && x.next == "half":
			take(t, after, dir, dat, 20)
		case p == x.markers && x.next == "noidx":
			take(t, after, dir, dat, -1)
		}
	}
	takeFrames(t, before, after, dir, x)
	if !x.intent {
		if err := os.Remove((layout{dir}).intent()); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // and a recovery on top changes nothing
		b := start(t, dir)
		offsets, err := admin(t, b).FetchOffsets(t.Context(), "g")
		if err != nil {
			t.Fatal(err)
		}
		for p := range int32(parts) {
			o, _ := offsets.Lookup("in", p)
			if x.intent {
				same(t, committed(t, b, "out", p), "v")
				if o.At != 1 {
					t.Fatalf("in/%d committed at %d", p, o.At)
				}
				continue
			}
			same(t, committed(t, b, "out", p))
			if o.At > 0 {
				t.Fatalf("in/%d committed at %d without an intent", p, o.At)
			}
		}
		dir = image(t, b)
	}
}

// take brings file from the image after, whole or with more bytes than before.
func take(t *testing.T, from, to, file string, more int) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(from, file))
	if err != nil {
		t.Fatal(err)
	}
	if more >= 0 {
		old, err := os.ReadFile(filepath.Join(to, file))
		if err != nil {
			t.Fatal(err)
		}
		raw = raw[:len(old)+more]
	}
	if err := os.WriteFile(filepath.Join(to, file), raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// takeFrames brings as many entries of groups.log as the tear has.
func takeFrames(t *testing.T, before, after, dir string, x tear) {
	t.Helper()
	old, err := os.ReadFile((layout{before}).groups())
	if err != nil {
		t.Fatal(err)
	}
	all, err := os.ReadFile((layout{after}).groups())
	if err != nil || !bytes.HasPrefix(all, old) {
		t.Fatal("groups.log did not grow by appending", err)
	}
	out, n := slices.Clone(old), 0
	err = eachFrame(all[len(old):], func(data []byte) error {
		frame := appendFrame(nil, data)
		switch {
		case n < x.offsets:
			out = append(out, frame...)
		case n == x.offsets && x.half:
			out = append(out, frame[:len(frame)/2]...)
		}
		n++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile((layout{dir}).groups(), out, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Trap 4.
func TestL2TopicsThatClientsCreateOutliveAKillAndNoneIsCreatedByItself(t *testing.T) {
	b := start(t, t.TempDir())
	if _, err := admin(t, b).CreateTopic(t.Context(), 3, 1, map[string]*string{"segment.bytes": kmsg.StringPtr("4096")}, "made"); err != nil {
		t.Fatal(err)
	}
	put(t, client(t, b), "made", 2, "v")
	b = start(t, image(t, b))
	same(t, committed(t, b, "made", 2), "v")
	list, err := admin(t, b).ListTopics(t.Context(), "made", "unmade")
	if err != nil {
		t.Fatal(err)
	}
	if len(list["made"].Partitions) != 3 || list["unmade"].Err == nil {
		t.Fatalf("topics %v", list)
	}
}

// Trap 4, the other half.
func TestL2ABatchSentAgainAfterAKillIsKnown(t *testing.T) {
	b := start(t, t.TempDir(), Topic{Name: "a", Partitions: 1})
	put(t, client(t, b), "a", 0, "other")
	send := func(b *Broker, seq int32) int64 {
		t.Helper()
		batch := kmsg.RecordBatch{
			PartitionLeaderEpoch: -1, Magic: 2, ProducerID: 77, ProducerEpoch: 0, FirstSequence: seq, NumRecords: 1,
			Records: (&kmsg.Record{Length: 8, Value: []byte("v")}).AppendTo(nil),
		}
		batch.Records[0] = byte(len(batch.Records)-1) << 1
		req := kmsg.NewPtrProduceRequest()
		req.Acks = -1
		req.Topics = []kmsg.ProduceRequestTopic{{Topic: "a", TopicID: b.cluster.TopicInfo("a").TopicID,
			Partitions: []kmsg.ProduceRequestTopicPartition{{Records: sealBatch(batch)}}}}
		resp, err := req.RequestWith(t.Context(), client(t, b))
		if err != nil {
			t.Fatal(err)
		}
		got := resp.Topics[0].Partitions[0]
		if got.ErrorCode != 0 {
			t.Fatalf("sequence %d: error %d", seq, got.ErrorCode)
		}
		return got.BaseOffset
	}
	for seq := range int32(7) {
		send(b, seq)
	}
	b = start(t, image(t, b))
	if at := send(b, 6); at != 7 {
		t.Fatalf("the same batch got offset %d", at)
	}
	if at := send(b, 7); at != 8 {
		t.Fatalf("the next batch got offset %d", at)
	}
}

// Trap 5.
func TestL2AShortIndexIsRebuiltFromTheHeaders(t *testing.T) {
	for _, cut := range []int64{1, indexEntry, indexEntry + 3, 2 * indexEntry, 3 * indexEntry} {
		b := start(t, t.TempDir(), Topic{Name: "a", Partitions: 1})
		put(t, client(t, b), "a", 0, "clear")
		cl := client(t, b, kgo.TransactionalID("x"))
		begin(t, cl)
		put(t, cl, "a", 0, "open1", "open2")
		dir := image(t, b)
		idx := layout{dir}.partition("a", 0) + "/0.idx"
		whole, err := os.ReadFile(idx)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(idx, 3*indexEntry-cut); err != nil {
			t.Fatal(err)
		}
		b = start(t, dir)
		same(t, committed(t, b, "a", 0), "clear")
		rebuilt, err := os.ReadFile(idx)
		if err != nil {
			t.Fatal(err)
		}
		if !sameIndex(rebuilt[:3*indexEntry], whole) { // and the entry of the marker
			t.Fatalf("index %x, kfake wrote %x", rebuilt, whole)
		}
	}
}

// Trap 6.
func TestL2TornTailsAreCutOffSoThatWhatFollowsIsKept(t *testing.T) {
	b := start(t, t.TempDir(), Topic{Name: "a", Partitions: 1})
	cl := client(t, b, kgo.TransactionalID("x"))
	begin(t, cl)
	put(t, cl, "a", 0, "1")
	end(t, cl, kgo.TryCommit)
	dir := image(t, b)
	entry := appendFrame(nil, []byte(`{"type":"init","pid":1}`))
	rel := layout{""}
	for _, file := range []string{rel.groups(), rel.producers(), rel.partition("a", 0) + "/0.dat"} {
		for _, n := range []int{3, 9, len(entry) - 1} {
			tail := entry[:n]
			if filepath.Ext(file) == ".dat" {
				raw, err := os.ReadFile(filepath.Join(dir, file))
				if err != nil {
					t.Fatal(err)
				}
				tail = raw[:2*n]
			}
			if err := (disk{}).grow(filepath.Join(dir, file), tail); err != nil {
				t.Fatal(err)
			}
			b = start(t, dir)
			cl = client(t, b, kgo.TransactionalID("x"))
			begin(t, cl)
			put(t, cl, "a", 0, fmt.Sprint(file, n))
			end(t, cl, kgo.TryCommit)
			before := committed(t, b, "a", 0)
			dir = image(t, b)
			same(t, committed(t, start(t, image(t, b)), "a", 0), before...)
		}
	}
	if got := committed(t, b, "a", 0); len(got) != 10 {
		t.Fatalf("read %q", got)
	}
}

// Trap 7.
func TestL2ACleanStopWithAnOpenTransactionAbortsIt(t *testing.T) {
	dir := t.TempDir()
	b := start(t, dir, Topic{Name: "a", Partitions: 1})
	put(t, client(t, b), "a", 0, "clear")
	cl := client(t, b, kgo.TransactionalID("x"))
	begin(t, cl)
	put(t, cl, "a", 0, "open")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat((layout{dir}).session()); err != nil {
		t.Fatal("kfake left no session state; the test proves nothing", err)
	}
	b = start(t, dir)
	if b.Recovered().Aborted != 1 {
		t.Fatalf("recovered %+v", b.Recovered())
	}
	put(t, client(t, b), "a", 0, "more")
	same(t, committed(t, b, "a", 0), "clear", "more")
	b = start(t, image(t, b)) // with the snapshot of the start before
	same(t, committed(t, b, "a", 0), "clear", "more")
}

// Trap 12.
func TestL2WhatWasAbortedIsNotReadHoweverAnAnswerIsCut(t *testing.T) {
	b := start(t, t.TempDir(), Topic{Name: "a", Partitions: 2})
	cl := client(t, b, kgo.TransactionalID("x"))
	pad := strings.Repeat("-", 4<<10)
	var want [2][]string
	for n := range 40 {
		begin(t, cl)
		for p := range int32(2) {
			v := fmt.Sprint(n, pad)
			put(t, cl, "a", p, v)
			if n%2 == 0 {
				want[p] = append(want[p], v)
			}
		}
		end(t, cl, n%2 == 0)
	}
	for _, limit := range []int32{5 << 10, 20 << 10, 50 << 10, 200 << 10} {
		reader := client(t, b, kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ConsumeTopics("a"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
			kgo.FetchMaxBytes(limit), kgo.FetchMaxPartitionBytes(1<<20))
		var got [2][]string
		for len(got[0])+len(got[1]) < len(want[0])+len(want[1]) {
			fs := reader.PollFetches(t.Context())
			if err := fs.Err(); err != nil {
				t.Fatal(err)
			}
			fs.EachRecord(func(r *kgo.Record) { got[r.Partition] = append(got[r.Partition], string(r.Value)) })
		}
		for p := range want {
			same(t, got[p], want[p]...)
		}
	}
}

func TestADamagedFileIsRefusedWithItsName(t *testing.T) {
	b := start(t, t.TempDir(), Topic{Name: "a", Partitions: 1})
	put(t, client(t, b), "a", 0, "1", "2", "3")
	dir := image(t, b)
	file := layout{dir}.partition("a", 0) + "/0.dat"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	raw[batchHead+2] ^= 1
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Start(t.Context(), Config{Dir: dir})
	var f *stream.Fault
	if !errors.As(err, &f) || f.Code != "broker.damaged" || f.Exit != stream.ExitEnvironment || f.Path != file {
		t.Fatalf("got %v", err)
	}
}
