package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// table is a table as the catalog has it now.
type table struct {
	oid          uint32
	schema, name string
	kind         string // relkind: r table, p partitioned, v view, m materialized view, f foreign
	persistence  string // relpersistence: p permanent, u unlogged, t temporary
	identity     byte   // relreplident: d default, n nothing, f full, i index
	partition    bool
	rowSecurity  bool // shows this role some of its rows only
	mayRead      bool
	mayUse       bool // its schema
	owned        bool
	keyIndex     uint32 // index of the key
	keyOrder     []int  // attribute numbers in the index's order
	identified   bool   // the replica identity can name a row
	whole        bool   // it is the whole row
	cols         []tableColumn
	leaves       []leaf // of a partitioned table
	brought      string // one that had rows when it was attached
}

type tableColumn struct {
	attnum   int
	name     string
	typ      uint32
	mod      int32
	notNull  bool
	physical string // as people write the type
	typeName string // as SQL takes it, with its schema
	// before, equal and after are the operators of the key's index.
	before, equal, after string
}

// stream is the name of a table's stream.
func (s *settings) stream(t *table) string { return s.source + "." + t.schema + "." + t.name }

func (t *table) String() string { return t.schema + "." + t.name }

// sql is the table's name in SQL. ONLY keeps the rows of tables that inherit
// from it out: they are tables of their own. Partitions are not.
func (t *table) sql() string {
	if t.kind == "p" {
		return quoteIdent(t.schema, t.name)
	}
	return "ONLY " + quoteIdent(t.schema, t.name)
}

// hasKey reports whether rows have a key that their records carry.
func (t *table) hasKey() bool { return len(t.keyOrder) > 0 }

// column returns the column with that attribute number.
func (t *table) column(attnum int) *tableColumn {
	for i := range t.cols {
		if t.cols[i].attnum == attnum {
			return &t.cols[i]
		}
	}
	return nil
}

// keyNames are the key's columns in the order of the table's columns, which is
// the order in the record's key, whatever the index's order is.
func (t *table) keyNames() []string {
	var names []string
	for _, c := range t.cols {
		if slices.Contains(t.keyOrder, c.attnum) {
			names = append(names, c.name)
		}
	}
	return names
}

// keyShape tells keys apart: a place in one is none in another.
func (t *table) keyShape() string {
	var parts []string
	for _, a := range t.keyOrder {
		if c := t.column(a); c != nil {
			parts = append(parts, quoteIdent(c.name)+" "+c.typeName)
		}
	}
	return strings.Join(parts, ", ")
}

// tableQuery asks for an index as the server takes one to name rows by: a deferrable
// one lets two rows have one key for a time, and is none. Its key is without the
// columns that it INCLUDEs.
const tableQuery = `SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relreplident, c.relispartition,
  row_security_active(c.oid), has_table_privilege(c.oid, 'SELECT'), has_schema_privilege(n.oid, 'USAGE'),
  pg_has_role(c.relowner, 'USAGE'), p.indexrelid, array_to_string((p.indkey::int2[])[:p.indnkeyatts - 1], ' '), r.indexrelid, array_to_string((r.indkey::int2[])[:r.indnkeyatts - 1], ' ')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_index p ON p.indrelid = c.oid AND p.indisprimary AND p.indisvalid AND p.indimmediate
LEFT JOIN pg_index r ON r.indrelid = c.oid AND r.indisreplident AND r.indisvalid AND r.indimmediate
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND `

const userTables = `n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' ORDER BY n.nspname, c.relname`

const columnQuery = `SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull,
  format_type(a.atttypid, a.atttypmod), tn.nspname, t.typname
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace tn ON tn.oid = t.typnamespace
WHERE a.attrelid = ANY($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attrelid, a.attnum`

// operatorQuery names, for each column of an index, the operators by which a
// value comes before another, is equal to it or comes after it. An extension's type may have its
// operators where search_path does not look, and another type's would be taken
// silently.
const operatorQuery = `SELECT k.n, ao.amopstrategy, format('OPERATOR(%I.%s)', ns.nspname, o.oprname)
FROM pg_index i, unnest(i.indkey::int2[], i.indclass::oid[]) AS k(n, class)
JOIN pg_opclass oc ON oc.oid = k.class
JOIN pg_amop ao ON ao.amopfamily = oc.opcfamily AND ao.amopstrategy IN (1, 3, 5)
  AND ao.amoplefttype = oc.opcintype AND ao.amoprighttype = oc.opcintype
JOIN pg_operator o ON o.oid = ao.amopopr JOIN pg_namespace ns ON ns.oid = o.oprnamespace
WHERE i.indexrelid = $1`

