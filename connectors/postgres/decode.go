package postgres

import (
	"encoding/binary"
	"errors"
)

// errMessage says that the stream does not follow its protocol. It tells
// nothing of the message, which holds values (L7).
var errMessage = errors.New("replication message: malformed")

// Messages of pgoutput, protocol version 1 (PostgreSQL documentation, "Logical
// Replication Message Formats"). The rows among them are decoded in place.
const (
	msgBegin    = 'B'
	msgCommit   = 'C'
	msgInsert   = 'I'
	msgUpdate   = 'U'
	msgDelete   = 'D'
	msgTruncate = 'T'
	msgRelation = 'R'
	msgLogical  = 'M'
)

// cursor reads a message from its beginning; bad is set once it is too short.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) bytes(n int) []byte {
	if n < 0 || n > len(c.b) {
		c.bad, c.b = true, nil
		return nil
	}
	out := c.b[:n:n]
	c.b = c.b[n:]
	return out
}

func (c *cursor) u8() byte {
	if b := c.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) u16() uint16 {
	if b := c.bytes(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) u32() uint32 {
	if b := c.bytes(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) u64() uint64 {
	if b := c.bytes(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (c *cursor) text() string {
	for i, x := range c.b {
		if x == 0 {
			s := string(c.b[:i])
			c.b = c.b[i+1:]
			return s
		}
	}
	c.bad, c.b = true, nil
	return ""
}

// What a tuple says of a column.
const (
	colNull      = 'n'
	colUnchanged = 'u'
	colText      = 't'
)

// column is one value of a tuple; text is part of the message.
type column struct {
	state byte
	text  []byte
}

// tuple reads a row into cols, which it returns grown if need be.
func (c *cursor) tuple(cols []column) []column {
	n := int(c.u16())
	cols = cols[:0]
	for range n {
		col := column{state: c.u8()}
		switch col.state {
		case colNull, colUnchanged:
		case colText:
			col.text = c.bytes(int(int32(c.u32())))
		default:
			c.bad = true
		}
		if c.bad {
			return cols[:0]
		}
		cols = append(cols, col)
	}
	return cols
}

// rowChange is an insert, update or delete. Old is 'K' (the key's columns), 'O'
// (the whole row) or 0 where the server gave none.
type rowChange struct {
	op      byte
	table   uint32
	oldKind byte
	old     []column
	new     []column
}

// decodeRow reads an insert, update or delete into r, whose slices it reuses.
func decodeRow(msg []byte, r *rowChange) error {
	c := cursor{b: msg}
	r.op, r.table, r.oldKind = c.u8(), c.u32(), 0
	r.old, r.new = r.old[:0], r.new[:0]
	part := c.u8()
	if part == 'K' || part == 'O' {
		r.oldKind = part
		r.old = c.tuple(r.old)
		if r.op == msgUpdate {
			part = c.u8()
		}
	}
	if r.op != msgDelete {
		if part != 'N' {
			return errMessage
		}
		r.new = c.tuple(r.new)
	}
	if c.bad || len(c.b) > 0 || r.op == msgDelete && r.oldKind == 0 {
		return errMessage
	}
	return nil
}

// relationMessage is a table as it was when the changes after it were made.
type relationMessage struct {
	table        uint32
	schema, name string
	identity     byte // d default, n nothing, f full, i index
	cols         []relationColumn
}

type relationColumn struct {
	key     bool // part of the replica identity
	name    string
	typ     uint32
	typeMod int32
}

func decodeRelation(msg []byte) (relationMessage, error) {
	c := cursor{b: msg[1:]}
	r := relationMessage{table: c.u32(), schema: c.text(), name: c.text(), identity: c.u8()}
	if r.schema == "" {
		r.schema = "pg_catalog"
	}
	n := int(c.u16())
	for range n {
		col := relationColumn{key: c.u8()&1 != 0, name: c.text(), typ: c.u32(), typeMod: int32(c.u32())}
		if c.bad {
			return r, errMessage
		}
		r.cols = append(r.cols, col)
	}
	if c.bad {
		return r, errMessage
	}
	return r, nil
}
