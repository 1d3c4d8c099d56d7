package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"lethe/connectors/parquet/replay"
)

// maskedLines writes the newest values of a column of a lake as lethe reveal reads
// them, in the order of keys: masked LAKE TOPIC COLUMN FILE. A value is one of the
// row's column id.
func maskedLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: masked LAKE TOPIC COLUMN FILE")
	}
	type row struct {
		Value    any    `json:"value"`
		Subject  any    `json:"subject"`
		Position string `json:"position"`
	}
	rows := make(map[string]row)
	err := replay.Replay(ts.MkAbs(args[0]), args[1], func(_ int32, _ int64, _, key, seq string, columns map[string]any) error {
		if old, ok := rows[key]; !ok || seq > old.Position {
			rows[key] = row{columns[args[2]], columns["id"], seq}
		}
		return nil
	})
	ts.Check(err)
	var lines []string
	for _, r := range rows {
		b, err := json.Marshal(r)
		ts.Check(err)
		lines = append(lines, fmt.Sprintf("%020v %s\n", r.Subject, b))
	}
	slices.Sort(lines)
	var text strings.Builder
	for _, l := range lines {
		_, line, _ := strings.Cut(l, " ")
		text.WriteString(line)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), []byte(text.String()), 0o644))
}