// loadTables returns everything that looks like a table, without columns.
func loadTables(ctx context.Context, conn *pgconn.PgConn) ([]*table, error) {
	rows, err := query(ctx, conn, tableQuery+userTables)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	var tables []*table
	for _, r := range rows {
		tables = append(tables, scanTable(r))
	}
	return tables, nil
}

// loadTable returns one table with its columns, nil if it is gone.
func loadTable(ctx context.Context, conn *pgconn.PgConn, oid uint32) (*table, error) {
	rows, err := query(ctx, conn, tableQuery+"c.oid = $1", strconv.FormatUint(uint64(oid), 10))
	if err != nil {
		return nil, fmt.Errorf("table %d: %w", oid, err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	t := scanTable(rows[0])
	return t, complete(ctx, conn, []*table{t})
}

// complete fills in the columns of tables, and the leaves of those that are
// partitioned, which have a say in whether a row can be named.
func complete(ctx context.Context, conn *pgconn.PgConn, tables []*table) error {
	if err := loadColumns(ctx, conn, tables); err != nil {
		return err
	}
	return loadLeaves(ctx, conn, tables)
}

func scanTable(r []string) *table {
	t := &table{oid: number(r[0]), schema: r[1], name: r[2], kind: r[3], persistence: r[4], identity: r[5][0],
		partition: r[6] == "t", rowSecurity: r[7] == "t", mayRead: r[8] == "t", mayUse: r[9] == "t", owned: r[10] == "t"}
	index, order := r[11], r[12]
	t.whole = t.identity == 'f'
	t.identified = index != "" && t.identity == 'd' || t.whole
	if t.identity == 'i' {
		index, order = r[13], r[14]
		t.identified = index != ""
	}
	t.keyIndex = number(index)
	for _, n := range strings.Fields(order) {
		a, _ := strconv.Atoi(n)
		t.keyOrder = append(t.keyOrder, a)
	}
	return t
}

// loadColumns fills in the columns of tables.
func loadColumns(ctx context.Context, conn *pgconn.PgConn, tables []*table) error {
	byOID := map[uint32]*table{}
	var oids []string
	for _, t := range tables {
		byOID[t.oid] = t
		oids = append(oids, strconv.FormatUint(uint64(t.oid), 10))
	}
	rows, err := query(ctx, conn, columnQuery, "{"+strings.Join(oids, ",")+"}")
	if err != nil {
		return fmt.Errorf("list columns: %w", err)
	}
	for _, r := range rows {
		t := byOID[number(r[0])]
		attnum, _ := strconv.Atoi(r[1])
		mod, _ := strconv.ParseInt(r[4], 10, 32)
		t.cols = append(t.cols, tableColumn{attnum: attnum, name: r[2], typ: number(r[3]), mod: int32(mod),
			notNull: r[5] == "t", physical: r[6], typeName: quoteIdent(r[7], r[8])})
	}
	return nil
}

// loadOperators fills in how the columns of the key are ordered.
func loadOperators(ctx context.Context, conn *pgconn.PgConn, t *table) error {
	rows, err := query(ctx, conn, operatorQuery, strconv.FormatUint(uint64(t.keyIndex), 10))
	if err != nil {
		return fmt.Errorf("key of %s: %w", t, err)
	}
	for _, r := range rows {
		attnum, _ := strconv.Atoi(r[0])
		c := t.column(attnum)
		switch {
		case c == nil:
		case r[1] == "1":
			c.before = r[2]
		case r[1] == "3":
			c.equal = r[2]
		default:
			c.after = r[2]
		}
	}
	for _, a := range t.keyOrder {
		if c := t.column(a); c == nil || c.before == "" || c.equal == "" || c.after == "" {
			return fmt.Errorf("key of %s: its order is not known", t)
		}
	}
	return nil
}

// selected are the tables that the configuration names and that can be read
// from the log. Partitions belong to their table.
func (s *settings) selected(all []*table) []*table {
	var out []*table
	for _, t := range all {
		if s.selects(t.schema, t.name) && t.streams() {
			out = append(out, t)
		}
	}
	return out
}

// streams reports whether a table's changes are in the log under its name.
func (t *table) streams() bool {
	return (t.kind == "r" || t.kind == "p") && t.persistence == "p" && !t.partition
}
