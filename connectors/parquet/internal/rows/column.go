package rows

import (
	"encoding/binary"
	"fmt"
	"math"

	pq "github.com/apache/arrow-go/v18/parquet"

	"lethe/stream"
	"lethe/stream/scan"
)

// kind is the type byte of lethe-row-v1.
type kind uint8

const (
	kindString kind = iota + 1
	kindBool
	kindInt
	kindFloat32
	kindFloat64
	kindDecimal
	kindBytes
	kindDate
	kindTime
	kindTimestamp
	kindTimestampTZ
	kindJSON
	kindArray
)

// column holds the values of one column in the form in which Parquet stores
// them: a definition level per row, or levels per element of arrays, and the
// values that are not null.
type column struct {
	name     string
	literal  string // "name": as most writers write it
	typ      stream.Type
	leaf     stream.Type // typ without its arrays
	kind     kind        // of leaf
	depth    int         // arrays around leaf
	required bool
	phys     pq.Type

	rows   int
	last   mark    // where the last row begins
	def    []int16 // nil for required columns
	rep    []int16 // nil unless depth > 0
	canon  []byte  // canonical bytes of arrays, row after row
	ends   []int   // where those of a row end in canon; negative for null
	bools  []bool
	ints32 []int32
	ints64 []int64
	float  []float32
	double []float64
	bytes  []pq.ByteArray
	dict   *dictionary // holds the values instead of bytes, if not nil
	room   int         // rows that are to be expected
	fixed  []pq.FixedLenByteArray
}

// mark is a place in a column.
type mark struct{ level, value, canon, word int }

func newColumn(name string, typ stream.Type, n int) (*column, error) {
	c := &column{name: name, literal: literal(name), typ: typ, leaf: typ, room: n}
	for c.leaf.Base == stream.Array {
		if c.depth++; c.leaf.Elem == nil || c.depth > 16 {
			return nil, fmt.Errorf("type %s: no column can hold it", typ)
		}
		c.leaf = *c.leaf.Elem
	}
	var ok bool
	if c.kind, c.phys, ok = layout(c.leaf); !ok {
		return nil, fmt.Errorf("type %s: no column can hold it", typ)
	}
	c.def = make([]int16, 0, n)
	if c.depth > 0 {
		c.rep, c.ends = make([]int16, 0, n), make([]int, 0, n)
		return c, nil
	}
	switch c.phys {
	case pq.Types.Boolean:
		c.bools = make([]bool, 0, n)
	case pq.Types.Int32:
		c.ints32 = make([]int32, 0, n)
	case pq.Types.Int64:
		c.ints64 = make([]int64, 0, n)
	case pq.Types.Float:
		c.float = make([]float32, 0, n)
	case pq.Types.Double:
		c.double = make([]float64, 0, n)
	case pq.Types.ByteArray:
		c.dict = &dictionary{index: make(map[string]int32), refs: make([]int32, 0, min(n, 256))}
	case pq.Types.FixedLenByteArray:
		c.fixed = make([]pq.FixedLenByteArray, 0, n)
	}
	return c, nil
}

// literal is a member's name as most writers write it, or what no JSON holds
// where that needs escapes.
func literal(name string) string {
	for i := 0; i < len(name); i++ {
		if c := name[i]; c < ' ' || c == '"' || c == '\\' {
			return "\x00"
		}
	}
	return `"` + name + `":`
}

// mustColumn is newColumn for types that are known to be good.
func mustColumn(name string, typ stream.Type, n int) *column {
	c, err := newColumn(name, typ, n)
	if err != nil {
		panic(err)
	}
	return c
}

