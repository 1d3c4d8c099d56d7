package verify

import (
	"testing"
	"time"

	"lethe/stream"
)

const customers, orders = "crm.public.customer", "crm.public.order"

// life writes that a stream opens or closes.
func (w *world) life(worker, event, name string) {
	w.t.Helper()
	at := time.Unix(1769871600+int64(len(w.entries)), 0).UTC().Format(time.RFC3339)
	w.add(w.ledger(worker).Entry(stream.EntryStream, stream.StreamEvent{Event: event, Source: "crm", Stream: name, Worker: worker, Time: at}))
}

func TestL2L4RecordsOfAStreamThatIsNotOpenAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		code  Code
		write func(w *world)
	}{
		"opened before its records": {"", func(w *world) { w.life("w-ingest", "open", customers) }},
		"opened twice":              {"", func(w *world) { w.life("w-ingest", "open", customers); w.life("w-ingest", "open", customers) }},
		"closed, and opened again": {"", func(w *world) {
			w.life("w-ingest", "open", customers)
			w.life("w-ingest", "close", customers)
			w.life("w-ingest", "open", customers)
		}},
		"never opened, and others are":      {CodeStreamClosed, func(w *world) { w.life("w-ingest", "open", orders) }},
		"closed":                            {CodeStreamClosed, func(w *world) { w.life("w-ingest", "open", customers); w.life("w-ingest", "close", customers) }},
		"closed and never opened":           {CodeStreamEvent, func(w *world) { w.life("w-ingest", "close", customers) }},
		"opened by who does not ingest":     {CodeStreamEvent, func(w *world) { w.life("w-mask", "open", customers) }},
		"closed by who does not ingest":     {CodeStreamEvent, func(w *world) { w.life("w-ingest", "open", customers); w.life("w-mask", "close", customers) }},
		"told of by no entry of this build": {"", func(w *world) {}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).run(2) // by a build that wrote no such entries
			c.write(w)
			r := w.run(2).follow().verify()
			if c.code == "" && !r.OK() {
				t.Errorf("found %v", r.Findings)
			} else if c.code != "" {
				named(t, r, c.code, "crm.public.customer")
			}
		})
	}
}

func TestL4AStreamThatVanishedIsToldAsSilent(t *testing.T) {
	w := newWorld(t).run(1)
	w.life("w-ingest", "open", customers)
	w.life("w-ingest", "open", orders)
	w.life("w-ingest", "open", "crm.public.taken")
	w.life("w-ingest", "close", "crm.public.taken")
	w.run(1)
	opened := time.Unix(1769871600, 0)
	_, c := w.follow().covered("..")
	if len(c.Silent) != 0 {
		t.Errorf("after some seconds: %+v", c.Silent)
	}
	w.tamper = func(r *stream.Receipt) { r.Time = opened.Add(30 * time.Hour).UTC().Format(time.RFC3339) }
	w.run(1)
	w.follow()
	_, c = w.covered("..")
	if len(c.Silent) != 1 || c.Silent[0].Stream != orders || c.Silent[0].Until != "2026-02-01T21:00:00Z" || c.Silent[0].Since[:13] != "2026-01-31T15" {
		t.Errorf("%+v", c.Silent)
	}
	if _, c = w.covered("..2026-01-31"); len(c.Silent) != 0 {
		t.Errorf("in a range before: %+v", c.Silent)
	}
}
