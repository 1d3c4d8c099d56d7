package verify

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/klauspost/compress/zstd"
	"github.com/xitongsys/parquet-go/encoding"
	"github.com/xitongsys/parquet-go/parquet"
)

// Limits of what a file may make us hold at once.
const (
	maxHeader = 64 << 10  // of a page's header
	maxPage   = 128 << 20 // bytes of a page, after decompression
	maxValues = 1 << 24   // of a page: arrays of nulls take no bytes
)

// chunkReader reads the values of one column chunk, page by page.
//
// The encodings are decoded by xitongsys/parquet-go, which trusts its input:
// each page is checked first, so that a hostile one cannot ask for more memory
// than it has bytes.
type chunkReader struct {
	budget *budget
	held   int64 // of the budget, by the page that is being read
	in     *bufio.Reader
	zstd   *zstd.Decoder
	meta   *parquet.ColumnMetaData
	length int32 // of FIXED_LEN_BYTE_ARRAY
	maxRep int32
	maxDef int32
	left   int64 // entries not yet read

	dict []any
	// A page: entries, and the values of those that have one.
	rep, def []uint8 // rep is nil where maxRep is 0
	values   []any
	pos, at  int // next entry, next value
}

// next makes sure that an entry is there; io.EOF after the last one.
func (c *chunkReader) next() error {
	for c.pos >= len(c.def) {
		if c.left == 0 {
			return io.EOF
		}
		if err := c.page(); err != nil {
			return err
		}
	}
	return nil
}

// page reads one page: the dictionary, or entries.
func (c *chunkReader) page() error {
	c.budget.give(c.held)
	c.held, c.rep, c.def, c.values, c.pos, c.at = 0, nil, nil, nil, 0, 0
	h, err := c.header()
	if err != nil {
		return fmt.Errorf("page header: %w", err)
	}
	size, plain := int64(h.CompressedPageSize), int64(h.UncompressedPageSize)
	if size < 0 || plain < 0 || plain > maxPage || size > maxPage {
		return fmt.Errorf("page of %d bytes, %d decompressed", size, plain)
	}
	if err := c.budget.take(size + plain); err != nil {
		return err
	}
	defer c.budget.give(size + plain)
	body, err := c.body(size, plain)
	if err != nil {
		return err
	}
	switch {
	case h.Type == parquet.PageType_DICTIONARY_PAGE && h.DictionaryPageHeader != nil && c.dict == nil:
		c.dict, err = c.plain(body, int64(h.DictionaryPageHeader.NumValues))
		c.held = 0 // for as long as the chunk is read
		return err
	case h.Type == parquet.PageType_DATA_PAGE && h.DataPageHeader != nil:
		return c.data(body, h.DataPageHeader)
	}
	return fmt.Errorf("page of type %d is not read", h.Type)
}

// hold takes n bytes of the budget for what the page is decoded to.
func (c *chunkReader) hold(n int64) error {
	err := c.budget.take(n)
	if err == nil {
		c.held += n
	}
	return err
}

func (c *chunkReader) header() (*parquet.PageHeader, error) {
	ahead, err := c.in.Peek(maxHeader)
	if len(ahead) == 0 {
		return nil, err
	}
	mem := &thrift.TMemoryBuffer{Buffer: bytes.NewBuffer(ahead)}
	h := parquet.NewPageHeader()
	p := thrift.NewTCompactProtocolConf(mem, &thrift.TConfiguration{MaxMessageSize: maxHeader})
	if err := h.Read(context.Background(), p); err != nil {
		return nil, errors.New("cannot be parsed")
	}
	_, err = c.in.Discard(len(ahead) - mem.Buffer.Len())
	return h, err
}

