package verify

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	pq "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"lethe/stream"
	"lethe/stream/tree"
)

// table is a file to be written by arrow-go, and hashed here value by value as
// lethe-row-v1 says.
type table struct {
	topic     string
	partition int32
	from, to  int64
	offsets   []int64
	groupRows int
}

// columns of every test file; each has other encodings and levels.
var columns = [][2]string{{"id", "int64"}, {"email", "string"}, {"tags", "array<string>"}, {"price", "decimal(12,2)"}, {"sum", "decimal(38,10)"},
	{"ok", "bool"}, {"day", "date"}, {"rate", "float32"}, {"grid", "array<array<int32>>"}, {"_lethe_partition", "int32"}, {"_lethe_offset", "int64"}}

func (tb *table) node(t testing.TB, name, typ string) schema.Node {
	opt, req := pq.Repetitions.Optional, pq.Repetitions.Required
	list := func(rep pq.Repetition, name string, el schema.Node) schema.Node {
		l := schema.MustGroup(schema.NewGroupNode("list", pq.Repetitions.Repeated, schema.FieldList{el}, -1))
		return schema.MustGroup(schema.NewGroupNodeLogical(name, rep, schema.FieldList{l}, schema.NewListLogicalType(), -1))
	}
	switch typ {
	case "int64":
		if name == "_lethe_offset" {
			return schema.NewInt64Node(name, req, -1)
		}
		return schema.NewInt64Node(name, opt, -1)
	case "int32":
		return schema.NewInt32Node(name, req, -1)
	case "string":
		return schema.MustPrimitive(schema.NewPrimitiveNodeLogical(name, opt, schema.StringLogicalType{}, pq.Types.ByteArray, -1, -1))
	case "array<string>":
		return list(opt, name, schema.MustPrimitive(schema.NewPrimitiveNodeLogical("element", opt, schema.StringLogicalType{}, pq.Types.ByteArray, -1, -1)))
	case "decimal(12,2)":
		return schema.MustPrimitive(schema.NewPrimitiveNodeLogical(name, opt, schema.NewDecimalLogicalType(12, 2), pq.Types.Int64, -1, -1))
	case "decimal(38,10)":
		return schema.MustPrimitive(schema.NewPrimitiveNodeLogical(name, opt, schema.NewDecimalLogicalType(38, 10), pq.Types.FixedLenByteArray, 16, -1))
	case "bool":
		return schema.NewBooleanNode(name, opt, -1)
	case "date":
		return schema.MustPrimitive(schema.NewPrimitiveNodeLogical(name, opt, schema.DateLogicalType{}, pq.Types.Int32, -1, -1))
	case "float32":
		return schema.NewFloat32Node(name, opt, -1)
	case "array<array<int32>>":
		return list(opt, name, list(opt, "element", schema.NewInt32Node("element", opt, -1)))
	}
	t.Fatalf("no node for %s", typ)
	return nil
}

// write returns the file, its row root and its number of rows.
func (tb *table) write(t testing.TB) ([]byte, stream.Hash, int64) {
	t.Helper()
	var fields schema.FieldList
	for _, c := range columns {
		fields = append(fields, tb.node(t, c[0], c[1]))
	}
	root := schema.MustGroup(schema.NewGroupNode("schema", pq.Repetitions.Required, fields, -1))
	salt := sha256.Sum256([]byte("file salt"))
	list, _ := json.Marshal(columns)
	kv := metadata.KeyValueMetadata{}
	for _, m := range [][2]string{{"lethe-row-hash", "lethe-row-v1"}, {"lethe-topic", tb.topic}, {"lethe-partition", fmt.Sprint(tb.partition)},
		{"lethe-from", strconv.FormatInt(tb.from, 10)}, {"lethe-to", strconv.FormatInt(tb.to, 10)}, {"lethe-file-salt", hex.EncodeToString(salt[:])},
		{"lethe-columns", string(list)}} {
		if err := kv.Append(m[0], m[1]); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	w := file.NewParquetWriter(&out, root, file.WithWriterProps(pq.NewWriterProperties(pq.WithDataPageVersion(pq.DataPageV1), pq.WithCompression(compress.Codecs.Zstd),
		pq.WithDictionaryDefault(false), pq.WithDictionaryFor("email", true), pq.WithDataPageSize(2048), pq.WithBatchSize(16), pq.WithPageIndexEnabled(true))), file.WithWriteMetadata(kv))
	per := tb.groupRows
	if per == 0 {
		per = 100
	}
	for i := 0; i < len(tb.offsets); i += per {
		g, err := w.AppendRowGroupChecked()
		if err != nil {
			t.Fatal(err)
		}
		tb.group(t, g, tb.offsets[i:min(len(tb.offsets), i+per)])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	leaves := make([]stream.Hash, 0, len(tb.offsets))
	for _, off := range tb.offsets {
		leaves = append(leaves, tb.leaf(salt[:], off))
	}
	return out.Bytes(), tree.Root(leaves), int64(len(tb.offsets))
}

// row gives the values of the row at an offset; nil is null.
func (tb *table) row(off int64) []any {
	v := []any{off * 7, fmt.Sprintf("user%d@example.org", off%5), []any{fmt.Sprint("tag", off), nil, ""}, off*100 - 50, -off - 1,
		off%3 == 0, int32(off - 10), float32(off) / 3, []any{[]any{int32(off), nil}, []any{}, nil}, tb.partition, off}
	switch off % 4 {
	case 1:
		v[0], v[1], v[2], v[8] = nil, nil, nil, nil
	case 2:
		v[2], v[3], v[4], v[5], v[6], v[7], v[8] = []any{}, nil, nil, nil, nil, nil, []any{}
	}
	return v
}

func (tb *table) leaf(salt []byte, off int64) stream.Hash {
	mac := hmac.New(sha256.New, salt)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(off)))
	b := append([]byte{0}, mac.Sum(nil)[:16]...)
	b = binary.BigEndian.AppendUint32(b, uint32(tb.partition))
	b = binary.BigEndian.AppendUint64(b, uint64(off))
	codes := []byte{3, 1, 13, 6, 6, 2, 8, 4, 13, 3, 3}
	inner := map[int][]byte{2: {1}, 8: {13, 3}}
	for i, v := range tb.row(off) {
		b = append(append(b, codes[i]), encode(v, i, inner[i])...)
	}
	return sha256.Sum256(b)
}

