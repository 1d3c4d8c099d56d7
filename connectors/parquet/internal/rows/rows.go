// Package rows turns the masked records of a batch into the columns of a
// Parquet object and into the leaves of its row root.
//
// The contract of both is the comment of package parquet. It promises the same
// bytes for the same records (L6) and errors without values (L7).
package rows

import (
	"errors"
	"fmt"

	"lethe/stream"
	"lethe/stream/scan"
)

// What Table.Append returns wraps one of these, and names a column at most (L7).
var (
	// ErrValue says that a value does not fit the type of its column.
	ErrValue = errors.New("value does not fit its column")
	// ErrRecord says that a record is no envelope, or out of place.
	ErrRecord = errors.New("record is not a masked envelope")
)

// maxUnlisted bounds the columns that only records name.
const maxUnlisted = 2000

// Table holds the rows of a batch column by column. Byte values point into the
// records, which must outlive it.
type Table struct {
	r    stream.Range
	cols []*column // of rows: the schema's, then those that only records have
	open int       // columns the schema has
	byID map[string]int

	op, key, partition, offset, seq, unchanged *column

	n                  int
	deletes, truncates int // of the n rows
	offsets            []int64
	salt               []byte // of the file
	hash               *hasher
	leaves             []stream.Hash // of rows, if not void
	scanner            scan.Scanner
	inner              scan.Scanner
	scratch            []byte // an unescaped name or value
	arena              arena
}

// New returns an empty Table for the rows of schema in r, with room for n. Row
// salts derive from fileSalt, so that nothing in the object is drawn (L6).
func New(r stream.Range, schema *stream.Schema, fileSalt []byte, n int) (*Table, error) {
	t := &Table{r: r, open: len(schema.Fields), byID: make(map[string]int, len(schema.Fields)),
		salt: fileSalt, offsets: make([]int64, 0, n), leaves: make([]stream.Hash, 0, n)}
	for i, f := range schema.Fields {
		if _, twice := t.byID[f.Name]; twice {
			return nil, fmt.Errorf("schema: column %q: named twice", f.Name)
		}
		c, err := newColumn(f.Name, f.Type, n)
		if err != nil {
			return nil, fmt.Errorf("schema: column %q: %w", f.Name, err)
		}
		t.cols, t.byID[f.Name] = append(t.cols, c), i
	}
	text, array := stream.Type{Base: stream.String}, stream.Type{Base: stream.String}
	t.op = mustColumn(Reserved[0], text, n)
	t.key = mustColumn(Reserved[1], text, n)
	t.partition = mustColumn(Reserved[2], stream.Type{Base: stream.Int, Bits: 32}, n)
	t.offset = mustColumn(Reserved[3], stream.Type{Base: stream.Int, Bits: 64}, n)
	t.seq = mustColumn(Reserved[4], text, n)
	t.unchanged = mustColumn(Reserved[5], stream.Type{Base: stream.Array, Elem: &array}, n)
	for _, c := range []*column{t.op, t.partition, t.offset, t.seq} {
		c.required = true
	}
	return t, nil
}

// Rows is the number of rows.
func (t *Table) Rows() int { return t.n }

// Deletes is the number of rows that stand for a delete.
func (t *Table) Deletes() int { return t.deletes }

// Truncates is the number of rows that stand for a truncate.
func (t *Table) Truncates() int { return t.truncates }

// Column is a column of an object.
type Column struct{ Name, Type string }

// Columns lists the object's columns with their true names and types.
func (t *Table) Columns() []Column {
	all := t.all()
	out := make([]Column, len(all))
	for i, c := range all {
		out[i] = Column{Name: c.name, Type: c.typ.String()}
	}
	return out
}

// Names are the true names of the columns of the row: the schema's, then those
// that only records have, whose type is string.
func (t *Table) Names() []string {
	out := make([]string, len(t.cols))
	for i, c := range t.cols {
		out[i] = c.name
	}
	return out
}

// Reserved are the names of the columns around the row.
var Reserved = [...]string{"_lethe_op", "_lethe_key", "_lethe_partition", "_lethe_offset", "_lethe_seq", "_lethe_unchanged"}

func (t *Table) all() []*column {
	out := append([]*column{}, t.cols...)
	return append(out, t.op, t.key, t.partition, t.offset, t.seq, t.unchanged)
}

