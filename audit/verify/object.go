package verify

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/klauspost/compress/zstd"
	"github.com/xitongsys/parquet-go/parquet"
	"golang.org/x/mod/sumdb/tlog"
)

// maxFooter bounds a file's footer.
const maxFooter = 16 << 20

// object is a Parquet file, its footer read and checked.
type object struct {
	budget *budget
	file   io.ReaderAt
	size   int64
	footer *parquet.FileMetaData
	meta   map[string]string
	names  []string // of the columns
	types  []rowType
	leaf   []leafColumn
	salt   []byte
}

// leafColumn is the place of a column in the Parquet schema.
type leafColumn struct {
	element        *parquet.SchemaElement
	path           []string
	maxRep, maxDef int32
}

// rowFault says where in a file something is wrong.
type rowFault struct {
	column   string
	from, to int64 // rows
	err      error
}

func (f *rowFault) Error() string {
	if f.column == "" {
		return f.err.Error()
	}
	return fmt.Sprintf("column %q: %v", f.column, f.err)
}

// parsed is how much longer a footer can get when it is parsed.
const parsed = 64

// openObject reads the footer. A file that is none is an error, never a panic,
// and one that would take more than the budget an error too.
func openObject(file io.ReaderAt, size int64, b *budget) (o *object, err error) {
	defer func() {
		if r := recover(); r != nil {
			o, err = nil, errors.New("footer: cannot be parsed")
		}
	}()
	var tail [8]byte
	if size < 12 {
		return nil, errors.New("shorter than a footer")
	}
	if _, err := file.ReadAt(tail[:], size-8); err != nil {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint32(tail[:]))
	if string(tail[4:]) != "PAR1" || n > maxFooter || n > size-12 {
		return nil, errors.New("does not end as a Parquet file")
	}
	if err := b.take(parsed * n); err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	raw := make([]byte, n)
	if _, err := file.ReadAt(raw, size-8-n); err != nil {
		return nil, err
	}
	o = &object{budget: b, file: file, size: size, footer: parquet.NewFileMetaData(), meta: make(map[string]string)}
	p := thrift.NewTCompactProtocolConf(&thrift.TMemoryBuffer{Buffer: bytes.NewBuffer(raw)}, &thrift.TConfiguration{MaxMessageSize: int32(n)})
	if err := o.footer.Read(context.Background(), p); err != nil {
		return nil, errors.New("footer: cannot be parsed")
	}
	for _, kv := range o.footer.KeyValueMetadata {
		o.meta[kv.Key] = kv.GetValue()
	}
	if o.meta["lethe-row-hash"] != "lethe-row-v1" {
		return nil, errors.New("footer: rows are not hashed as lethe-row-v1")
	}
	if o.salt, err = hex.DecodeString(o.meta["lethe-file-salt"]); err != nil || len(o.salt) == 0 {
		return nil, errors.New("footer: no file salt")
	}
	return o, errors.Join(o.columns(), o.schema())
}

// columns reads lethe-columns.
func (o *object) columns() error {
	var list [][2]string
	if err := json.Unmarshal([]byte(o.meta["lethe-columns"]), &list); err != nil {
		return errors.New("footer: lethe-columns cannot be parsed")
	}
	for _, c := range list {
		t, err := parseRowType(c[1], 0)
		if err != nil {
			return err
		}
		o.names, o.types = append(o.names, c[0]), append(o.types, t)
	}
	// Offsets bound the rows: without them a footer could promise any number.
	if !slices.Contains(o.names, "_lethe_offset") || !slices.Contains(o.names, "_lethe_partition") {
		return errors.New("footer: lethe-columns has no offsets")
	}
	return nil
}

// schema finds the one leaf that each column has.
func (o *object) schema() error {
	s := o.footer.Schema
	if len(s) == 0 || int(s[0].GetNumChildren()) != len(o.types) {
		return errors.New("footer: schema and lethe-columns have not the same columns")
	}
	at := 1
	for i := range o.types {
		leaf := leafColumn{}
		for depth := 0; ; depth++ {
			if at >= len(s) || depth > 2*maxNesting+2 {
				return errors.New("footer: schema ends early")
			}
			e := s[at]
			at++
			leaf.path = append(leaf.path, e.Name)
			switch e.GetRepetitionType() {
			case parquet.FieldRepetitionType_REPEATED:
				leaf.maxRep++
				leaf.maxDef++
			case parquet.FieldRepetitionType_OPTIONAL:
				leaf.maxDef++
			}
			if e.NumChildren == nil || *e.NumChildren == 0 {
				leaf.element = e
				break
			}
			if *e.NumChildren != 1 {
				return fmt.Errorf("column %q: more than one leaf", o.names[i])
			}
		}
		if !storedAs(o.names[i], leaf.path[0]) {
			return fmt.Errorf("column %q is stored under another's name, %q", o.names[i], leaf.path[0])
		}
		if err := o.types[i].fits(leaf); err != nil {
			return fmt.Errorf("column %q: %w", o.names[i], err)
		}
		o.leaf = append(o.leaf, leaf)
	}
	if at != len(s) {
		return errors.New("footer: schema goes on after its last column")
	}
	return nil
}

