package rows

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"unsafe"

	pq "github.com/apache/arrow-go/v18/parquet"

	"lethe/stream/scan"
)

var (
	errType  = fmt.Errorf("%w: of another type", ErrValue)
	errRange = fmt.Errorf("%w: out of range", ErrValue)
)

// scalar reads one value that is not null and appends it to the values.
func (c *column) scalar(s *scan.Scanner, t *Table) error {
	var err error
	switch c.kind {
	case kindString:
		err = c.readString(s, t)
	case kindJSON:
		var raw []byte
		if raw, err = s.Skip(); err == nil {
			c.putText(raw)
		}
	case kindBool:
		if b := s.Peek(); b != 't' && b != 'f' {
			return errType
		}
		var v bool
		v, err = s.Bool()
		c.bools = append(c.bools, v)
	case kindInt:
		return c.readInt(s)
	case kindFloat32, kindFloat64:
		return c.readFloat(s)
	default:
		return c.readQuoted(s, t)
	}
	return wrapSyntax(err)
}

// readString reads a string, or any other value as its JSON text.
func (c *column) readString(s *scan.Scanner, t *Table) error {
	if s.Peek() != '"' {
		raw, err := s.Skip()
		c.putText(raw)
		return err
	}
	text, err := s.String()
	if err != nil {
		return err
	}
	if !text.Escaped {
		c.putText(text.Raw)
		return nil
	}
	c.putText(text.Append(t.arena.take(len(text.Raw))))
	return nil
}

func (c *column) readInt(s *scan.Scanner) error {
	if b := s.Peek(); b != '-' && b-'0' > 9 {
		return errType
	}
	raw, err := s.Number()
	if err != nil {
		return wrapSyntax(err)
	}
	v, ok := parseInt(raw)
	switch {
	case !ok:
		return errRange
	case c.phys == pq.Types.Int64:
		c.ints64 = append(c.ints64, v)
	case v != int64(int32(v)) || c.leaf.Bits == 16 && v != int64(int16(v)):
		return errRange
	default:
		c.ints32 = append(c.ints32, int32(v))
	}
	return nil
}

// parseInt reads a JSON number that has neither fraction nor exponent.
func parseInt(b []byte) (int64, bool) {
	neg := b[0] == '-'
	if neg {
		b = b[1:]
	}
	if len(b) > 19 {
		return 0, false
	}
	var u uint64
	for _, d := range b {
		if d -= '0'; d > 9 {
			return 0, false
		}
		u = u*10 + uint64(d)
	}
	if neg {
		return -int64(u), u <= 1<<63
	}
	return int64(u), u < 1<<63
}

func (c *column) readFloat(s *scan.Scanner) error {
	bits := c.leaf.Bits
	v, err := 0.0, error(nil)
	switch b := s.Peek(); {
	case b == '-' || b-'0' <= 9:
		var raw []byte
		if raw, err = s.Number(); err != nil {
			return wrapSyntax(err)
		}
		if v, err = strconv.ParseFloat(unsafe.String(&raw[0], len(raw)), bits); err != nil {
			return errRange
		}
	case b == '"':
		text, err := s.String()
		if err != nil {
			return wrapSyntax(err)
		}
		switch string(text.Raw) {
		case "NaN":
			v = math.NaN()
		case "Infinity":
			v = math.Inf(1)
		case "-Infinity":
			v = math.Inf(-1)
		default:
			return errType
		}
	default:
		return errType
	}
	if bits == 32 {
		c.float = append(c.float, float32(v))
		return nil
	}
	c.double = append(c.double, v)
	return nil
}

// readQuoted reads what an envelope writes as a string with a grammar of its
// own: decimal, bytes, date and times. A decimal may be a number as well.
func (c *column) readQuoted(s *scan.Scanner, t *Table) error {
	var raw []byte
	b := s.Peek()
	switch {
	case b == '"':
		text, err := s.String()
		if err != nil {
			return wrapSyntax(err)
		}
		if raw = text.Raw; text.Escaped {
			t.scratch = text.Append(t.scratch[:0])
			raw = t.scratch
		}
	case c.kind == kindDecimal && (b == '-' || b-'0' <= 9):
		var err error
		if raw, err = s.Number(); err != nil {
			return wrapSyntax(err)
		}
	default:
		return errType
	}
	var v int64
	var err error
	switch c.kind {
	case kindBytes:
		dst := t.arena.take(base64.StdEncoding.DecodedLen(len(raw)))
		if dst, err = base64.StdEncoding.AppendDecode(dst, raw); err != nil {
			return errType
		}
		c.putText(dst)
		return nil
	case kindDecimal:
		return c.putDecimal(raw, t)
	case kindDate:
		v, err = parseDate(raw)
		c.ints32 = append(c.ints32, int32(v))
		return err
	case kindTime:
		v, err = parseTime(raw)
	default:
		v, err = parseTimestamp(raw, c.kind == kindTimestampTZ)
	}
	c.ints64 = append(c.ints64, v)
	return err
}
