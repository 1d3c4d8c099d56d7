package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lethe/stream"
)

func testCheck(t *testing.T, h Harness) {
	src, err := h.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if err := src.Check(t.Context()); err != nil {
		t.Fatalf("check: %v", err)
	}
}

func testDiscover(t *testing.T, h Harness) {
	src, err := h.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	schemas, err := src.Discover(t.Context())
	if err != nil {
		t.Fatalf("discover: %v", err)
	}
	i := slices.IndexFunc(schemas, func(s stream.Schema) bool { return s.Stream == h.Stream })
	if i < 0 {
		t.Fatalf("discover does not name %s", h.Stream)
	}
	id, ok := schemas[i].Field("id")
	if !ok || id.Type.Base != stream.Int {
		t.Errorf("column id has type %s", id.Type)
	}
	name, ok := schemas[i].Field("name")
	if !ok || name.Type.Base != stream.String {
		t.Errorf("column name has type %s", name.Type)
	}
	if !slices.Equal(schemas[i].Key, []string{"id"}) {
		t.Errorf("the key is %q", schemas[i].Key)
	}
}

// testSample is for sources that are a [stream.Sampler], too.
func testSample(t *testing.T, h Harness) {
	src, err := h.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	sampler, ok := src.(stream.Sampler)
	if !ok {
		return
	}
	ask := func(n int) (ids []int64) {
		must(t, sampler.Sample(t.Context(), h.Stream, []string{"name", "id"}, n, func(row [][]byte) {
			id, err := strconv.ParseInt(string(row[1]), 10, 64)
			if err != nil || string(row[0]) != fmt.Sprint("name ", id) {
				t.Fatalf("a row of name %q and id %q", row[0], row[1])
			}
			ids = append(ids, id)
		}))
		return ids
	}
	if ids := ask(10); len(ids) > 0 {
		t.Fatalf("%d rows of an empty table", len(ids))
	}
	const rows = 5000
	fill(t, h, rows)
	some := ask(100)
	if len(some) < 50 || len(some) > 200 || slices.Max(some)-slices.Min(some) < rows/2 {
		t.Errorf("%d rows between %d and %d for 100 of %d", len(some), slices.Min(some), slices.Max(some), rows)
	}
	if !slices.Equal(some, ask(100)) {
		t.Error("another sample of the same table")
	}
	if all := ask(2 * rows); len(all) != rows {
		t.Errorf("%d rows for all %d", len(all), rows)
	}
}

func testEmpty(t *testing.T, h Harness) {
	r := read(t, h, stream.Position{})
	r.untilCaughtUp()
	if n := len(r.records()); n > 0 {
		t.Errorf("%d records of an empty table", n)
	}
}

func testSnapshot(t *testing.T, h Harness) {
	want := fill(t, h, 2500)
	r := read(t, h, stream.Position{})
	r.untilTable(want)
	r.untilCaughtUp()
	seen := map[string]int{}
	for _, rec := range r.records() {
		seen[string(rec.Key)]++
		if op := parse(rec).Op; op != "r" {
			t.Fatalf("a row of the snapshot has op %s", op)
		}
	}
	for _, n := range seen {
		if n != 1 {
			t.Fatalf("a row was given %d times", n)
		}
	}
}

func testChanges(t *testing.T, h Harness) {
	want := fill(t, h, 3)
	r := read(t, h, stream.Position{})
	r.untilTable(want)
	r.untilCaughtUp()
	start := len(r.records())
	step := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		r.untilTable(want)
	}
	want[10] = "ten"
	step(h.Put(Row{10, "ten"}))
	want[10] = "zehn"
	step(h.Put(Row{10, "zehn"}))
	want[1], want[11] = "eins", "elf"
	step(h.Put(Row{1, "eins"}, Row{11, "elf"}))
	delete(want, 10)
	step(h.Delete(10))
	if !h.Traits.Every {
		return
	}
	var ops []string
	for _, rec := range r.records()[start:] {
		ops = append(ops, parse(rec).Op)
	}
	if got := strings.Join(ops, " "); got != "c u u c d" {
		t.Errorf("the changes were given as %q", got)
	}
}

