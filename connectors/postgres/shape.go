package postgres

import (
	"context"
	"slices"
	"strconv"

	"lethe/stream"
	"lethe/stream/scan"
)

// shape is how the rows of a table are written, at one time of its life.
type shape struct {
	table     uint32
	stream    string
	at, name  string // schema and name of the table
	cols      []shapeColumn
	key       []int // columns of the record's key, in the table's order
	identity  []bool
	full      bool // the replica identity is the whole row
	schema    stream.Schema
	srcHead   []byte // ,"source":{…"ts_ms":
	srcTable  []byte // ","db":…"txId":
	published bool   // the configuration selects it
}

type shapeColumn struct {
	name   string
	member []byte // "name":
	enc    *encoding
}

// newShape makes the shape of a table of the source.
func newShape(source, db string, oid uint32, schema, name string) *shape {
	s := &shape{table: oid, at: schema, name: name, stream: source + "." + schema + "." + name}
	s.schema.Stream = s.stream
	b := append([]byte(`,"source":{"connector":"postgresql","name":`), scan.AppendQuoted(nil, []byte(source))...)
	s.srcHead = append(b, `,"ts_ms":`...)
	b = append([]byte(`","db":`), scan.AppendQuoted(nil, []byte(db))...)
	b = append(append(b, `,"schema":`...), scan.AppendQuoted(nil, []byte(schema))...)
	b = append(append(b, `,"table":`...), scan.AppendQuoted(nil, []byte(name))...)
	s.srcTable = append(b, `,"txId":`...)
	return s
}

// add appends a column of which name, type, nullability and physical type are
// known.
func (s *shape) add(ctx context.Context, types *typeMap, c tableColumn) error {
	t, err := types.lookup(ctx, c.typ)
	if err != nil {
		return err
	}
	st, err := types.schemaType(ctx, c.typ, c.mod)
	if err != nil {
		return err
	}
	s.cols = append(s.cols, shapeColumn{name: c.name, member: append(scan.AppendQuoted(nil, []byte(c.name)), ':'), enc: t.enc})
	s.schema.Fields = append(s.schema.Fields, stream.Field{Name: c.name, Type: st, Nullable: !c.notNull, Physical: c.physical})
	return nil
}

// setKey names the key's columns; ok is false if one of them is not there.
func (s *shape) setKey(names []string) (ok bool) {
	s.key, s.schema.Key = nil, nil
	for i, c := range s.cols {
		if slices.Contains(names, c.name) {
			s.key = append(s.key, i)
			s.schema.Key = append(s.schema.Key, c.name)
		}
	}
	return len(s.key) == len(names)
}

// sameSchema reports whether two shapes write rows alike.
func sameSchema(a, b *stream.Schema) bool {
	if a.Stream != b.Stream || !slices.Equal(a.Key, b.Key) || len(a.Fields) != len(b.Fields) {
		return false
	}
	for i, f := range a.Fields {
		g := b.Fields[i]
		if f.Name != g.Name || f.Nullable != g.Nullable || f.Physical != g.Physical || f.Type.String() != g.Type.String() {
			return false
		}
	}
	return true
}

// origin is what a record's source block says of where it is from.
type origin struct {
	ms       int64
	xid      uint32
	lsn      uint64
	snapshot bool
}

// appendTail appends everything after the row: op, times and the source block.
func (s *shape) appendTail(dst []byte, op byte, o *origin) []byte {
	dst = append(dst, `,"op":"`...)
	dst = append(dst, op)
	dst = append(dst, `","ts_ms":`...)
	dst = strconv.AppendInt(dst, o.ms, 10)
	dst = append(dst, s.srcHead...)
	dst = strconv.AppendInt(dst, o.ms, 10)
	if o.snapshot {
		dst = append(dst, `,"snapshot":"true`...)
	} else {
		dst = append(dst, `,"snapshot":"false`...)
	}
	dst = append(dst, s.srcTable...)
	dst = strconv.AppendUint(dst, uint64(o.xid), 10)
	dst = append(dst, `,"lsn":`...)
	dst = strconv.AppendUint(dst, o.lsn, 10)
	return append(dst, '}', '}')
}

// fill takes the columns that the server left out of row as unchanged from the
// row before, as far as the replica identity gave them.
func (s *shape) fill(row, old []column, whole bool) {
	for i := range row {
		if row[i].state == colUnchanged && (whole || s.identity[i]) && old[i].state == colText {
			row[i] = old[i]
		}
	}
}

// appendRow appends a row as an object, without the columns that are unchanged.
// only, if not nil, says which columns to write.
func (s *shape) appendRow(dst []byte, row []column, only []bool) []byte {
	dst = append(dst, '{')
	first := true
	for i := range row {
		c := &row[i]
		if c.state == colUnchanged || only != nil && !only[i] {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, s.cols[i].member...)
		if c.state == colNull {
			dst = append(dst, "null"...)
			continue
		}
		dst = appendValue(dst, s.cols[i].enc, c.text)
	}
	return append(dst, '}')
}

// appendKey appends the key of a row, nothing where the table has none.
func (s *shape) appendKey(dst []byte, row []column) []byte {
	if len(s.key) == 0 {
		return dst
	}
	dst = append(dst, '{')
	for n, i := range s.key {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, s.cols[i].member...)
		if row[i].state != colText {
			dst = append(dst, "null"...)
			continue
		}
		dst = appendValue(dst, s.cols[i].enc, row[i].text)
	}
	return append(dst, '}')
}

// unchanged names the columns that the server left out of a row.
func (s *shape) unchanged(row []column) []string {
	var names []string
	for i := range row {
		if row[i].state == colUnchanged {
			names = append(names, s.cols[i].name)
		}
	}
	return names
}
