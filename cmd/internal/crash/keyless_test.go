//go:build linux

package crash

import (
	"maps"
	"testing"

	"github.com/jackc/pgx/v5"
)

// keyless is what the records of a table without a key say. A row version is
// known by its number.
type keyless struct {
	table     crashTable
	snapshots map[string]map[int64]bool // rows by snapshot
	emptied   map[string]bool           // snapshots before which downstream was told that there are no rows
	last      string                    // snapshot
	given     map[change]string         // changes, with their sequence numbers
}

// countKeyless holds the records of a table without a key against the truth. A
// snapshot of it that a kill broke is void, and another one begins; changes that
// the last one shows are not told apart from it. So: the rows at first, with the
// changes that were not given, are the rows of the last snapshot; and those,
// with the changes that were given, each once and in order, are the table.
func (r *crashRig) countKeyless(t *testing.T, table crashTable, truth *happened, masked []maskedRecord) {
	t.Helper()
	k := readKeyless(t, table, masked)
	if r.voids && len(k.snapshots) < 2 {
		t.Errorf("table %s: no kill voided a snapshot", table.name)
	}
	state := make(map[int64]bool)
	for g := range int64(table.rows) {
		state[-1-g] = true
	}
	if len(k.snapshots) > 1 && !k.emptied[k.last] {
		t.Errorf("table %s: the rows of void snapshots stay in the lake", table.name)
	}
	var after []change
	seq := ""
	for _, c := range truth.all {
		if k.given[c] == "" {
			k.apply(t, state, c)
			continue
		}
		if k.given[c] <= seq {
			t.Errorf("table %s: change %v is not in order", table.name, c)
		}
		seq = k.given[c]
		delete(k.given, c)
		after = append(after, c)
	}
	for c := range k.given {
		t.Errorf("table %s: change %v, which nobody made", table.name, c)
	}
	if !maps.Equal(state, k.snapshots[k.last]) {
		t.Errorf("table %s: the snapshot has %d rows, what was not given makes %d, and they are not the same", table.name, len(k.snapshots[k.last]), len(state))
	}
	for _, c := range after {
		k.apply(t, state, c)
	}
	if now := r.numbers(t, table); !maps.Equal(state, now) {
		t.Errorf("table %s: the records make %d rows, the table has %d, and they are not the same", table.name, len(state), len(now))
	}
	t.Logf("table %s: %d changes of %d, each once and in order, after the last of %d snapshots", table.name, len(after), len(truth.all), len(k.snapshots))
}

func readKeyless(t *testing.T, table crashTable, masked []maskedRecord) *keyless {
	t.Helper()
	k := &keyless{table: table, snapshots: make(map[string]map[int64]bool), given: make(map[change]string), emptied: make(map[string]bool)}
	const common = 24 // of a sequence number: what the rows of one snapshot share
	for _, m := range masked {
		if m.op == "t" {
			k.emptied[m.seq[:common]] = true
			continue
		}
		if m.op != "r" {
			if k.given[m.change] != "" {
				t.Errorf("table %s: change %v came twice", table.name, m.change)
			}
			k.given[m.change] = m.seq
			continue
		}
		s := m.seq[:common]
		if k.snapshots[s] == nil {
			k.snapshots[s] = make(map[int64]bool)
		}
		if k.snapshots[s][m.n] {
			t.Errorf("table %s: row %d came twice in one snapshot", table.name, m.n)
		}
		k.snapshots[s][m.n] = true
		k.last = max(k.last, s)
	}
	return k
}

// apply does what a change did to the rows; a row that it ends must be there.
func (k *keyless) apply(t *testing.T, state map[int64]bool, c change) {
	t.Helper()
	if c.op != "c" && !state[c.was] {
		t.Errorf("table %s: change %v ends a row that is not there", k.table.name, c)
	}
	delete(state, c.was)
	if c.op != "d" {
		state[c.n] = true
	}
}

// numbers are those of the rows that the table has.
func (r *crashRig) numbers(t *testing.T, table crashTable) map[int64]bool {
	t.Helper()
	rows, err := r.db.Query(t.Context(), "SELECT n FROM "+table.name)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		t.Fatal(err)
	}
	now := make(map[int64]bool)
	for _, n := range list {
		now[n] = true
	}
	return now
}
