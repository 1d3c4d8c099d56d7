package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"lethe/stream"
)

// table is one table as the database has it now.
type table struct {
	name   string
	stream string
	cols   []column
	key    []int    // columns of the primary key, in order; empty where there is none
	anchor []string // expressions that order the storage: the rowid, or the primary key
	cursor int      // column, -1 for none
	gone   bool     // it was dropped; its rows are deleted
}

// column is one column of a table.
type column struct {
	field  stream.Field
	member []byte // "name": in JSON
	tag    []byte // stands before its value in a row's digest
}

func (t *table) column(name string) int {
	for i := range t.cols {
		if strings.EqualFold(t.cols[i].field.Name, name) {
			return i
		}
	}
	return -1
}

func (t *table) columnNames() []string {
	names := make([]string, len(t.cols))
	for i := range t.cols {
		names[i] = t.cols[i].field.Name
	}
	return names
}

// cursorName is the name of the cursor column; "" for none.
func (t *table) cursorName() string {
	if t.cursor < 0 {
		return ""
	}
	return t.cols[t.cursor].field.Name
}

func (t *table) schema() stream.Schema {
	s := stream.Schema{Stream: t.stream}
	for i := range t.cols {
		s.Fields = append(s.Fields, t.cols[i].field)
	}
	for _, i := range t.key {
		s.Key = append(s.Key, t.cols[i].field.Name)
	}
	return s
}

// catalog reads the tables that the settings select, in the order of their
// names, in the present view.
func (d *database) catalog(ctx context.Context, source string, set settings) ([]*table, error) {
	schema, err := d.integer(ctx, `PRAGMA schema_version`)
	if err != nil {
		return nil, fmt.Errorf("read catalog: %w", err)
	}
	var tables []*table
	wr := map[string]bool{}
	err = d.query(ctx, `SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' ORDER BY name`, func(row []driver.Value) error {
		name, _ := row[0].(string)
		if !set.selects(name) || strings.HasPrefix(strings.ToLower(name), "sqlite_") {
			return nil
		}
		wr[name] = row[1] == int64(1)
		tables = append(tables, &table{name: name, stream: source + ".main." + name, cursor: -1})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read catalog: %w", err)
	}
	for _, t := range tables {
		if err := d.describe(ctx, t, wr[t.name]); err != nil {
			return nil, fmt.Errorf("read catalog: table %s: %w", t.name, err)
		}
		if c := set.cursorOf(t.name); c != "" {
			t.cursor = t.column(c)
		}
	}
	d.schema = schema
	return tables, nil
}

// describe fills in a table's columns. table_xinfo lists generated columns too;
// hidden = 1 are a virtual table's own.
func (d *database) describe(ctx context.Context, t *table, withoutRowid bool) error {
	type keyed struct{ at, col int }
	var key []keyed
	var decl string
	err := d.query(ctx, `SELECT name, type, "notnull", pk FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid`, func(row []driver.Value) error {
		name, _ := row[0].(string)
		decl, _ = row[1].(string)
		pk, _ := row[3].(int64)
		member, err := json.Marshal(name)
		if err != nil {
			return err
		}
		if pk > 0 {
			key = append(key, keyed{int(pk), len(t.cols)})
		}
		t.cols = append(t.cols, column{
			field:  stream.Field{Name: name, Type: typeOf(decl), Physical: decl, Nullable: row[2] == int64(0) && !(pk > 0 && withoutRowid)},
			member: append(member, ':'),
			tag:    appendBytes(nil, name),
		})
		return nil
	}, t.name)
	if err != nil {
		return err
	}
	slices.SortFunc(key, func(a, b keyed) int { return a.at - b.at })
	for _, k := range key {
		t.key = append(t.key, k.col)
	}
	if withoutRowid {
		for _, i := range t.key {
			t.anchor = append(t.anchor, quote(t.cols[i].field.Name))
		}
		return nil
	}
	if len(t.key) == 1 && strings.EqualFold(t.cols[t.key[0]].field.Physical, "INTEGER") {
		t.cols[t.key[0]].field.Nullable = false // it is the rowid
	}
	for _, alias := range []string{"rowid", "_rowid_", "oid"} {
		if t.column(alias) < 0 {
			t.anchor = []string{alias}
			return nil
		}
	}
	// Columns hide all three names, so that only the key tells rows apart.
	if len(t.key) == 0 {
		return fmt.Errorf("columns named rowid, _rowid_ and oid hide the rowid, and there is no primary key")
	}
	for _, i := range t.key {
		t.anchor = append(t.anchor, quote(t.cols[i].field.Name))
	}
	return nil
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// selection is a part of a table's rows and columns, read in chunks in the order
// of the storage. Each result row is the anchor, then the columns.
type selection struct {
	t     *table
	cols  []int
	where string // "" for all rows
	args  []driver.Value
}

// sql returns the query of the first chunk, or of one after an anchor. The unary
// plus takes the declared type away, by which the driver would convert values.
func (s selection) sql(after bool) string {
	var b strings.Builder
	b.WriteString("SELECT ")
	b.WriteString(strings.Join(s.t.anchor, ", "))
	for _, i := range s.cols {
		b.WriteString(", +")
		b.WriteString(quote(s.t.cols[i].field.Name))
	}
	b.WriteString(" FROM main.")
	b.WriteString(quote(s.t.name))
	glue := " WHERE "
	if s.where != "" {
		b.WriteString(glue + "(" + s.where + ")")
		glue = " AND "
	}
	order := strings.Join(s.t.anchor, ", ")
	if after {
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(s.t.anchor)), ", ")
		b.WriteString(glue + "(" + order + ") > (" + marks + ")")
	}
	b.WriteString(" ORDER BY " + order + " LIMIT ?")
	return b.String()
}

// all is every column of t.
func (t *table) all() []int {
	cols := make([]int, len(t.cols))
	for i := range cols {
		cols[i] = i
	}
	return cols
}

// brief is the columns that a comparison reads: the key and the cursor.
func (t *table) brief() []int {
	cols := slices.Clone(t.key)
	if t.cursor >= 0 {
		cols = append(cols, t.cursor)
	}
	return cols
}

// at asks for the one row at an anchor.
func (t *table) at() string {
	marks := make([]string, len(t.anchor))
	for i, a := range t.anchor {
		marks[i] = a + " = ?"
	}
	return strings.Join(marks, " AND ")
}