// layout says how values of a type are hashed and stored.
func layout(t stream.Type) (kind, pq.Type, bool) {
	switch t.Base {
	case stream.String:
		return kindString, pq.Types.ByteArray, true
	case stream.Bool:
		return kindBool, pq.Types.Boolean, true
	case stream.Int:
		if t.Bits == 64 {
			return kindInt, pq.Types.Int64, true
		}
		return kindInt, pq.Types.Int32, t.Bits == 16 || t.Bits == 32
	case stream.Float:
		if t.Bits == 32 {
			return kindFloat32, pq.Types.Float, true
		}
		return kindFloat64, pq.Types.Double, t.Bits == 64
	case stream.Decimal:
		switch {
		case t.Precision < 1 || t.Precision > maxPrecision || t.Scale < 0 || t.Scale > t.Precision:
			return kindString, pq.Types.ByteArray, true
		case t.Precision <= 9:
			return kindDecimal, pq.Types.Int32, true
		case t.Precision <= 18:
			return kindDecimal, pq.Types.Int64, true
		}
		return kindDecimal, pq.Types.FixedLenByteArray, true
	case stream.Bytes:
		return kindBytes, pq.Types.ByteArray, true
	case stream.Date:
		return kindDate, pq.Types.Int32, true
	case stream.TimeOfDay:
		return kindTime, pq.Types.Int64, true
	case stream.Timestamp:
		return kindTimestamp, pq.Types.Int64, true
	case stream.TimestampTZ:
		return kindTimestampTZ, pq.Types.Int64, true
	case stream.JSON:
		return kindJSON, pq.Types.ByteArray, true
	}
	return 0, pq.Types.Undefined, false
}

// maxDef is the definition level of a value.
func (c *column) maxDef() int16 {
	if c.required {
		return 0
	}
	return int16(2*c.depth + 1)
}

// values is the number of values that are not null.
func (c *column) values() int {
	if c.dict != nil {
		return len(c.dict.refs)
	}
	return len(c.bools) + len(c.ints32) + len(c.ints64) + len(c.float) + len(c.double) + len(c.bytes) + len(c.fixed)
}

// begin notes that a row begins.
func (c *column) begin() {
	c.last = mark{level: len(c.def), value: c.values(), canon: len(c.canon)}
	if c.dict != nil {
		c.last.word = len(c.dict.words)
	}
	c.rows++
}

// level writes the levels of one entry.
func (c *column) level(def, rep int16) {
	if c.required {
		return
	}
	c.def = append(c.def, def)
	if c.depth > 0 {
		c.rep = append(c.rep, rep)
	}
}

// null writes a row without value.
func (c *column) null() {
	c.begin()
	c.level(0, 0)
	if c.depth > 0 {
		c.ends = append(c.ends, -1)
	}
}

// padTo writes nulls until there are n rows.
func (c *column) padTo(n int) {
	for c.rows < n {
		c.null()
	}
}

// undo takes back row n, if it was written.
func (c *column) undo(n int) {
	if c.rows <= n {
		return
	}
	c.rows--
	c.def = c.def[:c.last.level]
	if c.depth > 0 {
		c.rep = c.rep[:c.last.level]
		c.ends = c.ends[:c.rows]
		c.canon = c.canon[:c.last.canon]
	}
	v := c.last.value
	switch c.phys {
	case pq.Types.Boolean:
		c.bools = c.bools[:v]
	case pq.Types.Int32:
		c.ints32 = c.ints32[:v]
	case pq.Types.Int64:
		c.ints64 = c.ints64[:v]
	case pq.Types.Float:
		c.float = c.float[:v]
	case pq.Types.Double:
		c.double = c.double[:v]
	case pq.Types.ByteArray:
		if c.dict != nil {
			c.dict.cut(v, c.last.word)
			return
		}
		c.bytes = c.bytes[:v]
	case pq.Types.FixedLenByteArray:
		c.fixed = c.fixed[:v]
	}
}

// read writes the row's value from JSON.
func (c *column) read(s *scan.Scanner, t *Table) error {
	null, err := s.Null()
	if err != nil {
		return wrapSyntax(err)
	}
	if null {
		c.null()
		return nil
	}
	c.begin()
	if c.depth == 0 {
		c.level(c.maxDef(), 0)
		return c.scalar(s, t)
	}
	c.canon, err = c.array(s, t, c.typ, 0, 0, c.canon)
	c.ends = append(c.ends, len(c.canon))
	return err
}

