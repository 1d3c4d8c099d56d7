package verify

import (
	"errors"
	"strings"
	"testing"
	"time"

	"lethe/stream"
)

// covered verifies the log alone and returns the coverage of ranges.
func (w *world) covered(ranges ...string) (*Report, *Coverage) {
	w.t.Helper()
	window, err := ParseWindow(ranges...)
	w.must(err)
	r, err := Run(w.t.Context(), Options{Log: w.log, PublicKey: w.vkey, Coverage: &window})
	w.must(err)
	told(w.t, r)
	return r, r.Coverage
}

// balanced fails the test unless everything is accounted for and nothing is broken.
func balanced(t *testing.T, c *Coverage) {
	t.Helper()
	for _, x := range c.Connections {
		if x.Missing != 0 || x.Ingested != x.Delivered+x.Quarantined+x.Filtered+x.Shredded+x.Border+x.Before+x.Pending {
			t.Errorf("%+v", x)
		}
	}
	for _, x := range c.Topics {
		if x.Missing != 0 || x.Delivered != x.InFiles+x.Border+x.Pending {
			t.Errorf("%+v", x)
		}
	}
	if len(c.Breaks) > 0 {
		t.Errorf("breaks %v", c.Breaks)
	}
}

func TestL2CoverageOfAllIsWhatTheReportCounts(t *testing.T) {
	w := newWorld(t).run(30)
	w.ingest(7) // not yet masked
	r, c := w.follow().covered("..")
	balanced(t, c)
	if s := c.Sources[0]; s.Ingested != 607 || s.Parts != 31 || s.From != "" || s.To != "lsn/607" || s.First >= s.Last {
		t.Errorf("%+v", s)
	}
	x, s := c.Connections[0], c.Streams[0]
	if x.Ingested != 607 || x.Delivered != r.Connections[0].Delivered || x.Quarantined != 30 || x.Filtered != 30 || x.Pending != 7 || s.Open != 7 || s.Delivered != x.Delivered {
		t.Errorf("%+v %+v", x, s)
	}
	if y := c.Topics[0]; y.Delivered != 540 || y.InFiles != 540 {
		t.Errorf("%+v", y)
	}
}

func TestL2CoverageFollowsWhatWasIngestedInARangeHoweverLateItCame(t *testing.T) {
	w := newWorld(t)
	w.ingest(20)
	w.ingest(30)
	w.ingest(50)
	at := make(map[int]string) // times of the ingest receipts, by their number
	w.tamper = func(r *stream.Receipt) { at[len(at)] = r.Time }
	w.ingest(40)
	w.tamper = nil
	first := w.maskedEnd
	w.mask(w.rawEnd-92, 50) // the first two, in one transaction
	w.sink(first, w.maskedEnd, 48)
	w.mask(w.rawEnd-41, 50)
	w.follow()
	_, c := w.covered("..")
	balanced(t, c)
	_, c = w.covered("crm:lsn/20..lsn/100")
	balanced(t, c)
	if x := c.Connections[0]; x.Ingested != 80 || x.Border != 30 || x.Delivered != 48 || x.Quarantined != 1 || x.Filtered != 1 || x.Pending != 0 {
		t.Errorf("%+v", x)
	}
	if y := c.Topics[0]; y.Delivered != 48 || y.Pending != 48 {
		t.Errorf("what was delivered of it waits for its sink: %+v", y)
	}
	_, c = w.covered(at[0] + "..")
	balanced(t, c)
	if s, x := c.Sources[0], c.Connections[0]; s.From != "lsn/100" || s.Ingested != 40 || x.Pending != 40 || c.Streams[0].Open != 40 {
		t.Errorf("%+v %+v", s, x)
	}
	if _, c = w.covered("1990-01-01..1990-12-31"); len(c.Sources) != 0 || len(c.Breaks) != 0 {
		t.Errorf("nothing was ingested then: %+v", c)
	}
}

