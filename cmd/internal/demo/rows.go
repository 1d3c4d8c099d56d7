package demo

import (
	"context"
	"fmt"
	"path/filepath"

	"lethe/cmd/internal/wire"
	"lethe/connectors/parquet/replay"
)

// Customer is a row that is shown before and after.
type Customer struct {
	Country string `json:"country"`
	Columns []Cell `json:"columns"`
	id      int64
}

// Cell is one column of a row, before and after.
type Cell struct {
	Column string `json:"column"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// showRows shows the same customers in the shop and in the lake.
func (d *demo) showRows(context.Context) error {
	masked, err := d.masked()
	if err != nil {
		return err
	}
	for _, c := range d.clear {
		for i := range c.Columns {
			after, ok := masked[c.id][c.Columns[i].Column]
			if !ok {
				after = "(dropped)"
			}
			c.Columns[i].After = after
		}
		d.result.Rows = append(d.result.Rows, c)
	}
	show(d.Out, d.Columns, d.result.Rows)
	return nil
}

// masked finds the rows that are shown in the lake, by their masked key.
func (d *demo) masked() (map[int64]map[string]string, error) {
	ids, keys := map[string]int64{}, []string{}
	for _, c := range d.clear {
		key := fmt.Sprintf(`{"id":%d}`, c.id)
		ids[key], keys = c.id, append(keys, key)
	}
	byKey, topic, err := wire.MaskedKeys(d.folder, "shop-lake", d.base.stream("customer"), keys)
	if err != nil {
		return nil, err
	}
	byMasked := map[string]int64{}
	for key, m := range byKey {
		byMasked[m] = ids[key]
	}
	out := map[int64]map[string]string{}
	err = replay.Replay(filepath.Join(d.Dir, "lake"), topic, func(_ int32, _ int64, _, key, _ string, columns map[string]any) error {
		id, ok := byMasked[key]
		if !ok || out[id] != nil {
			return nil
		}
		out[id] = map[string]string{}
		for name, v := range columns {
			out[id][name] = fmt.Sprint(v)
		}
		return nil
	})
	return out, err
}
