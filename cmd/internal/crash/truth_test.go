//go:build linux

package crash

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// change is what happened to one row, as far as masking leaves it to be seen.
type change struct {
	op    string // c, u, d
	epoch int    // how often the table had been truncated
	n     int64  // of the row after, 0 after a delete
	was   int64  // of the row before, where the table has no key
	body  string // number that the row's long text starts with; see unchanged
}

// unchanged is the text that a change left out.
const unchanged = "~"

// happened is the truth about one table.
type happened struct {
	byKey     map[string][]change // in commit order; of a table with a key
	all       []change            // in commit order; of a table without
	truncated int
}

// truth reads the second slot.
func (r *crashRig) truth(t *testing.T) map[string]*happened {
	t.Helper()
	rows, err := r.db.Query(t.Context(), "SELECT data FROM pg_logical_slot_get_changes($1, NULL, NULL, 'include-xids', '0', 'skip-empty-xacts', '1')", r.slot)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]*happened)
	for _, table := range crashTables() {
		h := &happened{byKey: make(map[string][]change)}
		out[table.name] = h
		for _, l := range lines {
			if l, ok := strings.CutPrefix(l, "table public."+table.name+": "); ok {
				if err := h.add(table, l); err != nil {
					t.Fatalf("table %s: %v", table.name, err)
				}
			}
		}
	}
	return out
}

// add takes a line of test_decoding without its table.
func (h *happened) add(table crashTable, line string) error {
	op, text, _ := strings.Cut(line, ": ")
	if op == "TRUNCATE" {
		h.truncated++
		return nil
	}
	var old map[string]string
	if keyed, ok := strings.CutPrefix(text, "old-key: "); ok {
		before, after, _ := strings.Cut(keyed, " new-tuple: ")
		var err error
		if old, err = decoded(before); err != nil {
			return err
		}
		text = after
	}
	row, err := decoded(text)
	if err != nil {
		return err
	}
	c := change{op: "u", epoch: h.truncated, n: number(row["n"])}
	if table.body {
		c.body = firstWord(row["body"])
	}
	if len(table.key) == 0 {
		c.op, c.was = map[string]string{"INSERT": "c", "UPDATE": "u", "DELETE": "d"}[op], number(old["n"])
		if op == "DELETE" {
			c.n, c.was = 0, c.n
		}
		h.all = append(h.all, c)
		return nil
	}
	key := keyOf(table, row)
	switch moved := old != nil && keyOf(table, old) != key; {
	case op == "DELETE":
		c = change{op: "d", epoch: c.epoch}
	case op == "INSERT":
		c.op = "c"
	case moved:
		from := keyOf(table, old)
		h.byKey[from] = append(h.byKey[from], change{op: "d", epoch: c.epoch})
		c.op = "c"
	}
	h.byKey[key] = append(h.byKey[key], c)
	return nil
}

func keyOf(table crashTable, row map[string]string) string {
	var parts []string
	for _, k := range table.key {
		parts = append(parts, row[k])
	}
	return strings.Join(parts, "/")
}

func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

func firstWord(s string) string {
	word, _, _ := strings.Cut(s, " ")
	return word
}

// decoded takes columns as test_decoding writes them apart:
// id[integer]:7 line[text]:'it”s' body[text]:unchanged-toast-datum
func decoded(s string) (map[string]string, error) {
	row := make(map[string]string)
	for s != "" {
		name, rest, ok := strings.Cut(s, "[")
		_, rest, typed := strings.Cut(rest, "]:")
		if !ok || !typed {
			return nil, fmt.Errorf("not a column: %.60s", s)
		}
		var value string
		if strings.HasPrefix(rest, "'") {
			end := 1
			for ; end < len(rest); end++ {
				if rest[end] != '\'' {
					continue
				}
				if end+1 == len(rest) || rest[end+1] != '\'' {
					break
				}
				end++
			}
			value, s = strings.ReplaceAll(rest[1:end], "''", "'"), strings.TrimPrefix(rest[end+1:], " ")
		} else {
			value, s, _ = strings.Cut(rest, " ")
		}
		if value == "unchanged-toast-datum" {
			value = unchanged
		}
		row[name] = value
	}
	return row, nil
}