// body reads a page's bytes and decompresses them.
func (c *chunkReader) body(size, plain int64) ([]byte, error) {
	// Growing with what is there: a header may promise more than the file has.
	raw, err := io.ReadAll(io.LimitReader(c.in, size))
	if err != nil || int64(len(raw)) != size {
		return nil, errors.New("page ends early")
	}
	switch c.meta.Codec {
	case parquet.CompressionCodec_ZSTD:
		raw, err = c.zstd.DecodeAll(raw, make([]byte, 0, plain))
		if err != nil {
			return nil, fmt.Errorf("page: %w", err)
		}
	case parquet.CompressionCodec_UNCOMPRESSED:
	default:
		return nil, fmt.Errorf("compression %s is not read", c.meta.Codec)
	}
	if int64(len(raw)) != plain {
		return nil, fmt.Errorf("page of %d bytes, its header says %d", len(raw), plain)
	}
	return raw, nil
}

// data decodes a data page of version 1: repetition levels, definition levels,
// values.
func (c *chunkReader) data(body []byte, h *parquet.DataPageHeader) error {
	n := int64(h.NumValues)
	if n < 1 || n > maxValues || n > c.left {
		return fmt.Errorf("page of %d values, %d are left", n, c.left)
	}
	var err error
	if c.maxRep > 0 {
		if c.rep, body, err = c.runLevels(body, n, c.maxRep); err != nil {
			return fmt.Errorf("repetition levels: %w", err)
		}
	}
	if c.def, body, err = c.runLevels(body, n, c.maxDef); err != nil {
		return fmt.Errorf("definition levels: %w", err)
	}
	present := int64(0)
	for _, d := range c.def {
		if int32(d) == c.maxDef {
			present++
		}
	}
	if c.values, err = c.decode(body, h.Encoding, present); err != nil {
		return err
	}
	c.left -= n
	return nil
}

// entry takes the next entry's value; nil if it has none.
func (c *chunkReader) entry() (v any) {
	if int32(c.def[c.pos]) == c.maxDef {
		v = c.values[c.at]
		c.at++
	}
	c.pos++
	return v
}

// runLevels reads n levels, which have a length before them; zeros without
// reading where the greatest level is 0.
func (c *chunkReader) runLevels(body []byte, n int64, most int32) ([]uint8, []byte, error) {
	if err := c.hold(n); err != nil {
		return nil, body, err
	}
	to := make([]uint8, 0, n)
	if most == 0 {
		return to[:n], body, nil
	}
	if len(body) < 4 || uint64(binary.LittleEndian.Uint32(body)) > uint64(len(body)-4) {
		return nil, body, io.ErrUnexpectedEOF
	}
	size := int(binary.LittleEndian.Uint32(body))
	err := runs(body[4:4+size], bits.Len32(uint32(most)), n, func(level int64, times int64) error {
		if level > int64(most) {
			return errValue
		}
		for range times {
			to = append(to, uint8(level))
		}
		return nil
	})
	return to, body[4+size:], err
}

// packed is how many bit-packed numbers are decoded at a time, a multiple of 8.
const packed = 1 << 10

// runs gives n numbers of the RLE and bit-packing hybrid to each, run by run.
func runs(b []byte, width int, n int64, each func(v, times int64) error) error {
	if width > 32 {
		return errValue
	}
	if width == 0 {
		// Zeros, in runs of any form; there is nothing to read.
		return each(0, n)
	}
	for n > 0 {
		head, k := binary.Uvarint(b)
		count := int64(head >> 1)
		if k <= 0 || count < 1 || count > maxValues {
			return errValue
		}
		var err error
		if b = b[k:]; head&1 == 1 {
			b, n, err = bitPacked(b, width, count, n, each)
		} else {
			b, n, err = repeated(b, width, count, n, each)
		}
		if err != nil {
			return err
		}
	}
	if len(b) > 0 {
		return errValue
	}
	return nil
}

// repeated reads a run of one number, of n that are left.
func repeated(b []byte, width int, count, n int64, each func(v, times int64) error) (rest []byte, left int64, err error) {
	size := (width + 7) / 8
	if len(b) < size || count > n {
		return b, n, errValue
	}
	v := int64(0)
	for i := range size {
		v |= int64(b[i]) << (8 * i)
	}
	return b[size:], n - count, each(v, count)
}

