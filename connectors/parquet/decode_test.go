package parquet_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/xitongsys/parquet-go/parquet"
	"github.com/xitongsys/parquet-go/reader"
	"github.com/xitongsys/parquet-go/source"

	"lethe/stream"
	"lethe/stream/tree"
)

// memory is an object for xitongsys/parquet-go.
type memory struct{ *bytes.Reader }

func (m memory) Open(string) (source.ParquetFile, error) {
	b := make([]byte, m.Size())
	_, err := m.ReadAt(b, 0)
	return memory{bytes.NewReader(b)}, err
}
func (memory) Create(string) (source.ParquetFile, error) { return nil, os.ErrPermission }
func (memory) Write([]byte) (int, error)                 { return 0, os.ErrPermission }
func (memory) Close() error                              { return nil }

// decoded is an object as xitongsys/parquet-go reads it: per row and column nil
// or a bool, int64, float32, float64, string, *big.Int, or []any of these.
type decoded struct {
	meta    map[string]string
	columns [][2]string
	types   []stream.Type
	rows    [][]any
	footer  *parquet.FileMetaData
}

// decode reads an object with xitongsys/parquet-go alone, as an auditor would.
func decode(t *testing.T, dir, object string) decoded {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, object))
	if err != nil {
		t.Fatal(err)
	}
	r, err := reader.NewParquetColumnReader(memory{bytes.NewReader(b)}, 1)
	if err != nil {
		t.Fatal(err)
	}
	d := decoded{meta: map[string]string{}, footer: r.Footer}
	for _, kv := range r.Footer.KeyValueMetadata {
		d.meta[kv.Key] = kv.GetValue()
	}
	if err := json.Unmarshal([]byte(d.meta["lethe-columns"]), &d.columns); err != nil {
		t.Fatal(err)
	}
	n := r.Footer.NumRows
	d.rows = make([][]any, n)
	for i := range d.rows {
		d.rows[i] = make([]any, len(d.columns))
	}
	for c, nt := range d.columns {
		typ, err := stream.ParseType(nt[1])
		if err != nil {
			t.Fatal(err)
		}
		d.types = append(d.types, typ)
		if n == 0 {
			continue
		}
		values, rls, dls, err := r.ReadColumnByIndex(int64(c), n)
		if err != nil {
			t.Fatalf("column %s: %v", nt[0], err)
		}
		rows := assemble(values, rls, dls, typ)
		if int64(len(rows)) != n {
			t.Fatalf("column %s: %d rows of %d", nt[0], len(rows), n)
		}
		for i := range rows {
			d.rows[i][c] = rows[i]
		}
	}
	return d
}

// assemble makes rows of the leaf column of typ.
func assemble(values []any, rls, dls []int32, typ stream.Type) []any {
	if typ.Base != stream.Array {
		for i, v := range values {
			values[i] = plain(v, typ)
		}
		return values
	}
	var rows []any
	for i := 0; i < len(values); {
		j := i + 1
		for j < len(values) && rls[j] != 0 {
			j++
		}
		rows = append(rows, list(values[i:j], rls[i:j], dls[i:j], typ, 0))
		i = j
	}
	return rows
}

// list makes the array that stands level arrays deep of its entries.
func list(values []any, rls, dls []int32, typ stream.Type, level int32) any {
	switch dls[0] {
	case 2 * level:
		return nil
	case 2*level + 1:
		return []any{}
	}
	var out []any
	for i := 0; i < len(values); {
		j := i + 1
		for j < len(values) && rls[j] > level+1 {
			j++
		}
		if typ.Elem.Base == stream.Array {
			out = append(out, list(values[i:j], rls[i:j], dls[i:j], *typ.Elem, level+1))
		} else {
			out = append(out, plain(values[i], *typ.Elem))
		}
		i = j
	}
	return out
}

