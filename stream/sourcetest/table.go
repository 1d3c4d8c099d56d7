package sourcetest

import (
	"bytes"
	"encoding/json"

	"lethe/stream"
)

// table is what a table holds: name by id.
type table map[int64]string

// change is what the suite reads of a record's envelope.
type change struct {
	Op     string
	Before *struct {
		ID   int64
		Name *string
	}
	After *struct {
		ID   int64
		Name string
	}
}

func parse(rec stream.Record) change {
	var c change
	if err := json.Unmarshal(rec.Value, &c); err != nil {
		return change{Op: "invalid"}
	}
	return c
}

type cell struct {
	seq  stream.Seq
	name string
	gone bool
}

// replay applies the records of the harness's stream as a sink does: per key,
// only what is newer, and nothing of before a truncate. It returns the rows that are left.
func replay(h Harness, batches []stream.Batch) map[string]cell {
	rows := map[string]cell{}
	for _, b := range batches {
		for _, rec := range b.Records {
			if rec.Stream != h.Stream {
				continue
			}
			key := string(rec.Key)
			if old, ok := rows[key]; ok && bytes.Compare(rec.Seq[:], old.seq[:]) <= 0 {
				continue
			}
			c := parse(rec)
			if c.Op == "t" {
				for k, row := range rows {
					if bytes.Compare(row.seq[:], rec.Seq[:]) < 0 {
						rows[k] = cell{seq: rec.Seq, gone: true}
					}
				}
				continue
			}
			if c.After == nil {
				rows[key] = cell{seq: rec.Seq, gone: true}
				continue
			}
			rows[key] = cell{seq: rec.Seq, name: c.After.Name}
		}
	}
	return rows
}

// equal compares t with replayed rows. Where deletes are not told, rows that t
// does not hold any more are left out of the comparison.
func (t table) equal(rows map[string]cell, deletes bool) bool {
	live := 0
	for key, c := range rows {
		var k struct{ ID int64 }
		if json.Unmarshal([]byte(key), &k) != nil {
			return false
		}
		name, there := t[k.ID]
		switch {
		case there && (c.gone || c.name != name):
			return false
		case there:
			live++
		case deletes && !c.gone:
			return false
		}
	}
	return live == len(t)
}