// bitPacked reads groups of 8 numbers, of n that are left: the last group is
// filled up.
func bitPacked(b []byte, width int, groups, n int64, each func(v, times int64) error) (rest []byte, left int64, err error) {
	for groups > 0 {
		some := min(packed/8, groups)
		size := some * int64(width)
		if n <= 0 || int64(len(b)) < size {
			return b, n, errValue
		}
		values, err := encoding.ReadBitPacked(bytes.NewReader(b[:size]), uint64(some<<1|1), uint64(width))
		if err != nil || int64(len(values)) != 8*some {
			return b, n, errValue
		}
		for _, v := range values[:min(n, 8*some)] {
			x, ok := v.(int64)
			if !ok {
				return b, n, errValue
			}
			if err := each(x, 1); err != nil {
				return b, n, err
			}
		}
		b, n, groups = b[size:], n-8*some, groups-some
	}
	return b, max(0, n), nil
}

// decode reads n values of the chunk's type.
func (c *chunkReader) decode(body []byte, enc parquet.Encoding, n int64) ([]any, error) {
	switch enc {
	case parquet.Encoding_PLAIN:
		return c.plain(body, n)
	case parquet.Encoding_RLE_DICTIONARY, parquet.Encoding_PLAIN_DICTIONARY:
		if n == 0 {
			return nil, nil
		}
		if len(body) == 0 {
			return nil, io.ErrUnexpectedEOF
		}
		if err := c.hold(16 * n); err != nil {
			return nil, err
		}
		values := make([]any, 0, n)
		err := runs(body[1:], int(body[0]), n, func(x, times int64) error {
			if x < 0 || x >= int64(len(c.dict)) {
				return errors.New("beyond the dictionary")
			}
			for range times {
				values = append(values, c.dict[x])
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("dictionary indexes: %w", err)
		}
		return values, nil
	}
	return nil, fmt.Errorf("encoding %s is not read", enc)
}

// plain reads n PLAIN values, once it is sure that body holds them.
func (c *chunkReader) plain(body []byte, n int64) ([]any, error) {
	if n < 0 || n > maxValues {
		return nil, fmt.Errorf("%d values", n)
	}
	var size int64
	switch c.meta.Type {
	case parquet.Type_BOOLEAN:
		size = (n + 7) / 8
	case parquet.Type_INT32, parquet.Type_FLOAT:
		size = 4 * n
	case parquet.Type_INT64, parquet.Type_DOUBLE:
		size = 8 * n
	case parquet.Type_FIXED_LEN_BYTE_ARRAY:
		size = int64(c.length) * n
	case parquet.Type_BYTE_ARRAY:
		for range n {
			if int64(len(body))-size < 4 {
				return nil, io.ErrUnexpectedEOF
			}
			size += 4 + int64(binary.LittleEndian.Uint32(body[size:]))
			if size > int64(len(body)) {
				return nil, io.ErrUnexpectedEOF
			}
		}
	default:
		return nil, fmt.Errorf("type %s is not read", c.meta.Type)
	}
	if size != int64(len(body)) {
		return nil, fmt.Errorf("%d bytes of values, want %d", len(body), size)
	}
	if n == 0 {
		return nil, nil
	}
	// Each value is boxed: an interface, and what it points to.
	if err := c.hold(32*n + size); err != nil {
		return nil, err
	}
	if c.meta.Type == parquet.Type_BOOLEAN {
		return bools(body, n)
	}
	values, err := encoding.ReadPlain(bytes.NewReader(body), c.meta.Type, uint64(n), uint64(c.length))
	if err != nil || int64(len(values)) != n {
		return nil, errValue
	}
	return values, nil
}

// bools decodes in small steps: the library holds 128 bytes for each.
func bools(body []byte, n int64) ([]any, error) {
	out := make([]any, 0, n)
	for int64(len(out)) < n {
		k := min(n-int64(len(out)), 1<<13)
		some, err := encoding.ReadPlainBOOLEAN(bytes.NewReader(body[len(out)/8:]), uint64(k))
		if err != nil {
			return nil, errValue
		}
		out = append(out, some...)
	}
	return out, nil
}
