package rows

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	pq "github.com/apache/arrow-go/v18/parquet"
)

// uint128 is an unsigned number.
type uint128 struct{ hi, lo uint64 }

// push is u*10 + d. Up to 38 digits it cannot overflow.
func (u uint128) push(d uint64) uint128 {
	hi, lo := bits.Mul64(u.lo, 10)
	hi += u.hi * 10
	lo, carry := bits.Add64(lo, d, 0)
	return uint128{hi + carry, lo}
}

// negated is the two's complement of u.
func (u uint128) negated() uint128 {
	lo, borrow := bits.Sub64(0, u.lo, 0)
	hi, _ := bits.Sub64(0, u.hi, borrow)
	return uint128{hi, lo}
}

// putDecimal appends a decimal such as -12.50 or 1.5e3. More digits than the
// column has are an error unless they are zeros: nothing is rounded.
func (c *column) putDecimal(b []byte, t *Table) error {
	neg, u, err := parseDecimal(b, c.leaf.Precision, c.leaf.Scale)
	if err != nil {
		return err
	}
	if neg {
		u = u.negated()
	}
	switch c.phys {
	case pq.Types.Int32:
		c.ints32 = append(c.ints32, int32(u.lo))
	case pq.Types.Int64:
		c.ints64 = append(c.ints64, int64(u.lo))
	default:
		v := binary.BigEndian.AppendUint64(t.arena.take(16), u.hi)
		c.fixed = append(c.fixed, binary.BigEndian.AppendUint64(v, u.lo))
	}
	return nil
}

// parseDecimal returns sign and unscaled value of b at the given scale.
func parseDecimal(b []byte, precision, scale int) (neg bool, u uint128, err error) {
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg = b[0] == '-'
		b = b[1:]
	}
	mantissa, exp, err := splitExponent(b)
	if err != nil {
		return false, u, err
	}
	point := bytes.IndexByte(mantissa, '.')
	if point < 0 {
		point = len(mantissa)
	}
	n := 0 // significant digits in u
	place := -point - exp
	for i, d := range mantissa {
		if i == point {
			continue
		}
		if d -= '0'; d > 9 {
			return false, u, errType
		}
		place++ // the digit's: 1 is the first after the point
		switch {
		case place > scale && d != 0:
			return false, u, errRange
		case place <= scale && (n > 0 || d != 0):
			if n++; n > precision {
				return false, u, errRange
			}
			u = u.push(uint64(d))
		}
	}
	if len(mantissa) == 0 || len(mantissa) == 1 && point == 0 {
		return false, u, errType
	}
	for ; n > 0 && place < scale; place++ {
		if n++; n > precision {
			return false, u, errRange
		}
		u = u.push(0)
	}
	return neg, u, nil
}

// splitExponent cuts e±nnn off b.
func splitExponent(b []byte) (mantissa []byte, exp int, err error) {
	for i, c := range b {
		if c|0x20 != 'e' {
			continue
		}
		mantissa, b = b[:i], b[i+1:]
		neg := false
		if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
			neg = b[0] == '-'
			b = b[1:]
		}
		if len(b) == 0 || len(b) > 4 {
			return nil, 0, errType
		}
		for _, d := range b {
			if d -= '0'; d > 9 {
				return nil, 0, errType
			}
			exp = exp*10 + int(d)
		}
		if neg {
			exp = -exp
		}
		return mantissa, exp, nil
	}
	return b, 0, nil
}
