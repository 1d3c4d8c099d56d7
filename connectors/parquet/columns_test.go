package parquet_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"lethe/connectors/parquet/replay"
	"lethe/stream"
)

// history loads and publishes one batch after the other on a partition, each by
// an owner of its own if afresh is set.
type history struct {
	t      *testing.T
	dir    string
	sink   stream.Sink
	next   int64
	afresh bool
}

func (h *history) load(schema *stream.Schema, values ...string) stream.Loaded {
	h.t.Helper()
	if h.sink == nil || h.afresh {
		h.sink = open(h.t, h.dir)
	}
	b := batch(schema, values...)
	b.Range.From, b.Range.To = h.next, h.next+int64(len(values))
	for i := range b.List {
		b.List[i].Offset += h.next
	}
	h.next = b.Range.To
	l := load(h.t, h.sink, b)
	if err := h.sink.Publish(context.Background(), l); err != nil {
		h.t.Fatal(err)
	}
	return l
}

// union reads the footers of all published objects as readers do that unite
// them by name, case folded: the type of each column. Numbers are promoted;
// anything else that differs is a clash.
func union(t *testing.T, dir string) map[string]string {
	t.Helper()
	list, err := replay.Manifest(dir, topic)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]string)
	for _, l := range list {
		r, err := file.OpenParquetFile(filepath.Join(dir, l.Object), false)
		if err != nil {
			t.Fatal(err)
		}
		root := r.MetaData().Schema.Root()
		for i := range root.NumFields() {
			name, typ := strings.ToLower(root.Field(i).Name()), readersType(root.Field(i))
			if was, ok := out[name]; ok && was != typ {
				t.Errorf("column %s is %s in some objects and %s in %s", name, was, typ, l.Object)
			}
			out[name] = typ
		}
		r.Close()
	}
	return out
}

func readersType(n schema.Node) string {
	logical := n.LogicalType()
	switch logical := logical.(type) {
	case schema.DecimalLogicalType:
		return "decimal"
	case schema.IntLogicalType:
		return "int"
	default:
		if !logical.IsNone() {
			return logical.String()
		}
	}
	switch typ := n.(*schema.PrimitiveNode).PhysicalType().String(); typ {
	case "INT32", "INT64":
		return "int"
	case "FLOAT", "DOUBLE":
		return "float"
	default:
		return typ
	}
}

// stored are the Parquet names of an object's columns of the row.
func stored(t *testing.T, dir string, l stream.Loaded) []string {
	t.Helper()
	r, err := file.OpenParquetFile(filepath.Join(dir, l.Object), false)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out []string
	for root, i := r.MetaData().Schema.Root(), 0; i < root.NumFields()-6; i++ {
		out = append(out, root.Field(i).Name())
	}
	return out
}

