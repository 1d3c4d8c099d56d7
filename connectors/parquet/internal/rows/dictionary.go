package rows

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	pq "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
)

const (
	fewValues = 32     // a column with fewer values needs no dictionary
	slackness = 16     // words that are allowed before any value repeats
	repeats   = 8      // values for each word that a dictionary must have
	pageRows  = 16_384 // rows in a page of indices
	batchRows = 1024   // rows that the writer takes at once
)

// dictionary holds the values of a column that repeats itself: each word once,
// in the order in which they came, and a reference for every value.
type dictionary struct {
	index map[string]int32
	words []pq.ByteArray
	refs  []int32
	size  int // bytes of all words there ever were
}

// putText appends v to the values.
func (c *column) putText(v []byte) {
	d := c.dict
	if d == nil {
		c.bytes = append(c.bytes, v)
		return
	}
	i, ok := d.index[string(v)]
	if !ok {
		d.size += len(v)
		if len(d.words) >= slackness+len(d.refs)/repeats || d.size > pageBytes {
			c.spell()
			c.bytes = append(c.bytes, v)
			return
		}
		i = int32(len(d.words))
		d.index[string(v)] = i
		d.words = append(d.words, v)
	}
	if len(d.refs) == cap(d.refs) && c.room > len(d.refs) {
		d.refs = append(make([]int32, 0, c.room), d.refs...)
	}
	d.refs = append(d.refs, i)
}

// text is value i.
func (c *column) text(i int) []byte {
	if c.dict != nil {
		return c.dict.words[c.dict.refs[i]]
	}
	return c.bytes[i]
}

// spell gives up the dictionary.
func (c *column) spell() {
	d := c.dict
	c.dict = nil
	c.bytes = make([]pq.ByteArray, len(d.refs), max(len(d.refs), c.room))
	for i, r := range d.refs {
		c.bytes[i] = d.words[r]
	}
}

// cut takes back values from v on, and words from w on.
func (d *dictionary) cut(v, w int) {
	for _, word := range d.words[w:] {
		delete(d.index, string(word))
	}
	d.words, d.refs = d.words[:w], d.refs[:v]
}

// write writes the dictionary and the references [v, to) of rows with the given
// definition levels, nil for a required column.
func (d *dictionary) write(w *file.ByteArrayColumnChunkWriter, def []int16, v, to int) error {
	encoder, ok := w.CurrentEncoder().(interface{ PutDictionary(arrow.Array) error })
	if !ok {
		return fmt.Errorf("encoder %T takes no dictionary", w.CurrentEncoder())
	}
	words := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	defer words.Release()
	for _, word := range d.words {
		words.Append(word)
	}
	list := words.NewArray()
	defer list.Release()
	if err := encoder.PutDictionary(list); err != nil {
		return err
	}
	rows := len(def)
	if def == nil {
		rows = to - v
	}
	stamps := make([]int, len(d.words)) // the batch that has seen a word, counted from 1
	refs := make([]int32, batchRows)
	valid := make([]byte, batchRows/8)
	for from := 0; from < rows; from += batchRows {
		n := min(batchRows, rows-from)
		var levels []int16
		if def != nil {
			levels = def[from : from+n]
		}
		nulls := d.spread(refs[:n], valid, levels, v)
		d.observe(w, stamps, from/batchRows+1, d.refs[v:v+n-nulls], nulls)
		v += n - nulls
		data := array.NewData(arrow.PrimitiveTypes.Int32, n,
			[]*memory.Buffer{memory.NewBufferBytes(valid), memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(refs))}, nil, nulls, 0)
		indices := array.NewInt32Data(data)
		err := w.WriteDictIndices(indices, levels, nil)
		indices.Release()
		data.Release()
		if err != nil {
			return err
		}
		if (from+n)%pageRows == 0 && from+n < rows {
			if err := w.FlushCurrentPage(); err != nil {
				return err
			}
		}
	}
	return nil
}

// spread writes the references from v on to the rows that have a value, marks
// those in valid, and returns how many have none.
func (d *dictionary) spread(refs []int32, valid []byte, levels []int16, v int) (nulls int) {
	clear(valid)
	for i := range refs {
		if levels != nil && levels[i] == 0 {
			refs[i] = 0
			nulls++
			continue
		}
		refs[i] = d.refs[v]
		v++
		valid[i/8] |= 1 << (i % 8)
	}
	return nulls
}

// observe tells the statistics of the page about a batch: each word in it once.
func (d *dictionary) observe(w *file.ByteArrayColumnChunkWriter, stamps []int, batch int, refs []int32, nulls int) {
	stats, ok := w.PageStatistics().(*metadata.ByteArrayStatistics)
	if !ok {
		return
	}
	var words []pq.ByteArray
	for _, r := range refs {
		if stamps[r] != batch {
			stamps[r] = batch
			words = append(words, d.words[r])
		}
	}
	stats.Update(words, int64(nulls))
}