func encode(v any, column int, inner []byte) []byte {
	var x []byte
	switch y := v.(type) {
	case nil:
		return []byte{0xFF, 0xFF, 0xFF, 0xFF}
	case string:
		x = []byte(y)
	case bool:
		x = []byte{0}
		if y {
			x = []byte{1}
		}
	case int32:
		x = binary.BigEndian.AppendUint64(nil, uint64(int64(y)))
	case int64:
		x = binary.BigEndian.AppendUint64(nil, uint64(y))
		if column == 3 || column == 4 {
			x = append(append([]byte{map[int]byte{3: 2, 4: 10}[column]}, bytes.Repeat([]byte{byte(y >> 63)}, 8)...), x...)
		}
	case float32:
		x = make([]byte, 4)
		if _, err := binary.Encode(x, binary.BigEndian, y); err != nil {
			panic(err)
		}
	case []any:
		x = inner[:1:1]
		for _, e := range y {
			x = append(x, encode(e, -1, inner[1:])...)
		}
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(x))), x...)
}

// group writes one row group, column by column.
func (tb *table) group(t testing.TB, g file.SerialRowGroupWriter, offsets []int64) {
	for i := range columns {
		cw, err := g.NextColumn()
		if err != nil {
			t.Fatal(err)
		}
		var vals []any
		var defs, reps []int16
		for _, off := range offsets {
			flatten(tb.row(off)[i], 0, 0, map[int]int16{2: 1, 8: 2}[i], &vals, &defs, &reps)
		}
		if i >= 9 {
			defs = nil // required
		}
		if i != 2 && i != 8 {
			reps = nil
		}
		if err := writeColumn(cw, vals, defs, reps); err != nil {
			t.Fatal(err)
		}
	}
}

// flatten makes Dremel levels of a value nested depth arrays deep.
func flatten(v any, rep, def, depth int16, vals *[]any, defs, reps *[]int16) {
	add := func(d int16) { *defs, *reps = append(*defs, d), append(*reps, rep) }
	if v == nil {
		add(def)
		return
	}
	if depth == 0 {
		add(def + 1)
		*vals = append(*vals, v)
		return
	}
	list := v.([]any)
	if len(list) == 0 {
		add(def + 1)
	}
	for k, e := range list {
		r := rep
		if k > 0 {
			r = def/2 + 1
		}
		flatten(e, r, def+2, depth-1, vals, defs, reps)
	}
}

func writeColumn(cw file.ColumnChunkWriter, vals []any, defs, reps []int16) error {
	var err error
	switch w := cw.(type) {
	case *file.Int64ColumnChunkWriter:
		_, err = w.WriteBatch(as[int64](vals), defs, reps)
	case *file.Int32ColumnChunkWriter:
		_, err = w.WriteBatch(as[int32](vals), defs, reps)
	case *file.BooleanColumnChunkWriter:
		_, err = w.WriteBatch(as[bool](vals), defs, reps)
	case *file.Float32ColumnChunkWriter:
		_, err = w.WriteBatch(as[float32](vals), defs, reps)
	case *file.ByteArrayColumnChunkWriter:
		var b []pq.ByteArray
		for _, v := range vals {
			b = append(b, pq.ByteArray(v.(string)))
		}
		_, err = w.WriteBatch(b, defs, reps)
	case *file.FixedLenByteArrayColumnChunkWriter:
		var b []pq.FixedLenByteArray
		for _, v := range vals {
			x := binary.BigEndian.AppendUint64(bytes.Repeat([]byte{byte(v.(int64) >> 63)}, 8), uint64(v.(int64)))
			b = append(b, x)
		}
		_, err = w.WriteBatch(b, defs, reps)
	default:
		err = fmt.Errorf("no writer for %T", cw)
	}
	if err != nil {
		return err
	}
	return cw.Close()
}

func as[T any](vals []any) []T {
	out := make([]T, 0, len(vals))
	for _, v := range vals {
		out = append(out, v.(T))
	}
	return out
}
