package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"lethe/stream"
)

// builtin are the types whose OIDs are the same everywhere. Types that are
// written as the server's text need no entry, but save a look-up.
var builtin = map[uint32]encoding{
	16:   {kind: kindBool},
	17:   {kind: kindBytes},
	18:   {kind: kindString}, // "char"
	19:   {kind: kindString}, // name
	20:   {kind: kindInt},
	21:   {kind: kindInt},
	23:   {kind: kindInt},
	25:   {kind: kindString},
	26:   {kind: kindInt}, // oid
	114:  {kind: kindJSON},
	142:  {kind: kindString}, // xml
	700:  {kind: kindFloat},
	701:  {kind: kindFloat},
	869:  {kind: kindString}, // inet
	1042: {kind: kindString}, // bpchar
	1043: {kind: kindString}, // varchar
	1082: {kind: kindDate},
	1083: {kind: kindTime},
	1114: {kind: kindTimestamp},
	1184: {kind: kindTimestampTZ},
	1186: {kind: kindString}, // interval
	1700: {kind: kindString}, // numeric
	2950: {kind: kindString}, // uuid
	3802: {kind: kindJSON},   // jsonb
	22:   {kind: kindString}, // int2vector: an array by category, not by its text
	30:   {kind: kindString}, // oidvector
}

// bases are the builtin types that a schema does not call a string.
var bases = map[uint32]stream.Type{
	16:   {Base: stream.Bool},
	17:   {Base: stream.Bytes},
	20:   {Base: stream.Int, Bits: 64},
	21:   {Base: stream.Int, Bits: 16},
	23:   {Base: stream.Int, Bits: 32},
	26:   {Base: stream.Int, Bits: 64},
	114:  {Base: stream.JSON},
	700:  {Base: stream.Float, Bits: 32},
	701:  {Base: stream.Float, Bits: 64},
	1082: {Base: stream.Date},
	1083: {Base: stream.TimeOfDay},
	1114: {Base: stream.Timestamp},
	1184: {Base: stream.TimestampTZ},
	1700: {Base: stream.Decimal},
	3802: {Base: stream.JSON},
}

const numericOID = 1700

// sqlType is a column's type as the catalog has it.
type sqlType struct {
	enc     *encoding
	base    uint32 // of a domain: the type below, else the type itself
	baseMod int32  // a domain's own modifier, -1 if none
	elem    uint32 // of an array: the element's type
}

// typeMap knows the types met so far. One goroutine uses it.
type typeMap struct {
	conn  *pgconn.PgConn
	known map[uint32]*sqlType
}

func newTypeMap(conn *pgconn.PgConn) *typeMap {
	return &typeMap{conn: conn, known: map[uint32]*sqlType{}}
}

const typeQuery = `SELECT t.typtype, t.typbasetype, t.typtypmod, t.typelem, e.typdelim,
  t.typcategory = 'A' AND t.typlen = -1 AND t.typelem <> 0
FROM pg_type t LEFT JOIN pg_type e ON e.oid = t.typelem WHERE t.oid = $1`

// lookup returns a type, asking the server once for each that is not builtin. A
// type that is gone by now is written as text.
func (m *typeMap) lookup(ctx context.Context, oid uint32) (*sqlType, error) {
	if t, ok := m.known[oid]; ok {
		return t, nil
	}
	t := &sqlType{enc: &encoding{kind: kindString}, base: oid, baseMod: -1}
	if e, ok := builtin[oid]; ok {
		t.enc = &e
		m.known[oid] = t
		return t, nil
	}
	rows, err := query(ctx, m.conn, typeQuery, strconv.FormatUint(uint64(oid), 10))
	if err != nil {
		return nil, fmt.Errorf("type %d: %w", oid, err)
	}
	m.known[oid] = t // before the look-up below: a type may name itself
	if len(rows) == 0 {
		return t, nil
	}
	row := rows[0]
	switch {
	case row[0] == "d":
		below, err := m.lookup(ctx, number(row[1]))
		if err != nil {
			delete(m.known, oid)
			return nil, err
		}
		*t = *below
		if mod, err := strconv.ParseInt(row[2], 10, 32); err == nil && mod >= 0 {
			t.baseMod = int32(mod)
		}
	case row[5] == "t" && row[4] != "":
		elem, err := m.lookup(ctx, number(row[3]))
		if err != nil {
			delete(m.known, oid)
			return nil, err
		}
		t.elem = number(row[3])
		t.enc = &encoding{kind: kindArray, delim: row[4][0], elem: elem.enc}
	}
	return t, nil
}

// schemaType is the type that a contract and a sink see.
func (m *typeMap) schemaType(ctx context.Context, oid uint32, mod int32) (stream.Type, error) {
	t, err := m.lookup(ctx, oid)
	if err != nil {
		return stream.Type{}, err
	}
	if t.elem != 0 {
		e, err := m.schemaType(ctx, t.elem, mod)
		return stream.Type{Base: stream.Array, Elem: &e}, err
	}
	if mod < 0 {
		mod = t.baseMod
	}
	out, ok := bases[t.base]
	if !ok {
		return stream.Type{Base: stream.String}, nil
	}
	if t.base == numericOID && mod >= 4 {
		precision, scale := int((mod-4)>>16)&0xffff, int((mod-4)&0x7ff)
		if scale&0x400 == 0 && scale <= precision { // a negative scale has no type in a schema
			out.Precision, out.Scale = precision, scale
		}
	}
	return out, nil
}

// query returns the rows of a small query as text; null is the empty string.
func query(ctx context.Context, conn *pgconn.PgConn, sql string, args ...string) ([][]string, error) {
	params := make([][]byte, len(args))
	for i, a := range args {
		params[i] = []byte(a)
	}
	res := conn.ExecParams(ctx, sql, params, nil, nil, nil).Read()
	if res.Err != nil {
		return nil, withoutValues(res.Err)
	}
	rows := make([][]string, len(res.Rows))
	for i, r := range res.Rows {
		for _, v := range r {
			rows[i] = append(rows[i], string(v))
		}
	}
	return rows, nil
}

// clearClasses are the classes of SQLSTATE whose messages are about the server,
// its connections and its objects. Those of all others may quote a row: data
// exceptions and constraints do, so do limits, functions that users wrote, and
// what extensions call internal.
var clearClasses = [...]string{"08", "25", "28", "3D", "40", "42", "53", "55", "57", "58"}

// withoutValues keeps the values out that the server quotes in messages about
// rows (L7): the code stays. What stands beside a message is never needed.
func withoutValues(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	bare := &pgconn.PgError{Severity: pg.Severity, Code: pg.Code, Message: "the server refused a value"}
	if isClear(pg) {
		bare.Message = pg.Message
	}
	return bare
}

// isClear reports whether a message may be shown.
func isClear(pg *pgconn.PgError) bool {
	return len(pg.Code) == len("00000") && slices.Contains(clearClasses[:], pg.Code[:2])
}

func number(s string) uint32 {
	n, _ := strconv.ParseUint(s, 10, 32)
	return uint32(n)
}

// quoteIdent quotes a name for SQL.
func quoteIdent(parts ...string) string {
	q := make([]string, len(parts))
	for i, p := range parts {
		q[i] = `"` + strings.ReplaceAll(p, `"`, `""`) + `"`
	}
	return strings.Join(q, ".")
}

// quoteText quotes a string for SQL.
func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
