package rows

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/parquet/file"

	"lethe/stream"
)

// A reader that does not trust a file bounds its pages, so they are bounded
// here: a page holds at most two runs of rows.
func TestPagesAreBoundedByBytes(t *testing.T) {
	const largest = 700 << 10
	schema := &stream.Schema{Stream: "s.p.t"}
	for _, typ := range []string{"string", "json", "array<string>", "bytes"} {
		f := one(t, typ).Fields[0]
		f.Name = typ
		schema.Fields = append(schema.Fields, f)
	}
	table, err := New(stream.Range{To: 60}, schema, nil, 60)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		text := func(n int) string { return fmt.Sprint(i%6) + strings.Repeat("x", n) }
		v := fmt.Sprintf(`{"op":"c","after":{"string":"%s","json":{"a":"%d %s"},"array<string>":["%s","%s"],"bytes":"%s"}}`,
			text(300<<10), i, text(200<<10), text(i), text(largest/2), strings.Repeat("AAAA", 1+i%3))
		if i%5 == 0 {
			v = `{"op":"c","after":{}}`
		}
		if err := table.Append(&stream.Row{Offset: int64(i), Value: []byte(v)}); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := table.Write(&out, table.Names(), nil); err != nil {
		t.Fatal(err)
	}
	r, err := file.NewParquetReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for c := range r.MetaData().Schema.NumColumns() {
		pages, err := r.RowGroup(0).GetColumnPageReader(c)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for pages.Next() {
			n++
			if size := len(pages.Page().Data()); size > 2*pageBytes+largest {
				t.Errorf("column %d: page %d has %d bytes", c, n, size)
			}
		}
		if err := pages.Err(); err != nil {
			t.Fatal(err)
		}
		if few := c < 3; few && n < 5 {
			t.Errorf("column %d: all in %d pages", c, n)
		}
	}
}

func TestDeletesLeaveNoWordsInADictionary(t *testing.T) {
	table, err := New(stream.Range{To: 100}, one(t, "string"), nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		v := `{"op":"c","after":{"v":"kept"}}`
		if i == 50 {
			v = `{"after":{"v":"gone"},"op":"d","before":null}`
		}
		if err := table.Append(&stream.Row{Offset: int64(i), Value: []byte(v)}); err != nil {
			t.Fatal(err)
		}
	}
	if d := table.cols[0].dict; d == nil || len(d.words) != 1 || len(d.index) != 1 || len(d.refs) != 99 {
		t.Errorf("the dictionary is %+v", d)
	}
}