// array writes the elements of an array that is level arrays deep, and appends
// its canonical bytes. rep is the repetition level of the first element.
func (c *column) array(s *scan.Scanner, t *Table, typ stream.Type, level int, rep int16, canon []byte) ([]byte, error) {
	elem := *typ.Elem
	canon = append(canon, byte(c.kindOf(elem)))
	if s.Peek() != '[' {
		return canon, errType
	}
	more, err := s.Enter('[')
	if err == nil && !more {
		c.level(int16(2*level+1), rep)
	}
	for more && err == nil {
		var null bool
		if null, err = s.Null(); err != nil {
			break
		}
		at := len(canon)
		canon = append(canon, 0xFF, 0xFF, 0xFF, 0xFF)
		switch {
		case null:
			c.level(int16(2*level+2), rep)
		case elem.Base == stream.Array:
			if canon, err = c.array(s, t, elem, level+1, rep, canon); err != nil {
				return canon, err
			}
		default:
			c.level(c.maxDef(), rep)
			if err := c.scalar(s, t); err != nil {
				return canon, err
			}
			canon = c.appendValue(canon, c.values()-1)
		}
		if !null {
			binary.BigEndian.PutUint32(canon[at:], uint32(len(canon)-at-4))
		}
		rep = int16(level + 1)
		more, err = s.More('[')
	}
	return canon, wrapSyntax(err)
}

func (c *column) kindOf(t stream.Type) kind {
	if t.Base == stream.Array {
		return kindArray
	}
	return c.kind
}

// appendValue appends the canonical bytes of value i that is not null.
func (c *column) appendValue(b []byte, i int) []byte {
	switch c.kind {
	case kindString, kindBytes, kindJSON:
		return append(b, c.text(i)...)
	case kindBool:
		if c.bools[i] {
			return append(b, 1)
		}
		return append(b, 0)
	case kindFloat32:
		return binary.BigEndian.AppendUint32(b, math.Float32bits(c.float[i]))
	case kindFloat64:
		return binary.BigEndian.AppendUint64(b, math.Float64bits(c.double[i]))
	}
	var v int64
	switch c.phys {
	case pq.Types.Int32:
		v = int64(c.ints32[i])
	case pq.Types.Int64:
		v = c.ints64[i]
	}
	if c.kind != kindDecimal {
		return binary.BigEndian.AppendUint64(b, uint64(v))
	}
	b = append(b, byte(c.leaf.Scale))
	if c.phys == pq.Types.FixedLenByteArray {
		return append(b, c.fixed[i]...)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(v>>63))
	return binary.BigEndian.AppendUint64(b, uint64(v))
}

// putBytes, putOptional, putInt and putStrings write rows of the columns that
// hold what is around a row.

func (c *column) putBytes(v []byte) {
	c.begin()
	c.level(c.maxDef(), 0)
	c.putText(v)
}

func (c *column) putOptional(v []byte) {
	if v == nil {
		c.null()
		return
	}
	c.putBytes(v)
}

func (c *column) putInt(v int64) {
	c.begin()
	c.level(c.maxDef(), 0)
	if c.phys == pq.Types.Int32 {
		c.ints32 = append(c.ints32, int32(v))
		return
	}
	c.ints64 = append(c.ints64, v)
}

func (c *column) putStrings(v []string) {
	if len(v) == 0 {
		c.null()
		return
	}
	c.begin()
	c.canon = append(c.canon, byte(kindString))
	for i, s := range v {
		c.level(c.maxDef(), int16(min(i, 1)))
		c.bytes = append(c.bytes, []byte(s))
		c.canon = binary.BigEndian.AppendUint32(c.canon, uint32(len(s)))
		c.canon = append(c.canon, s...)
	}
	c.ends = append(c.ends, len(c.canon))
}