// storedSuffix is what a Parquet name has behind the true name, where that was taken or its
// type is another.
var storedSuffix = regexp.MustCompile(`^(_[1-9][0-9]*)?(__v[1-9][0-9]*)?$`)

// storedAs reports whether a column of a true name may have a Parquet name, by which alone
// most readers know it: that name, whose control bytes and broken UTF-8 are written -XX.
func storedAs(name, stored string) bool {
	if name == "" {
		name = "_"
	}
	for i := 0; i < len(name); {
		r, n := utf8.DecodeRuneInString(name[i:])
		want := name[i : i+n]
		if r < ' ' || r == 0x7F || r == utf8.RuneError && n == 1 {
			want = fmt.Sprintf("-%02X", name[i])
		}
		rest, ok := strings.CutPrefix(stored, want)
		if !ok {
			return false
		}
		stored, i = rest, i+n
	}
	return storedSuffix.MatchString(stored)
}

// fits checks that a leaf stores values of t.
func (t *rowType) fits(l leafColumn) error {
	arrays := int32(0)
	for e := t; e.code == codeArray; e = e.elem {
		arrays++
	}
	if l.element.Type == nil || *l.element.Type != t.physical || t.length != 0 && l.element.GetTypeLength() != t.length {
		return errors.New("is stored as another type")
	}
	if l.maxRep != arrays || arrays > 0 && l.maxDef != 2*arrays+1 || arrays == 0 && l.maxDef > 1 {
		return errors.New("is nested in another way")
	}
	return nil
}

// rows gives the leaf hash of each row to each, in order, and what it is the hash of,
// which is valid until each returns. Its error is a *rowFault.
func (o *object) rows(ctx context.Context, partition int32, from, to int64, each func(leaf tlog.Hash, of []byte)) (err error) {
	row := int64(0)
	defer func() {
		if r := recover(); r != nil {
			err = &rowFault{from: row, to: row + 1, err: errors.New("cannot be decoded")}
		}
	}()
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPage), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return err
	}
	defer dec.Close()
	h := &rowHasher{partition: partition, from: from, to: to, mac: hmac.New(sha256.New, o.salt), last: -1}
	for i, name := range o.names {
		switch name {
		case "_lethe_offset":
			h.offsetAt = i
		case "_lethe_partition":
			h.partitionAt = i
		}
	}
	if err := o.groups(); err != nil {
		return &rowFault{err: err}
	}
	before := o.budget.held
	for _, group := range o.footer.RowGroups {
		o.budget.held = before
		readers, err := o.group(group, dec)
		if err != nil {
			return &rowFault{from: row, to: row + group.NumRows, err: err}
		}
		for range group.NumRows {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			leaf, err := h.row(o, readers, row)
			if err != nil {
				return err
			}
			each(leaf, h.buf)
			row++
		}
		for i, r := range readers {
			if r.next() != io.EOF {
				return &rowFault{o.names[i], row, row + 1, errors.New("goes on after the last row")}
			}
		}
	}
	return nil
}

// groups checks that the row groups have the rows that the footer says.
func (o *object) groups() error {
	rows := int64(0)
	for _, g := range o.footer.RowGroups {
		if g.NumRows < 0 || g.NumRows > o.footer.NumRows-rows {
			return fmt.Errorf("row groups of more rows than the footer's %d", o.footer.NumRows)
		}
		rows += g.NumRows
	}
	if rows != o.footer.NumRows {
		return fmt.Errorf("row groups of %d rows, the footer says %d", rows, o.footer.NumRows)
	}
	return nil
}