func TestARangeOfPositionsEndsWherePartsDo(t *testing.T) {
	w := newWorld(t).run(4).follow()
	for text, position := range map[string]string{"crm:lsn/25..": "lsn/25", "crm:lsn/20..lsn/41": "lsn/41", "other:a..": "a"} {
		window, err := ParseWindow(text)
		w.must(err)
		_, err = Run(t.Context(), Options{Log: w.log, PublicKey: w.vkey, Coverage: &window})
		if b := new(BoundaryError); !errors.As(err, &b) || b.Position != position {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"crm:..", "crm:lsn/80..", "crm:..lsn/20", "crm:lsn/20..lsn/40"} {
		_, c := w.covered(text)
		balanced(t, c)
	}
}

func TestWhatIsNoRangeIsRefused(t *testing.T) {
	for _, ranges := range [][]string{{"2026"}, {"2026-11-31.."}, {"2026-11-02..2026-11-01"}, {"..", ".."}, {"crm:..", "crm:a..b"}, {"..yesterday"}, {""}} {
		if _, err := ParseWindow(ranges...); !errors.Is(err, ErrRange) {
			t.Errorf("%q: %v", ranges, err)
		}
	}
	day, err := ParseWindow("2026-11-01..2026-11-30")
	if err != nil || !day.at("2026-11-30T23:59:59.9Z") || day.at("2026-12-01T00:00:00Z") || day.at("2026-10-31T23:59:59Z") || day.at("never") {
		t.Errorf("%+v %v", day, err)
	}
	instant, err := ParseWindow("2026-11-01T10:00:00+07:00..2026-11-01T04:00:00Z", "crm:a:b..c")
	if err != nil || instant.To.Sub(instant.From) != time.Hour || instant.Positions["crm"] != (PositionRange{"crm", "a:b", "c"}) {
		t.Errorf("%+v %v", instant, err)
	}
}

// Who signs for a worker hides what became of records; the counts of each receipt are
// right in themselves.
func TestL2CoverageNamesGapsOverlapsAndOrphans(t *testing.T) {
	nth := func(stage string, n int, change func(p *stream.Part)) func(w *world) {
		return func(w *world) {
			seen := 0
			w.tamper = func(r *stream.Receipt) {
				if r.Stage != stage {
					return
				}
				if seen++; seen == n {
					change(&r.Parts[0])
				}
			}
		}
	}
	for name, c := range map[string]struct {
		kind   Kind
		code   Code
		attack func(w *world)
	}{
		"a part of ingest is hidden":          {Gap, CodeChainGap, nth("ingest", 3, func(p *stream.Part) { p.From = "lsn/50" })},
		"records are passed over by mask":     {Gap, CodeCoverage, func(w *world) { w.skipped(false) }},
		"records are masked twice":            {Overlap, CodeChainGap, func(w *world) { w.skipped(true) }},
		"a range of raw records told twice":   {Overlap, CodeCountOut, nth("ingest", 3, func(p *stream.Part) { p.Out[0].First -= 21; p.Out[0].Last -= 21 })},
		"mask output of records nobody gave":  {Orphan, CodeCountRaw, nth("ingest", 3, func(p *stream.Part) { p.In -= 5; p.Changes -= 5; p.Out[0].N -= 5; p.Out[0].Last -= 5 })},
		"rows in files that nobody delivered": {Orphan, CodeCountMasked, nth("mask", 3, func(p *stream.Part) { p.In -= 5; p.Out[0].N -= 5; p.Out[0].Last -= 5 })},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.attack(w)
			_, got := w.run(5).follow().covered("..")
			for _, b := range got.Breaks {
				if b.Kind == c.kind && b.Code == c.code {
					return
				}
			}
			t.Errorf("no %s %s in %v", c.kind, c.code, got.Breaks)
		})
	}
}

// skipped has mask pass over the third transaction of ingest, or read it twice.
func (w *world) skipped(twice bool) {
	w.run(2)
	w.ingest(20)
	from := w.ends["mask "+rawTopic]
	if twice {
		w.mask(w.rawEnd, 20)
		w.ends["mask "+rawTopic] = from
		w.mask(w.rawEnd, 20)
	} else {
		w.ends["mask "+rawTopic] = itoa(w.rawEnd)
	}
}

func TestL2CoverageLeavesOutWhatIsBrokenBeyondItsRange(t *testing.T) {
	w := newWorld(t)
	w.skipped(false)
	r, c := w.run(6).follow().covered("crm:lsn/80..lsn/140")
	if len(c.Breaks) != 0 || r.OK() {
		t.Errorf("in the range %v, in all %v", c.Breaks, r.Findings)
	}
	_, c = w.covered("crm:lsn/40..lsn/60")
	if c.Count(Gap) == 0 || c.Connections[0].Missing != 20 || c.Streams[0].Open != 20 {
		t.Errorf("%+v", c)
	}
	if !strings.Contains(c.Breaks[len(c.Breaks)-1].Range+c.Breaks[0].Range, "offsets [42,63)") {
		t.Errorf("the offsets are not told: %v", c.Breaks)
	}
}

func TestL4WhatWasStatedOfOneShardIsCountedAgainWhenTheLogWentOnUnderAnotherKey(t *testing.T) {
	r := newRotated(t).rounds(3).follow()
	state := func(ranges ...string) *Statement {
		t.Helper()
		report, _ := r.covered(ranges...)
		s, err := report.State()
		r.must(err)
		return &Statement{State: *s}
	}
	first := state("crm:..lsn/40")
	r.ingest(20) // masked under the next key
	r.rotate()
	at := r.maskedEnd
	r.mask(r.rawEnd, 20)
	r.sink(at, r.maskedEnd, 18)
	r.rounds(2).follow()
	second := state("crm:lsn/60..")
	if second.State.Origin == first.State.Origin || second.State.Result.Matched != 57 || first.State.Result.Matched != 38 {
		t.Fatalf("%+v and %+v", first.State, second.State)
	}
	r.rounds(1).follow()
	for name, s := range map[string]*Statement{"of the first": first, "of the second": second} {
		for _, key := range r.vkeys {
			if report, err := s.Recount(t.Context(), r.log, key); err != nil || !report.OK() {
				t.Errorf("%s: %v, found %v", name, err, report.Findings)
			}
		}
	}
	second.State.Checkpoint = first.State.Checkpoint
	if _, err := second.Recount(t.Context(), r.log, r.vkeys[0]); !errors.Is(err, ErrFalse) {
		t.Errorf("on another shard's checkpoint: %v", err)
	}
}
