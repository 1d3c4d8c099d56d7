package verify

import (
	"fmt"
	"strings"
	"testing"

	"lethe/stream"
)

// under makes the next mask parts name a revision.
func (w *world) under(revision string) {
	w.tamper = func(r *stream.Receipt) {
		if r.Stage == stream.StageMask {
			r.Policy = revision
		}
	}
}

func TestL4ARevisionAndTheEpochOfItsKeysGoTogether(t *testing.T) {
	announce := func(w *world, revision, keys string, number int64) {
		w.t.Helper()
		w.add(w.ledger("w-ingest").Entry(stream.EntryAnnounce, stream.Announcement{Source: "crm", Connection: "crm-lake", Revision: revision, Keys: keys,
			Number: stream.Int64(number), Topic: rawTopic, Offsets: []stream.Int64{stream.Int64(w.rawEnd)}, Worker: "w-ingest"}))
		w.rawEnd++
	}
	masks := func(w *world, revision, keys string) {
		w.tamper = func(r *stream.Receipt) {
			if r.Stage == stream.StageMask {
				r.Policy, r.Keys = revision, keys
			}
		}
		w.run(1)
	}
	for name, c := range map[string]struct {
		write       func(w *world)
		code, where string
	}{
		"each with its own": {func(w *world) {
			announce(w, "p2", "1", 2)
			masks(w, "p2", "1")
			announce(w, "p3", "2-0badcafe", 3)
			masks(w, "p3", "2-0badcafe")
			announce(w, "p2", "1", 4)
			masks(w, "p2", "1")
		}, "", ""},
		"the epoch of before": {func(w *world) {
			announce(w, "p2", "2-0badcafe", 2)
			masks(w, "p2", "1")
		}, "keys_unannounced", `20 records are masked with keys of epoch "1", and their policy revision p2 was announced with "2-0badcafe"`},
		"no epoch": {func(w *world) {
			announce(w, "p2", "1", 2)
			masks(w, "p2", "")
		}, "keys_unannounced", `keys of epoch ""`},
		"one revision with two": {func(w *world) {
			announce(w, "p2", "1", 2)
			masks(w, "p2", "1")
			announce(w, "p2", "2-0badcafe", 3)
		}, "announce", `policy revision p2 was announced with keys of epoch "1" before, and is with "2-0badcafe" now`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.run(1)
			c.write(w)
			r := w.follow().verify()
			if c.code == "" {
				if !r.OK() {
					t.Errorf("findings %v", r.Findings)
				}
				return
			}
			named(t, r, Code(c.code), c.where)
		})
	}
}

func TestL4RecordsMaskedUnderARevisionThatWasNotAnnouncedAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		write func(w *world)
		where string // of the finding; "" for none
	}{
		"a revision that nobody announced": {func(w *world) { w.under("p0"); w.run(1) }, "[0,21) 20 records are masked under policy revision p0"},
		"none at all":                      {func(w *world) { w.under(""); w.run(1) }, "[0,21) 20 records"},
		"the old one after a change": {func(w *world) {
			w.run(1)
			w.announce("w-ingest", "p2", 2, w.rawEnd)
			w.rawEnd++
			w.run(1)
		}, "[21,43) 20 records are masked under policy revision p1"},
		"the old one, taken back by somebody else": {func(w *world) {
			w.run(1)
			w.announce("w-ingest", "p2", 2, w.rawEnd)
			w.rawEnd++
			w.under("p2")
			w.run(1)
			w.under("p1")
			w.run(1)
		}, "[43,64) 20 records are masked under policy revision p1"},
		"the old one in a part that goes beyond the change": {func(w *world) {
			w.ingest(10)
			w.announce("w-ingest", "p2", 2, w.rawEnd)
			w.rawEnd++
			w.ingest(10)
			w.mask(w.rawEnd, 20)
		}, "[0,23) 10 records are masked under policy revision p1"},
		"the new one before its announcement": {func(w *world) {
			w.ingest(10)
			w.announce("w-ingest", "p2", 2, w.rawEnd)
			w.under("p2")
			w.mask(w.rawEnd, 10)
		}, "[0,11) 10 records are masked under policy revision p2"},
		"each in its time": {func(w *world) {
			w.run(1)
			w.announce("w-ingest", "p2", 2, w.rawEnd)
			w.rawEnd++
			w.under("p2")
			w.run(2)
			w.announce("w-ingest", "p1", 3, w.rawEnd)
			w.rawEnd++
			w.under("p1")
			w.run(1)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c.write(w)
			r := w.follow().verify()
			if c.where == "" {
				if !r.OK() {
					t.Errorf("findings %v", r.Findings)
				}
				return
			}
			named(t, r, "policy_unannounced", c.where)
			f := r.Findings[0]
			if len(r.Findings) != 1 || f.Promise != L4 || f.Object != "chain mask crm-lake "+rawTopic+"/0" || !strings.HasPrefix(f.Range, "entry ") {
				t.Errorf("findings %v", r.Findings)
			}
		})
	}
}

func TestL4AnnouncementsThatCannotBeAreNamed(t *testing.T) {
	announce := func(w *world, change func(a *stream.Announcement)) {
		a := stream.Announcement{Source: "crm", Connection: "crm-lake", Revision: "p2", Number: 2, Topic: rawTopic,
			Offsets: []stream.Int64{stream.Int64(w.rawEnd)}, Worker: "w-ingest"}
		change(&a)
		w.add(w.ledger(a.Worker).Entry(stream.EntryAnnounce, a))
	}
	for name, change := range map[string]func(a *stream.Announcement){
		"by a worker that masks":             func(a *stream.Announcement) { a.Worker = "w-mask" },
		"of a source that nobody reads":      func(a *stream.Announcement) { a.Source = "till" },
		"in another topic than a raw one":    func(a *stream.Announcement) { a.Topic = maskedTopic },
		"in another source's topic":          func(a *stream.Announcement) { a.Topic = "lethe.shop.raw.pii.till" },
		"with the number of the one before":  func(a *stream.Announcement) { a.Number = 1 },
		"at the offset of the one before it": func(a *stream.Announcement) { a.Offsets[0] = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).run(1)
			announce(w, change)
			w.run(1)
			r := w.follow().verify()
			named(t, r, "announce", "")
			if len(r.Findings) != 1 {
				t.Errorf("it changes something: %v", r.Findings)
			}
		})
	}
}

func TestL1L4ForgedControlRecordsAreNotedAndNoFault(t *testing.T) {
	w := newWorld(t).run(1)
	w.add(w.ledger("w-mask").Entry(stream.EntryForged, stream.Forged{Connection: "crm-lake", Topic: rawTopic, N: 3, First: 21, Last: 25, Worker: "w-mask"}))
	w.run(1)
	r := w.follow().verify()
	if !r.OK() || len(r.Notes) != 1 || r.Notes[0].Code != CodeForged || !strings.Contains(fmt.Sprint(r.Notes), "3 control records at offsets [21,25]") {
		t.Errorf("findings %v, notes %v", r.Findings, r.Notes)
	}
}
