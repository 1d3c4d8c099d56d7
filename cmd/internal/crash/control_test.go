//go:build linux

package crash

import (
	"slices"
	"testing"
)

// The control of the crash test: were its count to pass over a loss, a doubling
// or another order, it would prove nothing.

// faults counts errors instead of failing.
type faults struct {
	testing.TB
	n int
}

func (f *faults) Errorf(string, ...any) { f.n++ }
func (f *faults) Logf(string, ...any)   {}
func (f *faults) Helper()               {}

func TestL2TheCountSeesALossADoublingAndAnotherOrder(t *testing.T) {
	table := crashTable{name: "doc", rows: 2, key: []string{"id"}, body: true}
	truth := &happened{byKey: make(map[string][]change)}
	for _, line := range []string{
		"INSERT: id[integer]:7 n[bigint]:1 body[text]:'1 it''s new-tuple: ' pad[text]:null",
		"UPDATE: id[integer]:7 n[bigint]:2 body[text]:unchanged-toast-datum pad[text]:'x'",
		"UPDATE: id[integer]:7 n[bigint]:3 body[text]:'3 y' pad[text]:unchanged-toast-datum",
		"UPDATE: old-key: id[integer]:7 new-tuple: id[integer]:8 n[bigint]:4 body[text]:unchanged-toast-datum pad[text]:'x'",
		"DELETE: id[integer]:8",
		"DELETE: id[integer]:1",
		"TRUNCATE: (no-flags)",
		"INSERT: id[integer]:2 n[bigint]:5 body[text]:'5' pad[text]:''",
	} {
		if err := truth.add(table, line); err != nil {
			t.Fatal(err)
		}
	}
	record := func(p int32, key string, c change) maskedRecord {
		return maskedRecord{partition: p, key: key, change: c}
	}
	records := []maskedRecord{
		record(0, "two", change{op: "r", n: -2, body: "-2"}),
		record(0, "seven", change{op: "c", n: 1, body: "1"}),
		record(0, "seven", change{op: "u", n: 2, body: unchanged}),
		record(0, "seven", change{op: "u", n: 3, body: "3"}),
		record(0, "seven", change{op: "d"}),
		record(1, "eight", change{op: "c", n: 4, body: unchanged}),
		record(1, "eight", change{op: "d"}),
		record(1, "one", change{op: "d"}),
	}
	for p := range int32(8) {
		records = append(records, record(p, "", change{op: "t"}))
	}
	records = append(records, record(0, "two", change{op: "c", n: 5, body: "5"}))

	seen := func(records []maskedRecord) bool {
		f := &faults{TB: t}
		c := newCounting(table, truth)
		for _, m := range records {
			if c.add(m) != nil {
				return true
			}
		}
		c.compare(f, truth)
		return f.n > 0
	}
	if seen(records) {
		t.Fatal("a fault is seen where there is none")
	}
	for i, m := range records {
		if m.op != "r" && !seen(slices.Delete(slices.Clone(records), i, i+1)) {
			t.Errorf("record %d is lost, and nothing is seen", i)
		}
		if !seen(slices.Insert(slices.Clone(records), i, m)) {
			t.Errorf("record %d came twice, and nothing is seen", i)
		}
		another := slices.Clone(records)
		if i+1 < len(another) && another[i].key != "" && another[i].key == another[i+1].key {
			another[i], another[i+1] = another[i+1], another[i]
			if !seen(another) {
				t.Errorf("records %d and %d are in another order, and nothing is seen", i, i+1)
			}
		}
		another = slices.Clone(records)
		if another[i].n++; m.n > 0 && !seen(another) {
			t.Errorf("record %d holds another row, and nothing is seen", i)
		}
	}
}
