//go:build linux

package crash

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lethe/connectors/parquet/replay"
)

// inLake replays a table's lake by its manifest. Of an update it does not have
// the row before.
func (r *crashRig) inLake(t *testing.T, table crashTable) (out []maskedRecord) {
	t.Helper()
	err := replay.Replay(filepath.Join(r.dir, "lake"), r.topic(table), func(p int32, offset int64, op, key, seq string, columns map[string]any) error {
		m := maskedRecord{partition: p, offset: offset, key: key, seq: seq, change: change{op: op}}
		m.n, _ = columns["n"].(int64)
		if text, ok := columns["body"].(string); ok {
			m.body = firstWord(text)
		}
		if names, _ := columns["_lethe_unchanged"].([]any); slices.Contains(names, any("body")) {
			m.body = unchanged
		}
		if op == "d" {
			m.n, m.was = 0, m.n
		}
		out = append(out, m)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// sameRows holds the lake against the masked records: each once, with the same
// values.
func sameRows(t *testing.T, table crashTable, lake, masked []maskedRecord) {
	t.Helper()
	have, want := lines(lake), lines(masked)
	if len(have) != len(want) {
		t.Errorf("table %s: the lake holds %d rows, the masked topic %d records", table.name, len(have), len(want))
	}
	for i := range min(len(have), len(want)) {
		if have[i] != want[i] {
			t.Fatalf("table %s: row %d of the lake is %s, the topic has %s", table.name, i, have[i], want[i])
		}
	}
}

func lines(records []maskedRecord) (out []string) {
	for _, m := range records {
		if m.op != "d" {
			m.was = 0
		}
		out = append(out, fmt.Sprintf("%d/%09d %s %s %v", m.partition, m.offset, m.key, m.seq, m.change))
	}
	slices.Sort(out)
	return out
}

// newest is the state that the lake gives to each key: only a newer record
// counts, what it left out stays as it was, and a truncation ends all.
func newest(lake []maskedRecord) map[string]maskedRecord {
	state, truncated := make(map[string]maskedRecord), ""
	for _, m := range lake {
		was := state[m.key]
		switch {
		case m.op == "t":
			truncated = max(truncated, m.seq)
		case m.seq >= was.seq:
			if m.body == unchanged {
				m.body = was.body
			}
			state[m.key] = m
		}
	}
	for key, m := range state {
		if m.op == "d" || m.seq < truncated {
			delete(state, key)
		}
	}
	return state
}

// compareState holds the lake's newest state of each key against the table.
func (r *crashRig) compareState(t *testing.T, table crashTable, lake map[string]maskedRecord, keyID map[string]string) {
	t.Helper()
	body := "''"
	if table.body {
		body = "split_part(body, ' ', 1)"
	}
	rows, err := r.db.Query(t.Context(), fmt.Sprintf("SELECT concat_ws('/', %s), n, %s FROM %s", strings.Join(table.key, ", "), body, table.name))
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string]string)
	for rows.Next() {
		var id, text string
		var n int64
		if err := rows.Scan(&id, &n, &text); err != nil {
			t.Fatal(err)
		}
		want[id] = fmt.Sprint(n, " ", text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	have, wrong := make(map[string]string), 0
	for key, row := range lake {
		have[keyID[key]] = fmt.Sprint(row.n, " ", row.body)
	}
	for id := range want {
		if have[id] != want[id] {
			if wrong++; wrong <= 5 {
				t.Errorf("table %s, row %s: the lake says %q, the table holds %q", table.name, id, have[id], want[id])
			}
		}
	}
	if wrong > 0 || len(have) != len(want) {
		t.Errorf("table %s: %d rows differ; %d living keys in the lake, %d rows in the table", table.name, wrong, len(have), len(want))
	}
}
