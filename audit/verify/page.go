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
	in     *bufio.Reader
	zstd   *zstd.Decoder
	meta   *parquet.ColumnMetaData
	length int32 // of FIXED_LEN_BYTE_ARRAY
	maxRep int32
	maxDef int32
	left   int64 // entries not yet read

	dict []any
	levels
	pos int // next entry of levels
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
	h, err := c.header()
	if err != nil {
		return fmt.Errorf("page header: %w", err)
	}
	body, err := c.body(h)
	if err != nil {
		return err
	}
	switch {
	case h.Type == parquet.PageType_DICTIONARY_PAGE && h.DictionaryPageHeader != nil && c.dict == nil:
		c.dict, err = c.plain(body, int64(h.DictionaryPageHeader.NumValues))
		return err
	case h.Type == parquet.PageType_DATA_PAGE && h.DataPageHeader != nil:
		return c.data(body, h.DataPageHeader)
	}
	return fmt.Errorf("page of type %d is not read", h.Type)
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
func (c *chunkReader) body(h *parquet.PageHeader) ([]byte, error) {
	size, plain := int64(h.CompressedPageSize), int64(h.UncompressedPageSize)
	if size < 0 || plain < 0 || plain > maxPage || size > maxPage {
		return nil, fmt.Errorf("page of %d bytes, %d decompressed", size, plain)
	}
	// Growing with what is there: a header may promise more than the file has.
	raw, err := io.ReadAll(io.LimitReader(c.in, size))
	if err != nil || int64(len(raw)) != size {
		return nil, errors.New("page ends early")
	}
	switch c.meta.Codec {
	case parquet.CompressionCodec_ZSTD:
		raw, err = c.zstd.DecodeAll(raw, nil)
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
	if c.rep, body, err = c.runLevels(c.rep, body, n, c.maxRep); err != nil {
		return fmt.Errorf("repetition levels: %w", err)
	}
	if c.def, body, err = c.runLevels(c.def, body, n, c.maxDef); err != nil {
		return fmt.Errorf("definition levels: %w", err)
	}
	present := int64(0)
	for _, d := range c.def {
		if d == c.maxDef {
			present++
		}
	}
	values, err := c.decode(body, h.Encoding, present)
	if err != nil {
		return err
	}
	if present < n {
		aligned, k := make([]any, n), 0
		for i, d := range c.def {
			if d == c.maxDef {
				aligned[i] = values[k]
				k++
			}
		}
		values = aligned
	}
	c.values, c.pos = values, 0
	c.left -= n
	return nil
}

// runLevels reads n levels, which have a length before them; zeros without
// reading where the greatest level is 0.
func (c *chunkReader) runLevels(to []int32, body []byte, n int64, most int32) ([]int32, []byte, error) {
	to = append(to[:0], make([]int32, n)...)
	if most == 0 {
		return to, body, nil
	}
	if len(body) < 4 || uint64(binary.LittleEndian.Uint32(body)) > uint64(len(body)-4) {
		return to, body, io.ErrUnexpectedEOF
	}
	size := int(binary.LittleEndian.Uint32(body))
	values, err := runs(body[4:4+size], bits.Len32(uint32(most)), n)
	if err != nil {
		return to, body, err
	}
	for i := range to {
		l, ok := values[i].(int64)
		if !ok || l > int64(most) {
			return to, body, errValue
		}
		to[i] = int32(l)
	}
	return to, body[4+size:], nil
}

// runs decodes n numbers of the RLE and bit-packing hybrid.
func runs(b []byte, width int, n int64) ([]any, error) {
	if width > 32 {
		return nil, errValue
	}
	if width == 0 {
		// One run of zeros, of any form; there is nothing to read.
		out := make([]any, n)
		for i := range out {
			out[i] = int64(0)
		}
		return out, nil
	}
	total := uint64(0)
	for rest := b; len(rest) > 0; {
		head, k := binary.Uvarint(rest)
		if k <= 0 || head>>1 > maxValues {
			return nil, errValue
		}
		count, size := head>>1, uint64(width+7)/8
		if head&1 == 1 {
			count, size = count*8, count*uint64(width)
		}
		if total += count; uint64(len(rest)-k) < size || total > uint64(n)+8 {
			return nil, errValue
		}
		rest = rest[uint64(k)+size:]
	}
	if total < uint64(n) {
		return nil, io.ErrUnexpectedEOF
	}
	values, err := encoding.ReadRLEBitPackedHybrid(bytes.NewReader(b), uint64(width), uint64(len(b)))
	if err != nil || int64(len(values)) < n {
		return nil, errValue
	}
	return values[:n], nil
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
		values, err := runs(body[1:], int(body[0]), n)
		if err != nil {
			return nil, fmt.Errorf("dictionary indexes: %w", err)
		}
		for i, v := range values {
			x, ok := v.(int64)
			if !ok || x < 0 || x >= int64(len(c.dict)) {
				return nil, errors.New("index beyond the dictionary")
			}
			values[i] = c.dict[x]
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
