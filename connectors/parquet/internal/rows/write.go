package rows

import (
	"fmt"
	"io"
	"math"
	"slices"

	pq "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"lethe/stream"
)

const (
	// createdBy never names a library's version: the bytes are the same as long
	// as the encoders are.
	createdBy = "lethe version 1"

	groupRows = 131_072 // rows in a row group
	pageBytes = 1 << 20 // of values in a page, but for a larger last row
	noID      = int32(-1)
)

// Meta is an entry of the footer's key-value metadata.
type Meta struct{ Key, Value string }

// Write writes the rows as one Parquet object; names are the Parquet names of
// the columns of the row, those of [Table.Names].
func (t *Table) Write(w io.Writer, names []string, meta []Meta) error {
	cols := t.all()
	if len(names) != len(t.cols) {
		return fmt.Errorf("%d names for %d columns", len(names), len(t.cols))
	}
	names = append(slices.Clone(names), Reserved[:]...)
	fields := make(schema.FieldList, len(cols))
	for i, c := range cols {
		node, err := c.node(names[i], c.typ)
		if err != nil {
			return fmt.Errorf("column %q: %w", c.name, err)
		}
		fields[i] = node
	}
	root, err := schema.NewGroupNode("schema", pq.Repetitions.Required, fields, noID)
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	kv := make(metadata.KeyValueMetadata, 0, len(meta))
	for _, m := range meta {
		if err := kv.Append(m.Key, m.Value); err != nil {
			return fmt.Errorf("metadata %s: %w", m.Key, err)
		}
	}
	out, err := file.NewParquetWriterWithError(w, root, file.WithWriterProps(properties(cols, names)), file.WithWriteMetadata(kv))
	if err != nil {
		return err
	}
	places := make([]mark, len(cols))
	for from := 0; from < t.n; from += groupRows {
		group, err := out.AppendRowGroupChecked()
		if err != nil {
			return err
		}
		for i, c := range cols {
			chunk, err := group.NextColumn()
			if err != nil {
				return err
			}
			if places[i], err = c.write(chunk, places[i], min(groupRows, t.n-from)); err != nil {
				return fmt.Errorf("column %q: %w", c.name, err)
			}
		}
	}
	return out.Close()
}

// properties are the writer's: a dictionary only where values repeat, and then
// whatever its size, since a column that changes its encoding half way has page
// counts in an order that differs from run to run.
func properties(cols []*column, names []string) *pq.WriterProperties {
	opts := []pq.WriterProperty{
		pq.WithVersion(pq.V2_LATEST),
		pq.WithDataPageVersion(pq.DataPageV1),
		pq.WithCreatedBy(createdBy),
		pq.WithCompression(compress.Codecs.Zstd),
		pq.WithCompressionLevel(1),
		pq.WithPageIndexEnabled(true),
		pq.WithDictionaryDefault(false),
		pq.WithDictionaryPageSizeLimit(math.MaxInt32),
		pq.WithMaxStatsSize(64),
	}
	for i, c := range cols {
		if c.repeating() {
			opts = append(opts, pq.WithDictionaryFor(names[i], true))
		} else if c.dict != nil {
			c.spell()
		}
	}
	return pq.NewWriterProperties(opts...)
}

// node is the column as a node of the Parquet schema; arrays are lists of three
// levels.
func (c *column) node(name string, t stream.Type) (schema.Node, error) {
	repetition := pq.Repetitions.Optional
	if c.required {
		repetition = pq.Repetitions.Required
	}
	if t.Base != stream.Array {
		length := -1
		if c.phys == pq.Types.FixedLenByteArray {
			length = 16
		}
		return schema.NewPrimitiveNodeLogical(name, repetition, logical(c.kind, t), c.phys, length, noID)
	}
	element, err := c.node("element", *t.Elem)
	if err != nil {
		return nil, err
	}
	list, err := schema.NewGroupNode("list", pq.Repetitions.Repeated, schema.FieldList{element}, noID)
	if err != nil {
		return nil, err
	}
	return schema.NewGroupNodeLogical(name, repetition, schema.FieldList{list}, schema.NewListLogicalType(), noID)
}

