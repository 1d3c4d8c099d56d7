package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// leaf is a partition that holds rows.
type leaf struct {
	oid          uint32
	schema, name string
	identity     byte   // relreplident
	key          string // columns of the identity's index, quoted, by their names
	mayRead      bool   // by itself, all of its rows
	attached     string // transaction by which it, or what it is in, became a part of the table
}

// place tells a leaf from one that was taken out and put in again.
func (l *leaf) place() string { return fmt.Sprintf("%d.%s", l.oid, l.attached) }

// leafQuery walks down by the catalog alone: pg_partition_tree would wait for
// whoever is altering a partition.
const leafQuery = `WITH RECURSIVE tree(root, oid, xid) AS (
  SELECT inhparent, inhrelid, xmin FROM pg_inherits WHERE inhparent = ANY($1::oid[]) AND NOT inhdetachpending
  UNION ALL
  SELECT t.root, i.inhrelid, CASE WHEN age(i.xmin) < age(t.xid) THEN i.xmin ELSE t.xid END
  FROM tree t JOIN pg_inherits i ON i.inhparent = t.oid AND NOT i.inhdetachpending)
SELECT t.root, c.oid, n.nspname, c.relname, c.relreplident,
  has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE') AND NOT row_security_active(c.oid), t.xid,
  (SELECT string_agg('"' || replace(a.attname, '"', '""') || '"', '.' ORDER BY a.attname) FROM pg_index i
   JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY ((i.indkey::int2[])[:i.indnkeyatts - 1])
   WHERE i.indrelid = c.oid AND i.indisvalid AND i.indimmediate
     AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident END)
FROM tree t JOIN pg_class c ON c.oid = t.oid AND c.relkind = 'r' JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY t.root, c.oid`

// loadLeaves fills in the leaves of partitioned tables and what they make of the
// replica identity. The columns of the tables are known.
func loadLeaves(ctx context.Context, conn *pgconn.PgConn, tables []*table) error {
	byOID := map[uint32]*table{}
	var oids []string
	for _, t := range tables {
		if t.kind == "p" {
			byOID[t.oid] = t
			oids = append(oids, strconv.FormatUint(uint64(t.oid), 10))
		}
	}
	if len(oids) == 0 {
		return nil
	}
	rows, err := query(ctx, conn, leafQuery, "{"+strings.Join(oids, ",")+"}")
	if err != nil {
		return fmt.Errorf("list partitions: %w", err)
	}
	for _, r := range rows {
		t := byOID[number(r[0])]
		t.leaves = append(t.leaves, leaf{oid: number(r[1]), schema: r[2], name: r[3], identity: r[4][0],
			mayRead: r[5] == "t", attached: r[6], key: r[7]})
	}
	for _, t := range byOID {
		t.identified = t.identified && len(t.strangers()) == 0
		t.whole = t.whole && !slices.ContainsFunc(t.leaves, func(l leaf) bool { return l.identity != 'f' })
	}
	return nil
}

// leafKey is the table's key as leafQuery writes that of a leaf.
func (t *table) leafKey() string {
	names := t.keyNames()
	slices.Sort(names)
	return quoteIdent(names...)
}

// strangers are the leaves whose rows are not named as those of their table are.
// A change is the leaf's: by the leaf's replica identity the server decides
// whether it may be published, and what is said of the row before, while the
// table's own only says what readers take it for.
func (t *table) strangers() []leaf {
	key := t.leafKey()
	var out []leaf
	for _, l := range t.leaves {
		if l.identity != 'f' && (key == "" || l.key != key) {
			out = append(out, l)
		}
	}
	return out
}

// alters are the statements after which the replica identity names rows.
func (t *table) alters() string {
	var out []string
	full := func(schema, name string) {
		out = append(out, "ALTER TABLE "+quoteIdent(schema, name)+" REPLICA IDENTITY FULL;")
	}
	if t.identity == 'n' || t.identity != 'f' && !t.hasKey() {
		full(t.schema, t.name)
	}
	for _, l := range t.strangers() {
		if t.identity == 'd' && t.hasKey() {
			out = append(out, "ALTER TABLE "+quoteIdent(l.schema, l.name)+" REPLICA IDENTITY DEFAULT;")
		} else {
			full(l.schema, l.name)
		}
	}
	return strings.Join(out, "\n")
}

// identify says how updates and deletes of a table can be had, and what that
// does to what was read of it: progress.reconcile has it read again.
func identify(alters string) string {
	return alters + " or add a primary key, which is better: under FULL, changes come" +
		"\nwithout a key, and no query of the lake can tell which row one replaces (a DEFERRABLE key is none)" +
		"\nif the table was read already, either reads it again as a whole, after a record that empties it in the lake"
}
