//go:build linux

package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"lethe/connectors/parquet/replay"
)

// lakeRow is a row of a table, replayed from the lake.
type lakeRow struct {
	partition int32
	seq       string
	deleted   bool
	n         int64
	body      string
}

// replayed replays a table's lake by its manifest. It holds the masked records,
// each once and with the same values. It returns the newest state of each key:
// what a record left out stays as it was.
func (r *crashRig) replayed(t *testing.T, table crashTable, masked []maskedRecord) map[string]lakeRow {
	t.Helper()
	var have []string
	newest, truncated := make(map[string]lakeRow), ""
	err := replay.Replay(filepath.Join(r.dir, "lake"), r.topic(table), func(p int32, offset int64, op, key, seq string, columns map[string]any) error {
		row := lakeRow{partition: p, seq: seq, deleted: op == "d"}
		row.n, _ = columns["n"].(int64)
		if text, ok := columns["body"].(string); ok {
			row.body = firstWord(text)
		}
		was := newest[key]
		if names, _ := columns["_lethe_unchanged"].([]any); slices.Contains(names, any("body")) {
			row.body = was.body
			have = append(have, line(p, offset, op, key, seq, row.n, unchanged))
		} else {
			have = append(have, line(p, offset, op, key, seq, row.n, row.body))
		}
		switch {
		case op == "t":
			truncated = max(truncated, seq)
		case seq >= was.seq: // only a newer one counts
			newest[key] = row
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range masked {
		if m.op == "d" {
			m.n = m.was // of a deleted row the lake has what is known of it
		}
		want = append(want, line(m.partition, m.offset, m.op, m.key, m.seq, m.n, m.body))
	}
	sort.Strings(have)
	sort.Strings(want)
	if len(have) != len(want) {
		t.Errorf("table %s: the lake holds %d rows, the masked topic %d records", table.name, len(have), len(want))
	}
	for i := range min(len(have), len(want)) {
		if have[i] != want[i] {
			t.Fatalf("table %s: row %d of the lake is %s, the topic has %s", table.name, i, have[i], want[i])
		}
	}
	for key, row := range newest {
		if row.deleted || row.seq < truncated {
			delete(newest, key)
		}
	}
	return newest
}

func line(p int32, offset int64, op, key, seq string, n int64, body string) string {
	return fmt.Sprintf("%d/%09d %s %s %s %d %s", p, offset, op, key, seq, n, body)
}

// compareState holds the lake's newest state of each key against the table.
func (r *crashRig) compareState(t *testing.T, table crashTable, lake map[string]lakeRow, keyID map[string]string) {
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