// group opens the column chunks of a row group.
func (o *object) group(g *parquet.RowGroup, dec *zstd.Decoder) ([]*chunkReader, error) {
	if len(g.Columns) != len(o.leaf) {
		return nil, errors.New("row group with other columns than the schema")
	}
	readers := make([]*chunkReader, len(o.leaf))
	for i, c := range g.Columns {
		m, l := c.MetaData, o.leaf[i]
		if m == nil || c.FilePath != nil || m.Type != o.types[i].physical || fmt.Sprint(m.PathInSchema) != fmt.Sprint(l.path) {
			return nil, fmt.Errorf("column %q: chunk of another column", o.names[i])
		}
		start := m.DataPageOffset
		if m.DictionaryPageOffset != nil && *m.DictionaryPageOffset < start {
			start = *m.DictionaryPageOffset
		}
		if start < 4 || m.TotalCompressedSize < 0 || start > o.size || m.TotalCompressedSize > o.size-start {
			return nil, fmt.Errorf("column %q: chunk lies outside the file", o.names[i])
		}
		if m.NumValues < g.NumRows || l.maxRep == 0 && m.NumValues != g.NumRows {
			return nil, fmt.Errorf("column %q: %d values in %d rows", o.names[i], m.NumValues, g.NumRows)
		}
		if err := o.budget.take(maxHeader); err != nil {
			return nil, fmt.Errorf("column %q: %w", o.names[i], err)
		}
		readers[i] = &chunkReader{budget: o.budget, zstd: dec, meta: m, length: o.types[i].length, maxRep: l.maxRep, maxDef: l.maxDef, left: m.NumValues,
			in: bufio.NewReaderSize(io.NewSectionReader(o.file, start, m.TotalCompressedSize), maxHeader)}
	}
	return readers, nil
}

// rowHasher makes row leaves (lethe-row-v1) and checks that rows are those of
// one range of offsets, in order.
type rowHasher struct {
	partition             int32
	from, to              int64
	offsetAt, partitionAt int
	mac                   hash.Hash
	last                  int64 // offset of the row before
	buf                   []byte
	scratch               [sha256.Size]byte
}

// prefix is what stands before the columns: 0x00, salt, partition, offset.
const prefix = 1 + 16 + 4 + 8

func (h *rowHasher) row(o *object, readers []*chunkReader, row int64) (tlog.Hash, error) {
	b := append(h.buf[:0], make([]byte, prefix)...)
	var offset, partition int64
	var err error
	for i, r := range readers {
		t := &o.types[i]
		b = append(b, t.code)
		at := len(b)
		if b, err = r.value(b, t); err != nil {
			first := row - int64(r.pos)
			return tlog.Hash{}, &rowFault{o.names[i], max(0, first), row + 1, err}
		}
		if len(b) > maxPage {
			return tlog.Hash{}, &rowFault{o.names[i], row, row + 1, errHeld}
		}
		if (i == h.offsetAt || i == h.partitionAt) && len(b)-at == 12 {
			v := int64(binary.BigEndian.Uint64(b[at+4:]))
			if i == h.offsetAt {
				offset = v
			} else {
				partition = v
			}
		}
	}
	h.buf = b
	if err := o.budget.hash(len(b)); err != nil {
		return tlog.Hash{}, &rowFault{"", row, row + 1, err}
	}
	if partition != int64(h.partition) || offset < h.from || offset >= h.to || offset <= h.last {
		return tlog.Hash{}, &rowFault{"_lethe_offset", row, row + 1, errors.New("not the next of the range that the receipt names: " +
			strconv.FormatInt(partition, 10) + "/" + strconv.FormatInt(offset, 10))}
	}
	h.last = offset
	binary.BigEndian.PutUint32(b[17:], uint32(partition))
	binary.BigEndian.PutUint64(b[21:], uint64(offset))
	h.mac.Reset()
	h.mac.Write(b[21:29])
	copy(b[1:17], h.mac.Sum(h.scratch[:0]))
	return sha256.Sum256(b), nil
}

// value appends the column's value in its next row.
func (c *chunkReader) value(b []byte, t *rowType) ([]byte, error) {
	if err := c.next(); err != nil {
		if err == io.EOF {
			err = errors.New("ends before the last row")
		}
		return b, err
	}
	if t.code == codeArray {
		return c.array(b, t)
	}
	v := c.entry()
	if v == nil {
		return binary.BigEndian.AppendUint32(b, nullMarker), nil
	}
	return t.append(b, v)
}

// entrySize is what an entry of an array takes: levels and an interface.
const entrySize = 18

// array gathers the entries of one row, which may go on in the next page.
func (c *chunkReader) array(b []byte, t *rowType) ([]byte, error) {
	if c.rep[c.pos] != 0 {
		return b, errValue
	}
	var row levels
	defer func() { c.budget.give(entrySize * int64(len(row.def))) }()
	for first := true; ; first = false {
		if err := c.next(); err == io.EOF {
			break
		} else if err != nil {
			return b, err
		}
		if !first && c.rep[c.pos] == 0 {
			break
		}
		if err := c.budget.take(entrySize); err != nil {
			return b, err
		}
		row.rep = append(row.rep, c.rep[c.pos])
		row.def = append(row.def, c.def[c.pos])
		row.values = append(row.values, c.entry())
	}
	return t.appendArray(b, row, 0)
}