func testConcurrent(t *testing.T, h Harness) {
	want := fill(t, h, 3000)
	r := read(t, h, stream.Position{})
	for i := range int64(200) {
		rows := []Row{{i * 7, fmt.Sprint("changed ", i)}, {5000 + i, fmt.Sprint("new ", i)}}
		if err := h.Put(rows...); err != nil {
			t.Fatal(err)
		}
		want[rows[0].ID], want[rows[1].ID] = rows[0].Name, rows[1].Name
		if i%4 == 0 {
			if err := h.Delete(i*7+3, 5000+i); err != nil {
				t.Fatal(err)
			}
			delete(want, i*7+3)
			delete(want, 5000+i)
		}
	}
	r.untilTable(want)
}

// testResume cuts a reading after each of its batches and reads on from there.
func testResume(t *testing.T, h Harness) {
	want := fill(t, h, 2300)
	first := read(t, h, stream.Position{})
	first.untilTable(want)
	var many []Row
	for i := range int64(2200) {
		many = append(many, Row{10000 + i, fmt.Sprint("one transaction ", i)})
		want[10000+i] = many[i].Name
	}
	must(t, h.Put(many...))
	first.untilTable(want)
	for i := range int64(5) {
		must(t, h.Put(Row{i, "last"}))
		want[i] = "last"
	}
	must(t, h.Delete(20, 10001))
	delete(want, 20)
	delete(want, 10001)
	first.untilTable(want)
	first.stop()
	all := first.given()
	step := max(1, len(all)/12)
	for i := 0; i < len(all); i += step {
		again := read(t, h, all[i].Position)
		again.untilTable(want, all[:i+1]...)
		again.untilCaughtUp()
		again.stop()
		if h.Traits.Every {
			sameAgain(t, i, all[i+1:], again.given())
		}
	}
}

func testAgain(t *testing.T, h Harness) {
	want := fill(t, h, 2300)
	first := read(t, h, stream.Position{})
	first.untilTable(want)
	first.untilCaughtUp()
	first.stop()
	all := first.given()
	h.Again(7)
	must(t, h.Put(Row{1, "changed"}, Row{9000, "new"}))
	want[1], want[9000] = "changed", "new"
	second := read(t, h, all[len(all)-1].Position)
	second.untilTable(want) // without what was given before
	second.untilCaughtUp()
	second.stop()
	rows, truncated := map[string]int{}, 0
	for _, rec := range second.records() {
		switch parse(rec).Op {
		case "t":
			truncated++
		case "r":
			if rows[string(rec.Key)]++; truncated != 1 || rows[string(rec.Key)] > 1 {
				t.Fatalf("a row comes after %d truncates, %d times", truncated, rows[string(rec.Key)])
			}
		}
	}
	if truncated != 1 {
		t.Errorf("%d truncates", truncated)
	}
	before := len(all)
	all = append(all, second.given()...)
	for i := before; i < len(all); i += max(1, (len(all)-before)/6) {
		resumed := read(t, h, all[i].Position)
		resumed.untilTable(want, all[:i+1]...)
		resumed.untilCaughtUp()
		resumed.stop()
	}
	last := read(t, h, all[len(all)-1].Position)
	last.untilCaughtUp()
	last.stop()
	if n := len(last.records()); n > 0 && h.Traits.Every {
		t.Errorf("%d records under a number that all rows were given under", n)
	}
}

// sameAgain compares the changes of the rest of one reading with those of
// another from the same place, byte for byte. Rows of a snapshot may come under
// a new watermark.
func sameAgain(t *testing.T, i int, rest, again []stream.Batch) {
	t.Helper()
	a, b := changes(rest), changes(again)
	if len(a) != len(b) {
		t.Fatalf("after batch %d: %d changes, and %d when read again", i, len(a), len(b))
	}
	for j := range a {
		if a[j] != b[j] {
			t.Fatalf("after batch %d: change %d is another one when read again", i, j)
		}
	}
}

