// Package siemtest holds an entry of every kind that the audit log can have, for the
// tests of formats, transports and exporters, and for measuring them.
package siemtest

import (
	"context"
	_ "embed" // the entries
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"lethe/audit"
	"lethe/audit/siem"
)

// Entry is an entry with a name for tests.
type Entry struct {
	Name string
	JSON []byte
}

// Origin is the name of the log that the entries stand in.
const Origin = "lethe/shop"

//go:embed entries.txt
var entries string

// Entries are one of each kind, and some that nobody should have written.
func Entries() []Entry {
	var out []Entry
	for line := range strings.Lines(entries) {
		name, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		out = append(out, Entry{name, []byte(text)})
	}
	return out
}

// AsRuns are entries in the proportions in which runs write them: receipts of the three
// stages, and among a thousand one of each kind.
func AsRuns() []Entry {
	all := Entries()
	var receipts, out []Entry
	for _, e := range all {
		if e.Name == "ingest" || e.Name == "mask" || e.Name == "sink" {
			receipts = append(receipts, e)
		}
	}
	for i := range 1000 {
		if every := 1000 / len(all); i%every == 0 && i/every < len(all) {
			out = append(out, all[i/every])
		} else {
			out = append(out, receipts[i%len(receipts)])
		}
	}
	return out
}

// Leaf is the leaf that an entry stands in.
func Leaf(index int64, entry []byte) audit.Leaf {
	offset := 2 * index // markers lie between
	return audit.Leaf{Index: index, Offset: offset, Entry: entry, Shard: &audit.Shard{Origin: Origin, Size: int64(strings.Count(entries, "\n"))}, Hash: tlog.RecordHash(fmt.Appendf(nil, `{"entry":%s,"offset":"%d"}`, entry, offset))}
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

// Events are those of [Entries].
func Events(v siem.View) []*siem.Event { return EventsOf(v, Entries()) }

// EventsOf are those of a log of these entries.
func EventsOf(v siem.View, entries []Entry) []*siem.Event {
	m := Maker(v, entries)
	out := make([]*siem.Event, len(entries))
	for i, e := range entries {
		var err error
		if out[i], err = m.Make(context.Background(), Leaf(int64(i), e.JSON)); err != nil {
			panic(err) // Back above gives none
		}
	}
	return out
}
