// Package siemtest holds an entry of every kind that the audit log can have, for the
// tests of formats, transports and exporters, and for measuring them.
package siemtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"lethe/audit"
	"lethe/audit/siem"
	"lethe/stream"
)

// Entry is an entry with a name for tests.
type Entry struct {
	Name string
	JSON []byte
}

// Origin is the name of the log that the entries stand in.
const Origin = "lethe/shop"

const (
	worker   = "5d41402abc4b2a76b9719d911017c592"
	build    = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	revision = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
	at       = "2026-01-31T15:04:05.678Z"
)

// Entries are one of each kind, and some that nobody should have written.
func Entries() []Entry {
	rows := stream.Int64(40)
	list := []struct {
		name, kind string
		body       any
	}{
		{"enrol", stream.EntryEnrol, audit.Enrolment{Worker: worker, PublicKey: "aGVsbG8=", EnrolledAt: "2026-01-31T15:00:00Z"}},
		{"stream", stream.EntryStream, stream.StreamEvent{Event: stream.StreamShape, Source: "crm", Stream: "crm.public.ลูกค้า", Columns: 12, Shape: build}},
		{"policy", stream.EntryPolicy, stream.PolicyEvent{Connection: "crm-lake", Revision: build, Keys: "1", Packs: []string{"pdpa-th", "gdpr"}, Time: at}},
		{"announce", stream.EntryAnnounce, stream.Announcement{Source: "crm", Connection: "crm-lake", Revision: build, Keys: "1", Number: 1, Topic: "lethe.shop.raw.pii.crm", Offsets: []stream.Int64{0, 0}, Worker: worker}},
		{"chain start", stream.EntryChain, stream.Chain{Event: stream.ChainStart, Stage: stream.StageMask, Connection: "crm-lake", Topic: "lethe.shop.raw.pii.crm", Worker: worker, From: "0"}},
		{"chain owner", stream.EntryChain, stream.Chain{Event: stream.ChainOwner, Stage: stream.StageIngest, Source: "crm", Topic: "crm", Worker: worker, From: "0/1"}},
		{"ingest", stream.EntryReceipt, receipt(stream.Receipt{Stage: stream.StageIngest, Source: "crm", Keys: "raw/2026-01-31T15"})},
		{"mask", stream.EntryReceipt, receipt(stream.Receipt{Stage: stream.StageMask, Connection: "crm-lake", Policy: build, Keys: "1"})},
		{"sink", stream.EntryReceipt, stream.Receipt{Stage: stream.StageSink, Connection: "crm-lake", Worker: worker, Build: build, Policy: build[:16], Time: at,
			Parts: []stream.Part{{Topic: "t", From: "0", To: "41", In: 40, Changes: 40, Rows: &rows}}}},
		{"delete", stream.EntryReceipt, stream.Receipt{Stage: stream.StageDelete, Worker: worker, Build: build, Time: at,
			Parts: []stream.Part{{Topic: "keys/raw", From: "raw/2026-01-31T13", To: "raw/2026-01-31T14", Evidence: stream.EvidenceKeyDestroyed}}}},
		{"snapshot void", stream.EntrySnapshotVoid, stream.SnapshotVoid{Source: "crm", Stream: "crm.public.log", Snapshot: "s1"}},
		{"forged", stream.EntryForged, stream.Forged{Connection: "crm-lake", Topic: "lethe.shop.raw.pii.crm", Partition: 2, N: 3, First: 7, Last: 9, Worker: worker}},
		{"policy weakened", stream.EntryPolicy, stream.PolicyEvent{Connection: "crm-lake", Revision: revision, Keys: "1", Packs: []string{"gdpr"}, Time: at}},
		{"reveal intent", stream.EntryIntent, intent(stream.ActionReveal, 3)},
		{"reveal outcome", stream.EntryOutcome, stream.Outcome{Of: "run/14", Result: stream.OutcomeDone, Count: 3, Worker: worker, Time: at}},
		{"mass reveal intent", stream.EntryIntent, intent(stream.ActionReveal, 5000)},
		{"mass reveal refused", stream.EntryOutcome, stream.Outcome{Of: "run/16", Result: stream.OutcomeRefused, Worker: worker, Time: at}},
		{"erase intent", stream.EntryIntent, intent(stream.ActionErase, 2)},
		{"shred", stream.EntryShred, stream.Shred{Of: "run/18", First: 1, Last: 2, Worker: worker, Time: at}},
		{"erase outcome", stream.EntryOutcome, stream.Outcome{Of: "run/18", Result: stream.OutcomeDone, Count: 2, Worker: worker, Time: at}},
		{"rotate intent", stream.EntryIntent, intent(stream.ActionRotate, 1)},
		{"unknown action", stream.EntryIntent, intent("export", 1)},
		{"outcome without intent", stream.EntryOutcome, stream.Outcome{Of: "run/99", Result: stream.OutcomeFailed, Worker: worker, Time: at}},
		{"unknown kind", "weather", map[string]any{"connection": "crm-lake"}},
		{"another body", stream.EntryReceipt, "what is no receipt"},
		{"hostile names", stream.EntryChain, stream.Chain{Event: "\"},{", Stage: "mask|x=1\n<13>1", Connection: "a\"]b\\\r\nc\td=e|f\u2028g\x00ก", Worker: "}\x1b[2J"}},
	}
	out := make([]Entry, 0, len(list)+1)
	for i, e := range list {
		out = append(out, Entry{e.name, marshal(map[string]any{"v": 1, "kind": e.kind, "id": fmt.Sprintf("run/%d", i+1), "body": e.body, "prev": "", "sig": ""})})
	}
	return append(out, Entry{"refused", []byte(`{"refused":{"sha256":"` + build + `","size":"9"}}`)})
}

