package verify

import (
	"strings"
	"testing"

	"lethe/stream"
)

func TestL4AnActionWithoutOutcomeIsToldAndAnOutcomeWithoutActionIsFound(t *testing.T) {
	const id = "run-w-mask/1"
	intent := func(w *world) {
		w.add(w.ledger("w-mask").Entry(stream.EntryIntent, stream.Intent{Action: stream.ActionErase, Count: 2, Worker: "w-mask", Time: "2026-01-31T15:00:00Z"}))
	}
	shred := func(w *world, of string, first, last stream.Int64) {
		w.add(w.ledger("w-mask").Entry(stream.EntryShred, stream.Shred{Of: of, First: first, Last: last, Worker: "w-mask"}))
	}
	outcome := func(w *world, of string) {
		w.add(w.ledger("w-mask").Entry(stream.EntryOutcome, stream.Outcome{Of: of, Result: stream.OutcomeDone, Worker: "w-mask"}))
	}
	for name, c := range map[string]struct {
		write         func(w *world)
		finding, note string
	}{
		"whole":                 {func(w *world) { intent(w); shred(w, id, 1, 2); outcome(w, id) }, "", ""},
		"no outcome":            {func(w *world) { intent(w); shred(w, id, 1, 2) }, "", "intent_open run-w-mask/1"},
		"an outcome of nothing": {func(w *world) { outcome(w, "other/1") }, "action run-w-mask/1", ""},
		"a second outcome":      {func(w *world) { intent(w); outcome(w, id); outcome(w, id) }, "action run-w-mask/3", ""},
		"an erasure of nothing": {func(w *world) { shred(w, "other/1", 1, 1) }, "action run-w-mask/1", ""},
		"an erasure that is of an intent left open": {func(w *world) { intent(w); shred(w, id, 2, 2); outcome(w, id) }, "", ""},
		"an erasure said backward":                  {func(w *world) { intent(w); shred(w, id, 1, 0); outcome(w, id) }, "action run-w-mask/2", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c.write(w)
			r := w.follow().verify()
			var found, noted []string
			for _, f := range r.Findings {
				found = append(found, string(f.Code)+" "+f.Object)
			}
			for _, f := range r.Notes {
				noted = append(noted, string(f.Code)+" "+f.Object)
			}
			if strings.Join(found, ",") != c.finding || strings.Join(noted, ",") != c.note {
				t.Errorf("found %q, noted %q", found, noted)
			}
		})
	}
}
