package replay

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"

	pq "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"

	"lethe/stream"
)

// entry is a leaf value with its levels.
type entry struct {
	def, rep int16
	value    any
}

// read reads the rows of a column chunk.
func read(c file.ColumnChunkReader, typ stream.Type) ([]any, error) {
	leaf, depth := typ, 0
	for leaf.Base == stream.Array {
		leaf, depth = *leaf.Elem, depth+1
	}
	var entries []entry
	var err error
	switch c := c.(type) {
	case *file.BooleanColumnChunkReader:
		entries, err = drain(c, c.ReadBatch, func(v bool) any { return v })
	case *file.Int32ColumnChunkReader:
		entries, err = drain(c, c.ReadBatch, func(v int32) any { return whole(int64(v), leaf) })
	case *file.Int64ColumnChunkReader:
		entries, err = drain(c, c.ReadBatch, func(v int64) any { return whole(v, leaf) })
	case *file.Float32ColumnChunkReader:
		entries, err = drain(c, c.ReadBatch, func(v float32) any { return float(float64(v)) })
	case *file.Float64ColumnChunkReader:
		entries, err = drain(c, c.ReadBatch, func(v float64) any { return float(v) })
	case *file.ByteArrayColumnChunkReader:
		entries, err = drain(c, c.ReadBatch, func(v pq.ByteArray) any { return text(v, leaf) })
	case *file.FixedLenByteArrayColumnChunkReader:
		entries, err = drain(c, c.ReadBatch, func(v pq.FixedLenByteArray) any { return fixed(v, leaf) })
	default:
		err = fmt.Errorf("no reader for %s", typ)
	}
	if err != nil {
		return nil, err
	}
	var rows []any
	for len(entries) > 0 {
		n := until(entries, 0)
		if depth == 0 {
			rows = append(rows, entries[0].value)
		} else {
			rows = append(rows, array(entries[:n], depth, 0))
		}
		entries = entries[n:]
	}
	return rows, nil
}

// drain reads all entries of a column chunk.
func drain[T any](c file.ColumnChunkReader, batch func(int64, []T, []int16, []int16) (int64, int, error), conv func(T) any) ([]entry, error) {
	const size = 1024
	values, def, rep := make([]T, size), make([]int16, size), make([]int16, size)
	top := c.Descriptor().MaxDefinitionLevel()
	var out []entry
	for c.HasNext() {
		n, _, err := batch(size, values, def, rep)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			break
		}
		v := 0
		for i := range int(n) {
			e := entry{}
			if top > 0 {
				e.def = def[i]
			}
			if c.Descriptor().MaxRepetitionLevel() > 0 {
				e.rep = rep[i]
			}
			if e.def == top {
				e.value = conv(values[v])
				v++
			}
			out = append(out, e)
		}
	}
	return out, c.Err()
}

// until is where the next entry with a repetition level up to level lies.
func until(entries []entry, level int16) int {
	for i := 1; i < len(entries); i++ {
		if entries[i].rep <= level {
			return i
		}
	}
	return len(entries)
}

// array makes the array of its entries; depth counts it and the arrays in it,
// level those around it.
func array(entries []entry, depth int, level int16) any {
	switch entries[0].def {
	case 2 * level:
		return nil
	case 2*level + 1:
		return []any{}
	}
	var out []any
	for len(entries) > 0 {
		n := until(entries, level+1)
		if depth == 1 {
			out = append(out, entries[0].value)
		} else {
			out = append(out, array(entries[:n], depth-1, level+1))
		}
		entries = entries[n:]
	}
	return out
}

func whole(v int64, t stream.Type) any {
	switch t.Base {
	case stream.Decimal:
		return decimal(big.NewInt(v), t.Scale)
	case stream.Date:
		return time.Unix(v*86_400, 0).UTC().Format("2006-01-02Z")
	case stream.TimeOfDay:
		return time.UnixMicro(v).UTC().Format("15:04:05.999999Z")
	case stream.Timestamp, stream.TimestampTZ:
		return time.UnixMicro(v).UTC().Format("2006-01-02T15:04:05.999999Z")
	}
	return v
}

func float(v float64) any {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	return v
}

func text(v []byte, t stream.Type) any {
	switch t.Base {
	case stream.JSON:
		return json.RawMessage(string(v))
	case stream.Bytes:
		return base64.StdEncoding.EncodeToString(v)
	}
	return string(v)
}

func fixed(v []byte, t stream.Type) any {
	n := new(big.Int).SetBytes(v)
	if len(v) > 0 && v[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(v))))
	}
	return decimal(n, t.Scale)
}

// decimal writes unscaled with scale digits behind the point.
func decimal(unscaled *big.Int, scale int) string {
	digits := new(big.Int).Abs(unscaled).String()
	if pad := scale + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	if at := len(digits) - scale; scale > 0 {
		digits = digits[:at] + "." + digits[at:]
	}
	if unscaled.Sign() < 0 {
		return "-" + digits
	}
	return digits
}