func logical(k kind, t stream.Type) schema.LogicalType {
	switch k {
	case kindString:
		return schema.StringLogicalType{}
	case kindInt:
		if t.Bits == 16 {
			return schema.NewIntLogicalType(16, true)
		}
	case kindDecimal:
		return schema.NewDecimalLogicalType(int32(t.Precision), int32(t.Scale))
	case kindDate:
		return schema.DateLogicalType{}
	case kindTime:
		return schema.NewTimeLogicalType(false, schema.TimeUnitMicros)
	case kindTimestamp:
		return schema.NewTimestampLogicalType(false, schema.TimeUnitMicros)
	case kindTimestampTZ:
		return schema.NewTimestampLogicalType(true, schema.TimeUnitMicros)
	case kindJSON:
		return schema.JSONLogicalType{}
	}
	return schema.NoLogicalType{}
}

// write writes the next n rows from at, and returns where they end.
func (c *column) write(w file.ColumnChunkWriter, at mark, n int) (mark, error) {
	def, rep, end := c.levels(at, n)
	v, to := at.value, end.value
	var err error
	switch w := w.(type) {
	case *file.BooleanColumnChunkWriter:
		_, err = w.WriteBatch(c.bools[v:to], def, rep)
	case *file.Int32ColumnChunkWriter:
		_, err = w.WriteBatch(c.ints32[v:to], def, rep)
	case *file.Int64ColumnChunkWriter:
		_, err = w.WriteBatch(c.ints64[v:to], def, rep)
	case *file.Float32ColumnChunkWriter:
		_, err = w.WriteBatch(c.float[v:to], def, rep)
	case *file.Float64ColumnChunkWriter:
		_, err = w.WriteBatch(c.double[v:to], def, rep)
	case *file.ByteArrayColumnChunkWriter:
		if c.dict != nil {
			return end, c.dict.write(w, def, v, to)
		}
		err = c.writeText(w, def, rep, v, to)
	case *file.FixedLenByteArrayColumnChunkWriter:
		_, err = w.WriteBatch(c.fixed[v:to], def, rep)
	default:
		err = fmt.Errorf("no writer for %s", c.typ)
	}
	return end, err
}

// writeText writes values [v, to) in runs of rows of at most pageBytes, or one
// row: the writer looks at the size of a page only after a run.
func (c *column) writeText(w *file.ByteArrayColumnChunkWriter, def, rep []int16, v, to int) error {
	top := c.maxDef()
	if def == nil {
		def = make([]int16, to-v) // all required, top is 0
	}
	var bytes, rowValue, rowEntry int // rowValue, rowEntry: where the last row began
	value := v
	flush := func(entries, values int) error {
		var r []int16
		if rep != nil {
			r, rep = rep[:entries], rep[entries:]
		}
		_, err := w.WriteBatch(c.bytes[v:values], def[:entries], r)
		def, v = def[entries:], values
		return err
	}
	for i := 0; i < len(def); i++ {
		if rep == nil || rep[i] == 0 {
			rowEntry, rowValue = i, value
		}
		if def[i] != top {
			continue
		}
		bytes += len(c.bytes[value])
		value++
		if bytes > pageBytes && rowEntry > 0 {
			if err := flush(rowEntry, rowValue); err != nil {
				return err
			}
			// Go on with the row that did not fit.
			i, value, bytes, rowEntry = -1, v, 0, 0
		}
	}
	return flush(len(def), to)
}

// levels returns the levels of the next n rows from at, and where they end.
func (c *column) levels(at mark, n int) (def, rep []int16, end mark) {
	end = at
	if c.required {
		end.value += n
		return nil, nil, end
	}
	if c.depth == 0 {
		end.level += n
	} else {
		for rows := 0; end.level < len(c.rep); end.level++ {
			if c.rep[end.level] == 0 {
				if rows++; rows > n {
					break
				}
			}
		}
		rep = c.rep[at.level:end.level]
	}
	def = c.def[at.level:end.level]
	top := c.maxDef()
	for _, d := range def {
		if d == top {
			end.value++
		}
	}
	return def, rep, end
}

// sampleSize is how many values decide about a dictionary of numbers.
const sampleSize = 1024

// repeating reports whether the column is worth a dictionary: of text if it has
// one so far, of numbers if a sample, taken evenly, holds few.
func (c *column) repeating() bool {
	n := c.values()
	step := max(1, n/sampleSize)
	switch {
	case c.depth > 0 || n < fewValues:
		return false
	case c.dict != nil:
		return true
	case c.ints32 != nil:
		return few(c.ints32, step)
	case c.ints64 != nil:
		return few(c.ints64, step)
	}
	return false
}

func few[V comparable](values []V, step int) bool {
	seen := make(map[V]struct{}, sampleSize/repeats)
	taken := min(len(values), sampleSize)
	for i := 0; i < len(values); i += step {
		if seen[values[i]] = struct{}{}; len(seen) > taken/repeats {
			return false
		}
	}
	return true
}
