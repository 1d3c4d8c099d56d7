package verify

import (
	"testing"

	"lethe/stream"
)

// mark adds a chain entry of the mask.
func (w *world) mark(event, from string) {
	w.t.Helper()
	w.add(w.ledger("w-mask").Entry(stream.EntryChain, stream.Chain{Event: event, Stage: stream.StageMask, Connection: "crm-lake",
		Topic: rawTopic, Worker: "w-mask", From: from, Head: w.heads["mask "+rawTopic]}))
	w.ends["mask "+rawTopic] = from
}

// delete says that raw records before offset to are gone.
func (w *world) delete(to int64) {
	w.t.Helper()
	w.part("w-mask", stream.Receipt{Stage: stream.StageDelete}, stream.Part{Topic: rawTopic, From: "0", To: itoa(to), Evidence: "log-start"})
}

func TestL2AChainThatStartsBehindRecordsIsNamed(t *testing.T) {
	w := newWorld(t)
	w.ingest(10)
	w.mark("start", "11")
	w.ingest(22)
	w.mask(w.rawEnd, 22)
	r := w.follow().verify()
	named(t, r, "count_start", "10 records before")
	if len(r.Findings) != 1 {
		t.Errorf("findings %v", r.Findings)
	}
	w = newWorld(t)
	w.ingest(10)
	w.mark("start", "0")
	w.mark("start", "11")
	named(t, w.follow().verify(), "count_start", "10 records before")
}

func TestL2AConnectionThatStartsAfterADeletionIsNoFault(t *testing.T) {
	w := newWorld(t)
	w.ingest(20)
	w.mask(w.rawEnd, 20)
	w.delete(w.rawEnd)
	w.add(w.ledger("w-mask").Entry(stream.EntryChain, stream.Chain{Event: "start", Stage: stream.StageMask, Connection: "crm-other",
		Topic: rawTopic, Worker: "w-mask", From: itoa(w.rawEnd)}))
	w.ingest(20)
	r := w.follow().verify()
	if !r.OK() || len(r.Notes) != 1 || r.Notes[0].Code != "started_late" {
		t.Errorf("findings %v, notes %v", r.Findings, r.Notes)
	}
}

func TestL2ASkipOverRecordsIsNamed(t *testing.T) {
	for _, late := range []bool{false, true} {
		w := newWorld(t)
		if !late {
			w.ingest(10)
		}
		w.mark("start", "0")
		w.mark("skip", "11")
		if late {
			w.ingest(10)
		}
		w.ingest(10)
		w.mask(w.rawEnd, 10)
		named(t, w.follow().verify(), "count_skip", "10 records between")
	}
	w := newWorld(t).run(1)
	w.mark("skip", "0")
	named(t, w.follow().verify(), "count_skip", "from 21 to 0")
	w = newWorld(t)
	w.ingest(10)
	w.add(w.ledger("w-ingest").Entry(stream.EntryChain, stream.Chain{Event: "skip", Stage: stream.StageIngest, Source: "crm", Topic: "crm",
		Worker: "w-ingest", From: "lsn/99"}))
	named(t, w.follow().verify(), "count_skip", "chain ingest crm")
}

func TestL2RecordsDeletedUnreadAreNamed(t *testing.T) {
	w := newWorld(t)
	w.ingest(10)
	w.delete(11)
	named(t, w.follow().verify(), "count_deleted", "10 records were deleted")

	w = newWorld(t)
	w.ingest(20)
	w.mask(w.rawEnd, 20)
	w.ingest(10)
	w.delete(w.rawEnd)
	r := w.follow().verify()
	named(t, r, "count_deleted", "10 records were deleted")
	if len(r.Findings) != 1 {
		t.Errorf("findings %v", r.Findings)
	}

	w = newWorld(t).run(3)
	w.delete(w.rawEnd)
	if r := w.follow().verify(); !r.OK() {
		t.Errorf("what was read and deleted: %v", r.Findings)
	}
}

func TestL2DeletedRecordsAreLostWhereNoReaderWas(t *testing.T) {
	var s spans
	s.add(span{0, 99, 100})
	for _, c := range []struct {
		readers   [][2]int64
		end, want int64
	}{
		{nil, 100, 100},
		{nil, 0, 0},
		{[][2]int64{{0, 100}}, 100, 0},
		{[][2]int64{{0, 100}}, 40, 0},
		{[][2]int64{{60, 100}, {0, 50}}, 100, 10},
		{[][2]int64{{0, 80}, {10, 20}}, 100, 20},
		{[][2]int64{{70, 80}}, 50, 50},
	} {
		if got := lost(&s, c.readers, c.end); got != c.want {
			t.Errorf("%v before %d: %d lost, want %d", c.readers, c.end, got, c.want)
		}
	}
}

func TestL2RowsInNoFileAreNamed(t *testing.T) {
	w := newWorld(t)
	w.noManifest = true
	w.tamper = func(r *stream.Receipt) {
		if r.Stage == stream.StageSink {
			r.Parts[0].Object, r.Parts[0].SHA256, r.Parts[0].RowRoot = "", nil, nil
		}
	}
	named(t, w.run(1).follow().verify(), "count_object", "18 rows")
}

func TestStreamsAreReportedAsTheyAreCalled(t *testing.T) {
	for escaped, want := range map[string]string{
		"crm.lethe-5Fdemo.customer": "crm.lethe_demo.customer",
		"crm.a-2Db":                 "crm.a-b",
		"crm.-C3-BC":                "crm.ü",
		"crm.-1B-5B31m":             "crm.-1B-5B31m", // would speak to a terminal
		"crm.-FF":                   "crm.-FF",
		"crm.a-":                    "crm.a-",
		"crm.a-zz":                  "crm.a-zz",
	} {
		if got := unescape(escaped); got != want {
			t.Errorf("%s: %q", escaped, got)
		}
		if stream.EscapeName("lethe_demo") != "lethe-5Fdemo" {
			t.Error("names are escaped otherwise")
		}
	}
}