func TestAColumnThatChangesItsTypeIsAnotherColumn(t *testing.T) {
	for _, afresh := range []bool{false, true} {
		h := &history{t: t, dir: t.TempDir(), afresh: afresh}
		for i, step := range []struct {
			typ, value, name string
			want             any
		}{
			{"string", `"[redacted]"`, "x", "[redacted]"},
			{"int32", `1`, "x__v2", int64(1)},
			{"int64", `5000000000`, "x__v2", int64(5000000000)}, // widened in place
			{"timestamptz", `"1970-01-01T00:00:01Z"`, "x__v3", "1970-01-01T00:00:01Z"},
			{"timestamp", `"1970-01-01T00:00:01Z"`, "x__v4", "1970-01-01T00:00:01Z"},
			{"decimal", `"1.50"`, "x", "1.50"}, // stored as text
			{"decimal(10,2)", `"1.5"`, "x__v5", "1.50"},
			{"decimal(12,4)", `"1.5"`, "x__v5", "1.5000"},
			{"decimal(10,0)", `"1"`, "x__v5", "1.0000"}, // never narrower than what was before
			{"decimal(38,38)", `"0.5"`, "x__v6", "0." + "5" + strings.Repeat("0", 37)},
			{"array<int32>", `[1]`, "x__v7", nil},
			{"array<int64>", `[1]`, "x__v8", nil},
			{"float32", `1.5`, "x__v9", 1.5},
			{"float64", `1e300`, "x__v9", 1e300},
			{"int16", `7`, "x__v2", int64(7)},
			{"string", `"again"`, "x", "again"},
			{"json", `{"a":1}`, "x__v10", nil},
			{"bytes", `"AA=="`, "x__v11", nil},
		} {
			l := h.load(typed(t, "id", "int64", "x", step.typ), fmt.Sprintf(`{"id":%d,"x":%s}`, i, step.value))
			if got := stored(t, h.dir, l); !slices.Equal(got, []string{"id", step.name}) {
				t.Errorf("%s: stored as %v, want %s", step.typ, got, step.name)
			}
			if d := decode(t, h.dir, l.Object); d.columns[1][0] != "x" || d.root(t) != l.Root {
				t.Errorf("%s: its true name is %s, its root %s of %s", step.typ, d.columns[1][0], d.root(t), l.Root)
			}
			if step.want == nil {
				continue
			}
			var got any
			err := replay.Replay(h.dir, topic, func(_ int32, offset int64, _, _, _ string, columns map[string]any) error {
				if offset == int64(l.From) {
					got = columns["x"]
				}
				return nil
			})
			if err != nil || got != step.want {
				t.Errorf("%s: read back as %v, %v; want %v", step.typ, got, err, step.want)
			}
		}
		if got := union(t, h.dir); len(got) != 1+11+6 {
			t.Errorf("readers that unite the objects see the columns %v", got)
		}
		if dir := os.Getenv("LETHE_KEEP_LAKE"); dir != "" {
			if err := os.CopyFS(filepath.Join(dir, fmt.Sprint(afresh)), os.DirFS(h.dir)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestColumnsComeAndGoWithoutAClash(t *testing.T) {
	h := &history{t: t, dir: t.TempDir(), afresh: true}
	h.load(typed(t, "id", "int64"), `{"id":1}`)
	h.load(typed(t, "id", "int64", "Email", "string"), `{"id":1,"Email":"a","_unknown_1":"n"}`)
	h.load(typed(t, "id", "int64"), `{"id":1}`) // dropped: null to who reads all
	// Another column than Email, also to readers that fold case; and a column that
	// was unknown before has a type now.
	last := h.load(typed(t, "id", "int64", "email", "int64", "_unknown_1", "bool", "email__v2", "date"), `{"id":1,"email":5}`)
	if got := stored(t, h.dir, last); !slices.Equal(got, []string{"id", "email_2", "_unknown_1__v2", "email__v2"}) {
		t.Errorf("stored as %v", got)
	}
	// The name that a second type of Email would get is another column's.
	last = h.load(typed(t, "id", "int64", "Email", "bool"), `{"id":1,"Email":true}`)
	if got := stored(t, h.dir, last); !slices.Equal(got, []string{"id", "Email__v3"}) {
		t.Errorf("stored as %v", got)
	}
	union(t, h.dir)
}

// Whoever finds objects and no record of their columns learns them from what
// readers see.
func TestColumnsAreFoundAgainInTheObjects(t *testing.T) {
	h := &history{t: t, dir: t.TempDir(), afresh: true}
	h.load(typed(t, "id", "int64", "x", "string"), `{"id":1,"x":"a"}`)
	h.load(typed(t, "id", "int64", "x", "bool"), `{"id":1,"x":true}`)
	if err := os.RemoveAll(filepath.Join(h.dir, "_columns")); err != nil {
		t.Fatal(err)
	}
	last := h.load(typed(t, "id", "int64", "x", "date"), `{"id":1,"x":"2024-02-29Z"}`)
	if got := stored(t, h.dir, last); !slices.Equal(got, []string{"id", "x__v3"}) {
		t.Errorf("stored as %v", got)
	}
	union(t, h.dir)
}

// Owners of different partitions switch to a changed policy at different times.
func TestOwnersThatLoadSideBySideAgreeOnColumns(t *testing.T) {
	dir := t.TempDir()
	types := []string{"string", "int64", "date", "bool", "timestamp", "json"}
	var group sync.WaitGroup
	for p := range 6 {
		s := open(t, dir)
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range types {
				typ, value := types[(i+p)%len(types)], "null"
				b := batch(typed(t, "id", "int64", "x", typ), `{"id":1,"x":`+value+`}`)
				b.Range.Partition, b.Range.From, b.Range.To, b.List[0].Offset = int32(p), int64(i), int64(i+1), int64(i)
				l, err := s.Load(context.Background(), b)
				if err == nil {
					err = s.Publish(context.Background(), l)
				}
				if err != nil {
					t.Errorf("partition %d, type %s: %v", p, typ, err)
				}
				if again, err := s.Load(context.Background(), b); err != nil || again.Object != l.Object {
					t.Errorf("partition %d, type %s: loaded again as %s, %v", p, typ, again.Object, err)
				}
			}
		}()
	}
	group.Wait()
	if got := union(t, dir); len(got) != 1+len(types)+6 {
		t.Errorf("columns %v", got)
	}
}

// The register lies where whoever has no key may write: what would put values under the
// name of another column is refused, and made anew from the objects.
func TestL4AColumnIsNotStoredUnderTheNameOfAnother(t *testing.T) {
	for name, change := range map[string]func(string) string{
		"swapped": func(s string) string {
			return strings.NewReplacer(`"stored":"x"`, `"stored":"city"`, `"stored":"city"`, `"stored":"x"`).Replace(s)
		},
		"two in one": func(s string) string { return strings.Replace(s, `"stored":"x"`, `"stored":"city"`, 1) },
		"another's":  func(s string) string { return strings.Replace(s, `"stored":"x"`, `"stored":"_lethe_key"`, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			h := &history{t: t, dir: t.TempDir(), afresh: true}
			schema := typed(t, "x", "string", "city", "string")
			h.load(schema, `{"x":"a","city":"b"}`)
			files, err := filepath.Glob(filepath.Join(h.dir, "_columns", "*.json"))
			if err != nil || len(files) != 1 {
				t.Fatal(files, err)
			}
			b, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(files[0], 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(files[0], []byte(change(string(b))), 0o600); err != nil {
				t.Fatal(err)
			}
			b2 := batch(schema, `{"x":"c","city":"d"}`)
			b2.Range.From, b2.Range.To, b2.List[0].Offset = 7, 8, 7
			_, err = open(t, h.dir).Load(context.Background(), b2)
			var fault *stream.Fault
			if !errors.As(err, &fault) || fault.Code != "parquet.columns" {
				t.Fatalf("loaded: %v", err)
			}
			if err := os.RemoveAll(filepath.Join(h.dir, "_columns")); err != nil {
				t.Fatal(err)
			}
			if _, err := open(t, h.dir).Load(context.Background(), b2); err != nil {
				t.Error(err)
			}
		})
	}
}
