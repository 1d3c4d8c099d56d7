//go:build linux

package crash

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

// maskedRecord is a record of a masked topic.
type maskedRecord struct {
	partition int32
	offset    int64
	key       string
	seq       string
	change    // op may be r and t too
}

// count holds one table's masked records against the truth, and its lake
// against the masked records and the table.
func (r *crashRig) count(t *testing.T, table crashTable, truth *happened) {
	t.Helper()
	masked, lake := r.masked(t, table), r.inLake(t, table)
	sameRows(t, table, lake, masked)
	if len(table.key) == 0 {
		r.countKeyless(t, table, truth, masked)
	} else {
		r.countKeyed(t, table, truth, masked, lake)
	}
}

// countKeyed holds the records of a table with a key against the truth, and its
// lake against the table.
func (r *crashRig) countKeyed(t *testing.T, table crashTable, truth *happened, records, lake []maskedRecord) {
	t.Helper()
	c := newCounting(table, truth)
	for _, m := range records {
		if err := c.add(m); err != nil {
			t.Fatalf("table %s: %v", table.name, err)
		}
	}
	c.compare(t, truth)
	r.compareState(t, table, newest(lake), c.keyID)
}

// counting assigns the masked records of a table to the ids of its rows.
type counting struct {
	table     crashTable
	idOf      map[int64]string // of the row that has this number
	keyID     map[string]string
	changes   map[string][]change // by masked key
	snapshot  map[string]int      // rows, by masked key and truncation
	truncated map[int32]int
	total     int
}

func newCounting(table crashTable, truth *happened) *counting {
	return &counting{table: table, idOf: truth.ids(table), keyID: make(map[string]string),
		changes: make(map[string][]change), snapshot: make(map[string]int), truncated: make(map[int32]int)}
}

// ids are the numbers that rows had, and of which row.
func (h *happened) ids(table crashTable) map[int64]string {
	of := make(map[int64]string)
	for id, cs := range h.byKey {
		for _, c := range cs {
			if c.op != "d" {
				of[c.n] = id
			}
		}
	}
	for g := 1; g <= table.rows; g++ {
		of[-int64(g)] = strconv.Itoa(g)
		if table.name == "item" {
			of[-int64(g)] = fmt.Sprintf("%d/line %d", g/3, g%3)
		}
	}
	return of
}

func (c *counting) add(m maskedRecord) error {
	if m.op == "t" {
		c.truncated[m.partition]++
		return nil
	}
	m.epoch = c.truncated[m.partition]
	if m.op != "d" {
		id, ok := c.idOf[m.n]
		if !ok {
			return fmt.Errorf("a masked record holds change %d, which nobody made", m.n)
		}
		if old, ok := c.keyID[m.key]; ok && old != id {
			return fmt.Errorf("one masked key stands for rows %s and %s", old, id)
		}
		c.keyID[m.key] = id
	}
	if m.op == "r" {
		c.snapshot[m.key]++
		return nil
	}
	c.changes[m.key] = append(c.changes[m.key], m.change)
	c.total++
	return nil
}

// compare holds every change of every key, once and in order, against the
// truth; every row of the snapshot came at most once.
func (c *counting) compare(t testing.TB, truth *happened) {
	t.Helper()
	for p := range int32(8) {
		if c.truncated[p] != truth.truncated {
			t.Errorf("table %s: partition %d tells of %d truncations, there were %d", c.table.name, p, c.truncated[p], truth.truncated)
		}
	}
	// A key that was deleted before its row was read has one record, which says
	// nothing that tells its id: those are counted.
	got, onlyDeleted := make(map[string][]change), make(map[string]int)
	for key, cs := range c.changes {
		if id, ok := c.keyID[key]; ok {
			got[id] = cs
		} else if len(cs) == 1 && cs[0].op == "d" {
			onlyDeleted[fmt.Sprint(cs)]++
		} else {
			t.Errorf("table %s: a masked key has changes %v and no id", c.table.name, cs)
		}
	}
	wrong := 0
	for id, want := range truth.byKey {
		if got[id] == nil && len(want) == 1 && want[0].op == "d" {
			onlyDeleted[fmt.Sprint(want)]--
		} else if !sameChanges(got[id], want) {
			if wrong++; wrong <= 5 {
				t.Errorf("table %s, row %s:\n got  %v\n want %v", c.table.name, id, got[id], want)
			}
		}
	}
	for id := range got {
		if truth.byKey[id] == nil {
			t.Errorf("table %s, row %s: changes %v, and it had none", c.table.name, id, got[id])
		}
	}
	if wrong > 0 {
		t.Errorf("table %s: %d of %d rows differ", c.table.name, wrong, len(truth.byKey))
	}
	for which, n := range onlyDeleted {
		if n != 0 {
			t.Errorf("table %s: deletes %s of rows that were never read differ by %d", c.table.name, which, n)
		}
	}
	for key, n := range c.snapshot {
		// A row that came to its key without its text is read once more.
		for _, m := range truth.byKey[c.keyID[key]] {
			if m.op == "c" && m.body == unchanged {
				n--
			}
		}
		if n > 1 {
			t.Errorf("table %s, row %s: %d snapshot rows", c.table.name, c.keyID[key], n)
		}
	}
	t.Logf("table %s: %d changes of %d rows and %d truncations, each once and in order; %d snapshot rows",
		c.table.name, c.total, len(truth.byKey), truth.truncated, len(c.snapshot))
}

func sameChanges(got, want []change) bool {
	return slices.Equal(got, want)
}

// masked reads a masked topic, read committed, in offset order per partition.
func (r *crashRig) masked(t *testing.T, table crashTable) (out []maskedRecord) {
	t.Helper()
	c, done := r.cluster(t)
	defer done()
	for p := range int32(8) {
		err := c.ReadRange(t.Context(), r.topic(table), p, 0, func(k *kgo.Record) error {
			if k.Value == nil {
				return nil
			}
			m, err := readMasked(table, k)
			out = append(out, m)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func (r *crashRig) topic(table crashTable) string {
	return stream.Topics{Workspace: r.workspace}.Masked(stream.Label(table.label), "all", "src.public."+table.name, 1)
}

func readMasked(table crashTable, k *kgo.Record) (maskedRecord, error) {
	if bytes.Contains(k.Value, []byte(unknownCanary)) {
		return maskedRecord{}, fmt.Errorf("offset %d of partition %d holds a column that no contract lists", k.Offset, k.Partition)
	}
	var v struct {
		Op            string
		Before, After struct {
			N    int64
			Body *string
		}
	}
	if err := json.Unmarshal(k.Value, &v); err != nil {
		return maskedRecord{}, err
	}
	m := maskedRecord{partition: k.Partition, offset: k.Offset, key: string(k.Key), change: change{op: v.Op, n: v.After.N}}
	if len(table.key) == 0 {
		m.was = v.Before.N
	}
	if table.body && v.After.Body != nil {
		m.body = firstWord(*v.After.Body)
	}
	for _, h := range k.Headers {
		switch h.Key {
		case stream.HeaderSeq:
			m.seq = string(h.Value)
		case stream.HeaderUnchanged:
			if bytes.Contains(h.Value, []byte(`"body"`)) {
				m.body = unchanged
			}
		}
	}
	return m, nil
}
