package main

import (
	"bytes"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lethe/bench"
	"lethe/masking"
	"lethe/stream"
)

func TestEventsAreTheSameInEveryRunAndOfTheSizeThatIsClaimed(t *testing.T) {
	const n = 20_000
	shapes := []shape{customers(false)}
	a, b := events(1, n, shapes, false), events(1, n, shapes, false)
	size := 0
	for i := range a {
		if !bytes.Equal(a[i].Value, b[i].Value) || !bytes.Equal(a[i].Key, b[i].Key) {
			t.Fatalf("event %d is another one", i)
		}
		size += len(a[i].Value)
	}
	if mean := size / n; mean < 816 || mean > 836 {
		t.Errorf("events of %d bytes, want 826", mean)
	}
}

func TestL1NoClearValueOfAMaskedColumnLeavesTheWorkloads(t *testing.T) {
	for name, shapes := range map[string][]shape{"customers": {customers(false)}, "mixed": mixed()} {
		t.Run(name, func(t *testing.T) {
			records := events(2, 3000, shapes, name == "mixed")
			rewrite := map[string]*masking.Rewriter{}
			for _, s := range shapes {
				w, err := masking.Compile(s.plan(), keys{})
				if err != nil {
					t.Fatal(err)
				}
				rewrite[s.name] = w
			}
			counts := map[string]int64{}
			for i, r := range records {
				var out stream.Masked
				w := rewrite[r.Stream]
				if err := w.Process(r, &out); err != nil {
					t.Fatal(err)
				}
				w.Finish()
				w.Counts(func(c stream.FieldCount, n int64) { counts[c.Operator] += n })
				for _, clear := range [][]byte{[]byte("@example.org"), r.Key[len(`{"id":`) : len(r.Key)-1]} {
					if bytes.Contains(out.Value, clear) || bytes.Contains(out.Key, clear) {
						t.Fatalf("event %d shows a masked value", i)
					}
				}
			}
			if counts["hmac"] < int64(len(records)) || counts["detect"] < int64(len(records)) {
				t.Errorf("too little was masked: %v", counts)
			}
		})
	}
}

// A value that stands in key, before and after is hashed once.
func TestEventsAskForAsManyHMACsAsIsClaimed(t *testing.T) {
	const n = 20_000
	s := customers(false)
	hashes := 0
	for i, r := range events(1, n, []shape{s}, false) {
		var event struct{ Before, After map[string]any }
		if err := json.Unmarshal(r.Value, &event); err != nil {
			t.Fatalf("event %d: %v", i, err)
		}
		for _, c := range s.columns {
			if c.Operator != "hmac" {
				continue
			}
			hashes++
			if event.Before != nil && event.Before[c.Path] != event.After[c.Path] {
				hashes++
			}
		}
	}
	if mean := float64(hashes) / n; mean < 3.15 || mean > 3.25 {
		t.Errorf("%.2f HMACs an event, want 3.2", mean)
	}
	rules := 0
	for _, c := range s.columns {
		if c.Operator != "keep" {
			rules++
		}
	}
	if rules != 8 {
		t.Errorf("%d rules, want 8", rules)
	}
}

func TestRowsAreAsTheirSchemaSaysByBothChecks(t *testing.T) {
	sides, err := workloads(options{records: 500, only: "schema,library"})
	if err != nil || len(sides) != 2 {
		t.Fatalf("%d workloads: %v", len(sides), err)
	}
	for _, s := range sides {
		if err := s.pass(); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	}
}

func TestAPeerThatCannotRunIsSkippedAndSaysWhatItNeeds(t *testing.T) {
	s := system{name: "benthos", how: []string{filepath.Join(t.TempDir(), "none")}, needs: "a thing"}
	f, err := s.measure(t.Context(), options{records: 1, folder: "../peers"}, io.Discard)
	if err != nil || !strings.Contains(f.Skipped, "needs a thing: go run ./bench/mask --peers benthos") {
		t.Errorf("%+v %v", f, err)
	}
	var said bytes.Buffer
	if err := report(&said, []figure{{Name: "customers", Record: 2000}, f}); err != nil || !strings.Contains(said.String(), "skipped benthos: ") {
		t.Errorf("%s %v", said.String(), err)
	}
}

func TestFlagsThatMakeNoWorkloadAreRefused(t *testing.T) {
	for _, args := range [][]string{{"--only", "none"}, {"--peers", "none"}, {"--rounds", "0"}, {"more"}, {"--figures", "none"}, {"--figures", "../README.md", "--json"}} {
		if code := command(t.Context(), args, io.Discard, io.Discard); code == 0 || code == stream.ExitFault {
			t.Errorf("%v: exit %d", args, code)
		}
	}
}

func TestFiguresAreWrittenWhereTheReadmeHasThem(t *testing.T) {
	if err := bench.HasFigures("../README.md", name); err != nil {
		t.Error(err)
	}
	r := results{busy: "0.10", records: 10, rounds: 3, ours: []figure{{Name: "customers", Record: 2000, Bytes: 837}, {Name: "mixed", Record: 2500, Bytes: 700}},
		narrow:   []figure{{Name: "customers", Record: 3200, Bytes: 837}},
		portable: []figure{{Name: "customers", Record: 4000, Bytes: 837}},
		peers:    []figure{{Record: 50_000}, {Skipped: "no java"}, {Record: 1_000_000, Note: "patterns"}},
		shares:   []bench.Share{{Group: "masking", CPU: 3 * time.Second}, {Group: "SHA-256 and HMAC", CPU: time.Second}}}
	text := r.markdown()
	for _, want := range []string{"load 0.10", "| customers | 500000 | 2000 |", "| mixed | 400000 | 2500 | 0 | 280 | 0.00 | 0.80 |", "| customers, no AVX-512 | 312500 |", "| customers, no assembly of ours | 250000 |",
		"| 20000 | 50.0 | 25.0 × |", "| not run: no java |", "| 1000.0 | 500.0 × | patterns; ", "| masking | 1500 | 75 % |"} {
		if !strings.Contains(text, want) {
			t.Errorf("the figures do not say %q:\n%s", want, text)
		}
	}
}