func plain(v any, typ stream.Type) any {
	switch x := v.(type) {
	case int32:
		v = int64(x)
	}
	if v == nil || typ.Base != stream.Decimal || typ.Precision < 1 || typ.Precision > 38 || typ.Scale < 0 || typ.Scale > typ.Precision {
		return v
	}
	switch x := v.(type) {
	case int64:
		return big.NewInt(x)
	case string:
		n := new(big.Int).SetBytes([]byte(x))
		if x[0] >= 0x80 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), 128))
		}
		return n
	}
	return v
}

// root recomputes the row root from the decoded object, by the table in the
// package comment.
func (d decoded) root(t *testing.T) stream.Hash {
	t.Helper()
	salt, err := hex.DecodeString(d.meta["lethe-file-salt"])
	if err != nil || len(salt) != 32 {
		t.Fatalf("file salt: %v", err)
	}
	at := map[string]int{}
	for i, c := range d.columns {
		at[c[0]] = i
	}
	leaves := make([]stream.Hash, len(d.rows))
	for i, row := range d.rows {
		offset := uint64(row[at["_lethe_offset"]].(int64))
		mac := hmac.New(sha256.New, salt)
		mac.Write(binary.BigEndian.AppendUint64(nil, offset))
		leaf := append([]byte{0}, mac.Sum(nil)[:16]...)
		leaf = binary.BigEndian.AppendUint32(leaf, uint32(row[at["_lethe_partition"]].(int64)))
		leaf = binary.BigEndian.AppendUint64(leaf, offset)
		for c, v := range row {
			leaf = append(leaf, typeByte(d.types[c]))
			leaf = appendField(leaf, v, d.types[c])
		}
		leaves[i] = sha256.Sum256(leaf)
	}
	return tree.Root(leaves)
}

func appendField(b []byte, v any, typ stream.Type) []byte {
	if v == nil {
		return append(b, 0xFF, 0xFF, 0xFF, 0xFF)
	}
	x := canonical(v, typ)
	return append(binary.BigEndian.AppendUint32(b, uint32(len(x))), x...)
}

func typeByte(typ stream.Type) byte {
	switch typ.Base {
	case stream.String:
		return 1
	case stream.Bool:
		return 2
	case stream.Int:
		return 3
	case stream.Float:
		if typ.Bits == 32 {
			return 4
		}
		return 5
	case stream.Decimal:
		if typ.Precision < 1 || typ.Precision > 38 || typ.Scale < 0 || typ.Scale > typ.Precision {
			return 1
		}
		return 6
	}
	return map[stream.Base]byte{stream.Bytes: 7, stream.Date: 8, stream.TimeOfDay: 9, stream.Timestamp: 10,
		stream.TimestampTZ: 11, stream.JSON: 12, stream.Array: 13}[typ.Base]
}

func canonical(v any, typ stream.Type) []byte {
	switch x := v.(type) {
	case string:
		return []byte(x)
	case bool:
		if x {
			return []byte{1}
		}
		return []byte{0}
	case int64:
		return binary.BigEndian.AppendUint64(nil, uint64(x))
	case float32:
		return binary.BigEndian.AppendUint32(nil, math.Float32bits(x))
	case float64:
		return binary.BigEndian.AppendUint64(nil, math.Float64bits(x))
	case *big.Int:
		n := new(big.Int).Set(x)
		if n.Sign() < 0 {
			n.Add(n, new(big.Int).Lsh(big.NewInt(1), 128))
		}
		return append([]byte{byte(typ.Scale)}, n.FillBytes(make([]byte, 16))...)
	case []any:
		b := []byte{typeByte(*typ.Elem)}
		for _, e := range x {
			b = appendField(b, e, *typ.Elem)
		}
		return b
	}
	panic("a value of no known type")
}

// where is the number of a column.
func (d decoded) where(t *testing.T, name string) int {
	t.Helper()
	for i, c := range d.columns {
		if c[0] == name {
			return i
		}
	}
	t.Fatalf("no column %s in %v", strconv.Quote(name), d.columns)
	return -1
}
