package sinktest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"lethe/stream"
)

// Change is a change of a row of [Schema], as [Rows] writes it.
type Change struct {
	ID      int64
	Name    string
	Op      string // c, u, r, d, t
	Keyless bool
}

// Rows are the rows of changes from an offset on.
func Rows(partition int32, from int64, changes ...Change) stream.Rows {
	b := stream.Rows{Schema: Schema(), Policy: strings.Repeat("5e", 32),
		Range: stream.Range{Topic: Topic, Partition: partition, From: from, To: from + int64(len(changes))}}
	for i, c := range changes {
		offset := from + int64(i)
		r := stream.Row{Offset: offset,
			Seq: stream.NewSeq(0, uint64(offset), uint64(partition))}
		if !c.Keyless && c.Op != "t" {
			r.Key = fmt.Appendf(nil, `{"id":%d}`, c.ID)
		}
		name, _ := json.Marshal(c.Name) // strings cannot fail
		after := fmt.Sprintf(`{"id":%d,"name":%s}`, c.ID, name)
		switch c.Op {
		case "d":
			r.Value = fmt.Appendf(nil, `{"before":{"id":%d},"after":null,"op":"d","ts_ms":7}`, c.ID)
		case "t":
			r.Value = []byte(`{"before":null,"after":null,"op":"t","ts_ms":7}`)
		default:
			r.Value = fmt.Appendf(nil, `{"before":null,"after":%s,"op":%q,"ts_ms":7}`, after, c.Op)
		}
		b.List = append(b.List, r)
	}
	return b
}

// changes are creations, one per offset, keys apart by partition.
func changes(partition int32, from, to int64) stream.Rows {
	var all []Change
	for o := from; o < to; o++ {
		all = append(all, Change{ID: int64(partition)*1_000_000 + o, Name: fmt.Sprintf("name %d of %d", o, partition), Op: "c"})
	}
	return Rows(partition, from, all...)
}

func (h Harness) open(t *testing.T) stream.Sink {
	t.Helper()
	s, err := h.Open()
	if err != nil {
		t.Fatalf("open sink: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func load(t *testing.T, s stream.Sink, b stream.Rows) stream.Loaded {
	t.Helper()
	l, err := s.Load(context.Background(), b)
	if err != nil {
		t.Fatalf("load %s: %v", b.Range, err)
	}
	return l
}

func publish(t *testing.T, s stream.Sink, l stream.Loaded) {
	t.Helper()
	if err := s.Publish(context.Background(), l); err != nil {
		t.Fatalf("publish %s: %v", l.Object, err)
	}
}

func (h Harness) rows(t *testing.T) []Row {
	t.Helper()
	rows, err := h.Rows(Topic)
	if err != nil {
		t.Fatalf("read rows: %v", err)
	}
	return rows
}

// want fails the test unless readers see the records of the batches once each,
// or of each key the newest.
func (h Harness) want(t *testing.T, batches ...stream.Rows) {
	t.Helper()
	var want []Row
	for _, b := range batches {
		for _, r := range b.List {
			want = append(want, expected(t, b.Range.Partition, r))
		}
	}
	got := h.rows(t)
	if !h.Traits.Every {
		got, want = newest(got), newest(want)
		for i := range got { // where a row was read is not kept
			got[i].Partition, got[i].Offset = want[min(i, len(want)-1)].Partition, want[min(i, len(want)-1)].Offset
		}
	}
	order := func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	}
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if len(got) != len(want) {
		t.Fatalf("readers see %d rows, want %d", len(got), len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("readers see %s, want %s", got[i], want[i])
		}
	}
}

// expected is the row of a record that Rows wrote.
func expected(t *testing.T, partition int32, r stream.Row) Row {
	t.Helper()
	var e struct {
		Op    string
		After *struct {
			ID   *int64
			Name *string
		}
	}
	if err := json.Unmarshal(r.Value, &e); err != nil {
		t.Fatal(err)
	}
	row := Row{Partition: partition, Offset: r.Offset, Op: e.Op, Key: string(r.Key), Seq: r.Seq.String()}
	if e.After != nil {
		row.ID, row.Name = e.After.ID, e.After.Name
	}
	if e.Op == "d" && r.Key != nil {
		var key struct{ ID *int64 }
		if err := json.Unmarshal(r.Key, &key); err != nil {
			t.Fatal(err)
		}
		row.ID = key.ID
	}
	return row
}

// newest keeps the row of each key with the highest seq.
func newest(rows []Row) []Row {
	best := map[string]Row{}
	var out []Row
	for _, r := range rows {
		if r.Key == "" {
			out = append(out, r)
		} else if old, ok := best[r.Key]; !ok || old.Seq < r.Seq {
			best[r.Key] = r
		}
	}
	for _, r := range best {
		if r.Op != "d" {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b Row) int { return cmp.Compare(a.Seq, b.Seq) })
	return out
}

// String shows a row of the suite, whose values are nobody's.
func (r Row) String() string {
	show := func(v any) string {
		b, _ := json.Marshal(v)
		return string(b)
	}
	return fmt.Sprintf("%d/%d %s %s seq %s id %s name %s", r.Partition, r.Offset, r.Op, r.Key, r.Seq, show(r.ID), show(r.Name))
}
