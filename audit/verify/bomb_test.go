package verify

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/xitongsys/parquet-go/parquet"
	"golang.org/x/mod/sumdb/tlog"
)

func thriftBytes(t *testing.T, s interface {
	Write(context.Context, thrift.TProtocol) error
}) []byte {
	t.Helper()
	buf := thrift.NewTMemoryBuffer()
	if err := s.Write(t.Context(), thrift.NewTCompactProtocolConf(buf, nil)); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// bomb is a small file of as many nulls as its columns and values say: every
// column has the same page.
func bomb(t *testing.T, columns, values int) []byte {
	t.Helper()
	levels := append(binary.AppendUvarint(nil, uint64(values)<<1), 0) // one run of zeros
	body := append(binary.LittleEndian.AppendUint32(nil, uint32(len(levels))), levels...)
	h := parquet.NewPageHeader()
	h.Type = parquet.PageType_DATA_PAGE
	h.UncompressedPageSize, h.CompressedPageSize = int32(len(body)), int32(len(body))
	h.DataPageHeader = parquet.NewDataPageHeader()
	h.DataPageHeader.NumValues, h.DataPageHeader.Encoding = int32(values), parquet.Encoding_PLAIN
	page := append(thriftBytes(t, h), body...)
	file := bytes.NewBufferString("PAR1")
	file.Write(page)

	n, typ, opt := int32(columns), parquet.Type_INT64, parquet.FieldRepetitionType_OPTIONAL
	foot, g := parquet.NewFileMetaData(), parquet.NewRowGroup()
	foot.Version, foot.NumRows, g.NumRows = 1, int64(values), int64(values)
	foot.Schema = []*parquet.SchemaElement{{Name: "r", NumChildren: &n}}
	var names [][2]string
	for i := range columns {
		name := fmt.Sprintf("c%d", i)
		switch i {
		case columns - 2:
			name = "_lethe_offset"
		case columns - 1:
			name = "_lethe_partition"
		}
		names = append(names, [2]string{name, "int64"})
		foot.Schema = append(foot.Schema, &parquet.SchemaElement{Name: name, Type: &typ, RepetitionType: &opt})
		c := parquet.NewColumnChunk()
		c.MetaData = parquet.NewColumnMetaData()
		m := c.MetaData
		m.Type, m.PathInSchema, m.NumValues = typ, []string{name}, int64(values)
		m.DataPageOffset, m.TotalCompressedSize, m.TotalUncompressedSize = 4, int64(len(page)), int64(len(page))
		g.Columns = append(g.Columns, c)
	}
	foot.RowGroups = []*parquet.RowGroup{g}
	list, _ := json.Marshal(names)
	for k, v := range map[string]string{"lethe-row-hash": "lethe-row-v1", "lethe-file-salt": "00", "lethe-columns": string(list)} {
		foot.KeyValueMetadata = append(foot.KeyValueMetadata, &parquet.KeyValue{Key: k, Value: &v})
	}
	b := thriftBytes(t, foot)
	file.Write(b)
	file.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(b))))
	file.WriteString("PAR1")
	return file.Bytes()
}

func TestL4ASmallFileOfManyNullsIsNamedAndNotHeld(t *testing.T) {
	w := newWorld(t)
	raw := bomb(t, 200, 1<<24)
	w.tamperObject = func([]byte) []byte { return raw }
	w.run(1).follow()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := w.verify()
	runtime.ReadMemStats(&after)
	named(t, r, CodeObjectSHA256, maskedTopic)
	named(t, r, CodeObjectCount, "16777216 rows, and 18 by receipt")
	if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 {
		t.Errorf("%d bytes were allocated for a file of %d", got, len(raw))
	}
}

func TestL4WhatAReceiptOfAsManyRowsNamesIsHeldUpToABound(t *testing.T) {
	for _, c := range []struct {
		columns, values int
		want            error
	}{{40, 1 << 20, errHeld}, {4, 1 << 20, nil}} {
		raw := bomb(t, c.columns, c.values)
		b := &budget{limit: 8 << 20, rows: -1}
		o, err := openObject(bytes.NewReader(raw), int64(len(raw)), b)
		if err != nil {
			t.Fatal(err)
		}
		err = o.rows(t.Context(), 0, 0, 1<<40, func(tlog.Hash, []byte) {})
		var fault *rowFault
		if !errors.As(err, &fault) || errors.Is(fault.err, errHeld) != (c.want == errHeld) || b.peak > b.limit {
			t.Errorf("%d columns: %v, %d bytes held", c.columns, err, b.peak)
		}
	}
}

func TestL4RowsOfAChangedFileAreReadUpToABound(t *testing.T) {
	tb := &table{to: 50}
	for i := range int64(50) {
		tb.offsets = append(tb.offsets, i)
	}
	raw, _, _ := tb.write(t)
	for rows, want := range map[int64]error{-1: nil, 1 << 20: nil, 1000: errChanged} {
		o, err := openObject(bytes.NewReader(raw), int64(len(raw)), &budget{limit: maxHeld, rows: rows})
		if err != nil {
			t.Fatal(err)
		}
		err = o.rows(t.Context(), 0, 0, 50, func(tlog.Hash, []byte) {})
		var fault *rowFault
		if errors.As(err, &fault) && fault.err != want || (err == nil) != (want == nil) {
			t.Errorf("%d bytes: %v", rows, err)
		}
	}
}