func changes(batches []stream.Batch) []string {
	var all []string
	for _, b := range batches {
		for _, rec := range b.Records {
			if parse(rec).Op != "r" {
				all = append(all, rec.Stream+rec.Seq.String()+string(rec.Key)+string(rec.Value)+fmt.Sprint(rec.Unchanged))
			}
		}
	}
	return all
}

func testCommit(t *testing.T, h Harness) {
	want := fill(t, h, 50)
	r := read(t, h, stream.Position{})
	r.untilTable(want)
	r.untilCaughtUp()
	var last stream.Position
	for _, b := range r.given() {
		last = b.Position
		must(t, r.src.Commit(t.Context(), last))
	}
	r.stop()
	must(t, h.Put(Row{100, "later"}))
	next := read(t, h, last)
	next.until("the row written between the two readings", func() bool { return len(next.records()) > 0 })
	next.untilCaughtUp()
	if n := len(next.records()); n != 1 {
		t.Errorf("%d records after the committed position, want 1", n)
	}
	must(t, next.src.Commit(t.Context(), last))
}

func testSlow(t *testing.T, h Harness) {
	want := fill(t, h, 1500)
	r := readSlowly(t, h, stream.Position{}, 300*time.Millisecond)
	for i := range int64(20) {
		must(t, h.Put(Row{i, fmt.Sprint("again ", i)}))
		want[i] = fmt.Sprint("again ", i)
	}
	r.untilTable(want)
}

func testSchemas(t *testing.T, h Harness) {
	want := fill(t, h, 3)
	r := read(t, h, stream.Position{})
	r.untilTable(want)
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.shapes[h.Stream]
	if !ok || !slices.Equal(s.Key, []string{"id"}) || len(s.Fields) < 2 {
		t.Errorf("the shape told of %s has %d fields and key %q", h.Stream, len(s.Fields), s.Key)
	}
}

func testEmitError(t *testing.T, h Harness) {
	fill(t, h, 10)
	src, err := h.Open()
	must(t, err)
	defer src.Close()
	refused := errors.New("the receiver is full")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err = src.Read(ctx, stream.Position{}, func(b stream.Batch) error { return refused })
	if !errors.Is(err, refused) {
		t.Fatalf("Read returned %v", err)
	}
}

func testCancel(t *testing.T, h Harness) {
	want := fill(t, h, 10)
	r := read(t, h, stream.Position{})
	r.untilTable(want)
	r.cancel()
	select {
	case err := <-r.ended:
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("Read returned %v", err)
		}
		r.ended <- err
	case <-time.After(10 * time.Second):
		t.Fatal("Read did not end with its context")
	}
}

func testLabels(t *testing.T, h Harness) {
	const canary, id = "somchai.canary@example.org", int64(7741852963)
	must(t, h.Put(Row{id, canary}, Row{id + 1, canary}))
	r := read(t, h, stream.Position{})
	r.until("the snapshot", func() bool { return len(r.records()) >= 2 })
	must(t, h.Put(Row{id, canary + "2"}))
	r.until("a change", func() bool { return len(r.records()) >= 3 })
	for _, b := range r.given() {
		if strings.Contains(b.Position.Label, canary) || strings.Contains(b.Position.Label, fmt.Sprint(id)) {
			t.Fatal("the label of a position holds a value")
		}
		if b.Position.Label == "" {
			t.Fatal("a position has no label")
		}
	}
}

func fill(t *testing.T, h Harness, n int64) table {
	t.Helper()
	want := table{}
	var rows []Row
	for i := range n {
		rows = append(rows, Row{i, fmt.Sprint("name ", i)})
		want[i] = rows[i].Name
	}
	must(t, h.Put(rows...))
	return want
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