func receipt(r stream.Receipt) stream.Receipt {
	r.Worker, r.Build, r.Time = worker, build, at
	r.Streams = []stream.StreamCount{{Stream: "crm.public.customer", In: 42, Delivered: 40, Quarantined: 1, Filtered: 1}}
	r.Parts = []stream.Part{{Topic: "t", From: "0", To: "41", In: 41, Changes: 41}, {Topic: "t", Partition: 1, From: "0", To: "1", In: 1, Changes: 1}}
	return r
}

func intent(action string, count int64) stream.Intent {
	h := func(s string) stream.Hash { return sha256.Sum256([]byte(action + s)) }
	return stream.Intent{Action: action, Count: stream.Int64(count), Principal: h("principal"), Object: h("object"), Reason: h("reason"), Ticket: h("ticket"),
		Subjects: h("subjects"), Worker: worker, Time: at}
}

func marshal(v any) []byte {
	b, err := stream.Canonical(v)
	if err != nil {
		panic(err) // the entries of this file are all of them
	}
	return b
}

// Leaf is the leaf that an entry stands in.
func Leaf(index int64, entry []byte) audit.Leaf {
	offset := 2 * index // markers lie between
	return audit.Leaf{Index: index, Offset: offset, Entry: entry, Hash: tlog.RecordHash(fmt.Appendf(nil, `{"entry":%s,"offset":"%d"}`, entry, offset))}
}

// View sees everything.
func View() siem.View {
	return siem.View{Fields: siem.Fields(), Key: []byte("a key of the destination's own...")}
}

// Maker makes the events of a log of these entries.
func Maker(v siem.View, entries []Entry) *siem.Maker {
	return &siem.Maker{Origin: Origin, View: v, Back: func(_ context.Context, before int64, each func([]byte) bool) error {
		for i := before - 1; i >= 0 && each(entries[i].JSON); i-- {
		}
		return nil
	}}
}

// Events are those of all entries.
func Events(v siem.View) []*siem.Event {
	entries := Entries()
	m := Maker(v, entries)
	out := make([]*siem.Event, len(entries))
	for i, e := range entries {
		var err error
		if out[i], err = m.Make(context.Background(), Leaf(int64(i), e.JSON), int64(len(entries))); err != nil {
			panic(err) // Back above gives none
		}
	}
	return out
}

// Hex is a SHA-256 in hex.
func Hex(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) }
