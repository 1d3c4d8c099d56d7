package verify

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/xitongsys/parquet-go/parquet"
)

// rowType is a column's type as lethe-row-v1 hashes it: its byte, and how a
// value of it becomes bytes.
type rowType struct {
	code     byte
	physical parquet.Type
	length   int32 // of a FIXED_LEN_BYTE_ARRAY
	scale    byte
	elem     *rowType // of an array
}

// Codes of lethe-row-v1.
const (
	codeString  = 1
	codeDecimal = 6
	codeArray   = 13
)

// plainTypes are the types without parameters.
func plainType(name string) (rowType, bool) {
	switch name {
	case "string", "decimal":
		return rowType{code: codeString, physical: parquet.Type_BYTE_ARRAY}, true
	case "bool":
		return rowType{code: 2, physical: parquet.Type_BOOLEAN}, true
	case "int16", "int32":
		return rowType{code: 3, physical: parquet.Type_INT32}, true
	case "int64":
		return rowType{code: 3, physical: parquet.Type_INT64}, true
	case "float32":
		return rowType{code: 4, physical: parquet.Type_FLOAT}, true
	case "float64":
		return rowType{code: 5, physical: parquet.Type_DOUBLE}, true
	case "bytes":
		return rowType{code: 7, physical: parquet.Type_BYTE_ARRAY}, true
	case "date":
		return rowType{code: 8, physical: parquet.Type_INT32}, true
	case "time":
		return rowType{code: 9, physical: parquet.Type_INT64}, true
	case "timestamp":
		return rowType{code: 10, physical: parquet.Type_INT64}, true
	case "timestamptz":
		return rowType{code: 11, physical: parquet.Type_INT64}, true
	case "json":
		return rowType{code: 12, physical: parquet.Type_BYTE_ARRAY}, true
	}
	return rowType{}, false
}

// maxNesting bounds arrays of arrays.
const maxNesting = 16

// parseRowType reads a type of lethe-columns.
func parseRowType(s string, depth int) (rowType, error) {
	if t, ok := plainType(s); ok {
		return t, nil
	}
	if inner, ok := strings.CutPrefix(s, "array<"); ok && strings.HasSuffix(inner, ">") && depth < maxNesting {
		e, err := parseRowType(strings.TrimSuffix(inner, ">"), depth+1)
		return rowType{code: codeArray, physical: e.physical, length: e.length, elem: &e}, err
	}
	inner, ok := strings.CutPrefix(s, "decimal(")
	ps, sc, ok2 := strings.Cut(strings.TrimSuffix(inner, ")"), ",")
	p, err := strconv.Atoi(ps)
	scale, err2 := strconv.Atoi(sc)
	if !ok || !ok2 || err != nil || err2 != nil || !strings.HasSuffix(inner, ")") {
		return rowType{}, fmt.Errorf("type %q of lethe-columns is unknown", s)
	}
	t := rowType{code: codeDecimal, scale: byte(scale)}
	switch {
	case p < 1 || p > 38 || scale < 0 || scale > p:
		return rowType{code: codeString, physical: parquet.Type_BYTE_ARRAY}, nil
	case p <= 9:
		t.physical = parquet.Type_INT32
	case p <= 18:
		t.physical = parquet.Type_INT64
	default:
		t.physical, t.length = parquet.Type_FIXED_LEN_BYTE_ARRAY, 16
	}
	return t, nil
}

var errValue = errors.New("value is not of its column's type")

// nullMarker stands for a length and says that there is no value.
const nullMarker = math.MaxUint32

// append adds a value that is there: its length and its bytes.
func (t *rowType) append(b []byte, v any) ([]byte, error) {
	at := len(b)
	b = append(b, 0, 0, 0, 0)
	if t.code == codeDecimal {
		b = append(b, t.scale)
	}
	switch x := v.(type) {
	case string:
		b = append(b, x...)
	case bool:
		if x {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
	case int32:
		b = t.appendInt(b, int64(x))
	case int64:
		b = t.appendInt(b, x)
	case float32:
		b = binary.BigEndian.AppendUint32(b, math.Float32bits(x))
	case float64:
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(x))
	default:
		return b, errValue
	}
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	return b, nil
}

// appendInt writes two's complement in 8 bytes, of a decimal in 16.
func (t *rowType) appendInt(b []byte, v int64) []byte {
	if t.code == codeDecimal {
		b = binary.BigEndian.AppendUint64(b, uint64(v>>63))
	}
	return binary.BigEndian.AppendUint64(b, uint64(v))
}

// levels are entries of an array column as Parquet stores them: one for each
// element, and one for each array that is null or empty. Values of entries
// without one are nil.
type levels struct {
	rep, def []uint8
	values   []any
}

// appendArray adds the array that stands depth arrays deep in l: its length and
// bytes, or the null marker.
func (t *rowType) appendArray(b []byte, l levels, depth uint8) ([]byte, error) {
	if l.def[0] == 2*depth {
		return binary.BigEndian.AppendUint32(b, nullMarker), nil
	}
	at := len(b)
	b = append(b, 0, 0, 0, 0, t.elem.code)
	var err error
	for i := 0; i < len(l.def) && l.def[0] != 2*depth+1; {
		j := i + 1
		for j < len(l.rep) && l.rep[j] > depth+1 {
			j++
		}
		switch {
		case t.elem.code == codeArray:
			b, err = t.elem.appendArray(b, levels{l.rep[i:j], l.def[i:j], l.values[i:j]}, depth+1)
		case l.values[i] == nil:
			b = binary.BigEndian.AppendUint32(b, nullMarker)
		default:
			b, err = t.elem.append(b, l.values[i])
		}
		if err == nil && len(b) > maxPage {
			err = errHeld
		}
		if err != nil {
			return b, err
		}
		i = j
	}
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	return b, nil
}
