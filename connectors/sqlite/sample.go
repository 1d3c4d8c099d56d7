package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"

	"lethe/stream"
)

var _ stream.Sampler = (*Source)(nil)

// sampleRuns is how many places of a table a sample is read at.
const sampleRuns = 20

// Sample reads runs of rows at places that lie evenly between the lowest and the
// highest rowid; of a table without one, the first rows.
func (s *Source) Sample(ctx context.Context, name string, columns []string, n int, row func(values [][]byte)) error {
	db, err := openDatabase(ctx, s.env.Name, s.set.path, s.env.Now)
	if err != nil {
		return err
	}
	defer db.close()
	if err := db.begin(ctx); err != nil {
		return err
	}
	defer db.end()
	// Of all tables only this one is described: Discover asks for each in turn.
	one := s.set
	literally := strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)
	one.tables = []string{literally.Replace(strings.TrimPrefix(name, s.env.Name+".main."))}
	tables, err := db.catalog(ctx, s.env.Name, one)
	if err != nil {
		return err
	}
	if len(tables) != 1 || tables[0].stream != name {
		return fmt.Errorf("sample %s: the table is gone", name)
	}
	if err := db.sample(ctx, tables[0], columns, n, row); err != nil {
		return fmt.Errorf("sample %s: %w", name, err)
	}
	return nil
}

func (d *database) sample(ctx context.Context, t *table, columns []string, n int, row func(values [][]byte)) error {
	texts := make([]string, len(columns))
	for i, c := range columns {
		texts[i] = "CAST(" + quote(c) + " AS TEXT)"
	}
	values := make([][]byte, len(columns))
	give := func(got []driver.Value) error {
		for i, v := range got {
			if values[i] = nil; v != nil {
				text, _ := v.(string)
				values[i] = []byte(text)
			}
		}
		row(values)
		return nil
	}
	rows := "SELECT " + strings.Join(texts, ", ") + " FROM main." + quote(t.name)
	from, to, err := d.ends(ctx, t)
	if err != nil {
		return err
	}
	span := uint64(to - from)
	if span < uint64(n) {
		return d.query(ctx, rows+" LIMIT ?", give, int64(n))
	}
	anchor, step := t.anchor[0], span/sampleRuns+1
	rows += " WHERE " + anchor + " BETWEEN ? AND ? ORDER BY " + anchor + " LIMIT ?"
	for at := uint64(0); at <= span; at += step {
		err := d.query(ctx, rows, give, from+int64(at), from+int64(min(at+step-1, span)), int64((n+sampleRuns-1)/sampleRuns))
		if err != nil {
			return err
		}
	}
	return nil
}

// ends are the lowest and the highest rowid of a table; 0 where it has no rows, or
// is ordered by something else.
func (d *database) ends(ctx context.Context, t *table) (low, high int64, err error) {
	if len(t.anchor) > 1 {
		return 0, 0, nil
	}
	var ends [2]int64
	for i, end := range []string{"min", "max"} {
		v, err := d.one(ctx, "SELECT "+end+"("+t.anchor[0]+") FROM main."+quote(t.name))
		if err != nil {
			return 0, 0, err
		}
		number, ok := v.(int64)
		if !ok {
			return 0, 0, nil
		}
		ends[i] = number
	}
	return ends[0], ends[1], nil
}