// Append adds a record as a row; a tombstone is none. After an error the Table
// is of no more use.
func (t *Table) Append(r *stream.Row) error {
	if r.Value == nil {
		return nil
	}
	if r.Offset < t.r.From || r.Offset >= t.r.To || t.n > 0 && r.Offset <= t.offsets[t.n-1] {
		return fmt.Errorf("%w: offset out of order or range", ErrRecord)
	}
	op, before, err := t.envelope(r.Value)
	if err != nil {
		return err
	}
	if string(op) == "d" {
		if err := t.deleted(r.Key, before); err != nil {
			return err
		}
	}
	t.op.putBytes(op)
	switch op[0] {
	case 'd':
		t.deletes++
	case 't':
		t.truncates++
	}
	t.key.putOptional(validUTF8(r.Key))
	t.partition.putInt(int64(t.r.Partition))
	t.offset.putInt(r.Offset)
	seq := t.arena.take(2 * len(r.Seq))
	t.seq.putBytes(r.Seq.AppendHex(seq))
	t.unchanged.putStrings(r.Unchanged)
	t.offsets = append(t.offsets, r.Offset)
	t.n++
	for _, c := range t.cols {
		c.padTo(t.n)
	}
	t.hashed()
	return nil
}

// envelope reads the columns of after into the row and returns the op and where
// before is.
func (t *Table) envelope(value []byte) (op, before []byte, err error) {
	s := &t.scanner
	s.Reset(value)
	more, err := s.Enter('{')
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	var after bool
	for more {
		name, err := s.Name()
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrRecord, err)
		}
		switch string(name.Raw) {
		case "op":
			if s.Peek() != '"' || op != nil {
				return nil, nil, fmt.Errorf("%w: op", ErrRecord)
			}
			text, err := s.String()
			if err != nil || len(text.Raw) != 1 {
				return nil, nil, fmt.Errorf("%w: op", ErrRecord)
			}
			op = text.Raw
		case "after":
			if after {
				return nil, nil, fmt.Errorf("%w: after: named twice", ErrRecord)
			}
			after = true
			if err := t.object(s); err != nil {
				return nil, nil, err
			}
		case "before":
			if before, err = s.Skip(); err != nil {
				return nil, nil, fmt.Errorf("%w: %w", ErrRecord, err)
			}
		default:
			if _, err = s.Skip(); err != nil {
				return nil, nil, fmt.Errorf("%w: %w", ErrRecord, err)
			}
		}
		if more, err = s.More('{'); err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrRecord, err)
		}
	}
	if err := s.End(); err != nil || op == nil {
		return nil, nil, fmt.Errorf("%w: no op, or more than an object", ErrRecord)
	}
	return op, before, nil
}

// deleted makes the row hold the key's columns, or all of before where the
// record has no key.
func (t *Table) deleted(key, before []byte) error {
	for _, c := range t.cols {
		c.undo(t.n)
	}
	row := key
	if row == nil {
		row = before
	}
	if row == nil {
		return nil
	}
	t.inner.Reset(row)
	if err := t.object(&t.inner); err != nil {
		return err
	}
	if err := t.inner.End(); err != nil {
		return fmt.Errorf("%w: %w", ErrRecord, err)
	}
	return nil
}

// object reads the members of a row, or null.
func (t *Table) object(s *scan.Scanner) error {
	null, err := s.Null()
	if null || err != nil {
		return wrapSyntax(err)
	}
	more, err := s.Enter('{')
	for i := -1; more && err == nil; {
		if i, err = t.member(s, i+1); err != nil {
			return err
		}
		c := t.cols[i]
		if c.rows > t.n {
			return fmt.Errorf("column %q: %w: named twice", c.name, ErrRecord)
		}
		if err := c.read(s, t); err != nil {
			return fmt.Errorf("column %q: %w", c.name, err)
		}
		if more, err = s.More('{'); err != nil {
			return wrapSyntax(err)
		}
	}
	return wrapSyntax(err)
}

// member reads a member's name and finds its column, first where it is
// expected; a name that no column has becomes a new one.
func (t *Table) member(s *scan.Scanner, expect int) (int, error) {
	if expect < len(t.cols) && s.Took(t.cols[expect].literal) {
		return expect, nil
	}
	name, err := s.Name()
	if err != nil {
		return 0, wrapSyntax(err)
	}
	raw := name.Raw
	if name.Escaped {
		t.scratch = name.Append(t.scratch[:0])
		raw = t.scratch
	}
	if i, ok := t.byID[string(raw)]; ok {
		return i, nil
	}
	if len(t.cols)-t.open >= maxUnlisted {
		return 0, fmt.Errorf("%w: more than %d columns that the schema lacks", ErrRecord, maxUnlisted)
	}
	c := mustColumn(string(raw), stream.Type{Base: stream.String}, cap(t.offsets))
	c.padTo(t.n)
	t.cols = append(t.cols, c)
	t.byID[c.name] = len(t.cols) - 1
	return len(t.cols) - 1, nil
}

func wrapSyntax(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrRecord, err)
}
