package report

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lethe/audit"
	"lethe/stream"
)

// feed is an audit topic in memory.
type feed [][]byte

func (f feed) Read(_ context.Context, from int64, emit func(int64, []byte) error) error {
	for i := int(from); i < len(f); i++ {
		if err := emit(int64(i), f[i]); err != nil {
			return err
		}
	}
	return nil
}

// logOf writes a log with entries.
func logOf(t testing.TB, entries [][]byte) *audit.Reader {
	t.Helper()
	seed := sha256.Sum256([]byte("report tests"))
	skey, vkey, err := note.GenerateKey(bytes.NewReader(seed[:]), "lethe/shop")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	f, err := audit.NewFollower(audit.Config{Dir: dir, Signer: signer, Feed: feed(entries), Name: "test", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := audit.OpenReader(dir, verifier)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ledger makes entries.
type ledger struct {
	testing.TB
	stream.Ledger
	entries [][]byte
}

func newLedger(t testing.TB) *ledger {
	seed := sha256.Sum256([]byte("worker"))
	l, err := audit.NewLedger("w1", ed25519.NewKeyFromSeed(seed[:]), "run1")
	if err != nil {
		t.Fatal(err)
	}
	return &ledger{TB: t, Ledger: l}
}

func (l *ledger) add(kind string, body any) {
	raw, err := l.Entry(kind, body)
	if err != nil {
		l.Fatal(err)
	}
	l.entries = append(l.entries, raw)
}

const maskedTopic = "lethe.shop.masked.pii-pseudo.crm-lake.crm.public.order-5Fline.g2"

// moved are the entries of n transactions, a minute apart, from a day on.
func moved(l *ledger, n int, from time.Time) {
	detail := stream.Hash{7}
	rows := stream.Int64(10)
	l.add(stream.EntryPolicy, stream.PolicyEvent{Connection: "crm-lake", Revision: "r1", Packs: []string{"gdpr"}, Time: from.Format(time.RFC3339)})
	l.add(stream.EntryAnnounce, stream.Announcement{Source: "crm", Connection: "crm-lake", Revision: "r1", Number: 1, Topic: "raw", Offsets: []stream.Int64{0}, Worker: "w1"})
	for i := range n {
		at := from.Add(time.Duration(i) * time.Minute)
		end := fmt.Sprint(10 * (i + 1))
		l.add(stream.EntryReceipt, stream.Receipt{Stage: stream.StageMask, Connection: "crm-lake", Worker: "w1", Build: "b", Policy: "r1", Time: at.Format(time.RFC3339), Detail: &detail,
			Streams: []stream.StreamCount{{Stream: "crm.public.order_line", In: 11, Delivered: 10, Quarantined: 1}},
			Parts:   []stream.Part{{Topic: "raw", To: end, In: 11, Changes: 11, Out: []stream.Out{{Topic: maskedTopic, First: stream.Int64(10 * i), Last: stream.Int64(10*i + 9), N: 10}}}}})
		l.add(stream.EntryReceipt, stream.Receipt{Stage: stream.StageSink, Connection: "crm-lake", Worker: "w1", Build: "b", Policy: "r1", Time: at.Add(5 * time.Second).Format(time.RFC3339),
			Parts: []stream.Part{{Topic: maskedTopic, To: end, In: 10, Object: fmt.Sprintf("o/%d.parquet", i), Rows: &rows}}})
	}
}

func TestL4WhatAReportCountsIsWhatTheLogHoldsAndItsProofsHold(t *testing.T) {
	l := newLedger(t)
	from := time.Date(2026, 3, 4, 23, 0, 0, 0, time.UTC)
	moved(l, 120, from)
	r := logOf(t, l.entries)
	f, err := Gather(t.Context(), r, "shop", time.Time{}, time.Time{}, Wants{Details: true, Objects: true})
	if err != nil {
		t.Fatal(err)
	}
	if s := f.sum(func(h Hop) bool { return h.Stage == "mask" }); s != (Sum{In: 1320, Delivered: 1200, Quarantined: 120}) || f.Receipts != 240 || len(f.days()) != 2 || len(f.Objects) != 120 {
		t.Errorf("%+v, %d receipts, days %v, %d objects", s, f.Receipts, f.days(), len(f.Objects))
	}
	seen := f.observed()
	if len(seen) != 1 || seen[0].Stream != "crm.public.order_line" || seen[0].Label != "pii-pseudo" || seen[0].Load.Rows != 1200 {
		t.Errorf("observed %+v", seen)
	}
	if at, index := f.since("crm-lake", "r1"); !at.Equal(from) || index != 1 {
		t.Errorf("in force since %v, entry %d", at, index)
	}
	if len(f.Ruled) != 1 || !f.Ruled[Ruled{"crm-lake", "crm.public.order_line", "r1"}] {
		t.Errorf("carried under %v", f.Ruled)
	}
	lag := f.Lags[Hop{"2026-03-04", "sink", "crm-lake", ""}]
	if lag == nil || lag.Parts != 60 || lag.Max != 5*time.Second {
		t.Errorf("lag %+v", lag)
	}
	if err := f.AddDetail(stream.Hash{7}, []byte(`{"streams":{"crm.public.order_line":{"fields":{"a":{"hmac":"4"}}}}}`)); err != nil || f.DetailsRead != 1 {
		t.Errorf("detail: %v, %d read", err, f.DetailsRead)
	}
	for _, index := range []int64{0, 1, f.Checkpoint.Size - 1} {
		holds(t, f, index)
	}
	if body, err := f.Body(f.Checkpoint.Size); err != nil || !strings.HasPrefix(f.Checkpoint.Note, body+"\n") {
		t.Errorf("body %q, %v", body, err)
	}
	day, err := Gather(t.Context(), r, "shop", from.Add(time.Hour), from.Add(2*time.Hour), Wants{})
	if err != nil || day.Receipts != 120 || len(day.Policies) != 1 || len(day.Objects) != 0 {
		t.Errorf("an hour: %d receipts, %d policies, %v", day.Receipts, len(day.Policies), err)
	}
}

// holds checks a proof against the checkpoint.
func holds(t *testing.T, f *Facts, index int64) {
	t.Helper()
	p, err := f.Prove(index)
	if err != nil {
		t.Fatal(err)
	}
	hash := func(s string) (h tlog.Hash) {
		raw, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		copy(h[:], raw)
		return h
	}
	var path tlog.RecordProof
	for _, s := range p.Path {
		path = append(path, hash(s))
	}
	if err := tlog.CheckRecord(path, f.Checkpoint.Size, hash(f.Checkpoint.Root), index, hash(p.Leaf)); err != nil {
		t.Errorf("leaf %d: %v", index, err)
	}
}

func TestAFolderThatNeverRanHasAReportThatSaysSo(t *testing.T) {
	r := logOf(t, nil)
	f, err := Gather(t.Context(), r, "shop", time.Time{}, time.Time{}, Wants{})
	if err != nil {
		t.Fatal(err)
	}
	in := invented()
	in.Facts = f
	for _, k := range Kinds() {
		d, err := Make(k, in)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := d.JSON(&b, English); err != nil || !strings.Contains(b.String(), "There is no log yet") || !json.Valid(b.Bytes()) {
			t.Errorf("%s: %v", k.Name, err)
		}
		if err := d.PDF(new(bytes.Buffer), Thai); err != nil {
			t.Errorf("%s: %v", k.Name, err)
		}
	}
}

// A person's batch is followed to each file that covers some of it, and to no other; what
// no receipt of a sink covers is counted.
func TestABatchIsFollowedToTheFilesThatCoverIt(t *testing.T) {
	in := invented()
	topic := in.Folder.Connections[0].Streams[0].Topic
	file := func(name, connection string, partition int32, from, to int64) Object {
		return Object{Name: name, Connection: connection, Topic: topic, Partition: partition, From: from, To: to, SHA256: name, Leaf: from}
	}
	for _, c := range []struct {
		objects        []Object
		files, offsets string
		waiting        int64
	}{
		{nil, "", "", 1},
		{[]Object{file("a", "shop-lake", 0, 0, 10)}, "", "", 1},
		{[]Object{file("a", "shop-lake", 0, 0, 11)}, "a", "10-10", 1},
		{[]Object{file("b", "shop-lake", 0, 20, 40), file("a", "shop-lake", 0, 0, 20)}, "a b", "10-19 20-29", 0},
		{[]Object{file("a", "shop-lake", 0, 0, 15), file("b", "shop-lake", 0, 20, 30)}, "a b", "10-14 20-29", 1},
		{[]Object{file("a", "shop-lake", 0, 10, 30), file("b", "shop-lake", 0, 30, 40)}, "a", "10-29", 0},
		{[]Object{file("a", "shop-lake", 1, 10, 30), file("b", "other", 0, 10, 30)}, "", "", 1},
	} {
		in.Facts.Objects = c.objects
		in.Facts.Found.Batches = []Batch{{Connection: "shop-lake", Records: 1, Ranges: []Range{{topic, 0, 10, 29}}}}
		got := (&work{Input: in}).lies()
		var files, offsets []string
		for _, o := range got.objects {
			files, offsets = append(files, o.Name), append(offsets, o.offsets...)
		}
		if a := got.arrivals[0]; strings.Join(files, " ") != c.files || strings.Join(offsets, " ") != c.offsets || a.waiting != c.waiting {
			t.Errorf("%+v: files %v, offsets %v, %d not loaded whole", c.objects, files, offsets, a.waiting)
		}
	}
}
