package parquet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/xitongsys/parquet-go/reader"

	"lethe/connectors"
	"lethe/connectors/parquet"
	"lethe/connectors/parquet/replay"
	"lethe/stream"
)

func TestL2ANewOwnerAdoptsAnEqualObject(t *testing.T) {
	dir := t.TempDir()
	b := customers(t, 3000)
	first := load(t, open(t, dir), b)
	path := filepath.Join(dir, first.Object)
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	if to, err := s.Position(context.Background(), stream.Range{Topic: topic}); err != nil || to != 3000 {
		t.Fatalf("position %d, %v", to, err)
	}
	if again := load(t, s, b); !reflect.DeepEqual(again, first) {
		t.Errorf("recomputed %+v, want %+v", again, first)
	}
	after, err := os.Stat(path)
	if err != nil || !os.SameFile(before, after) || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("the object was written again: %v", err)
	}
	if files := objects(t, dir); len(files) != 1 {
		t.Errorf("objects %v, want one", files)
	}
}

func TestL2AnOrphanWithOtherBytesIsIgnoredAndNotListed(t *testing.T) {
	dir := t.TempDir()
	other := batch(typed(t, "id", "int64"), `{"id":1}`, `{"id":2}`, `{"id":3}`)
	orphan := load(t, open(t, dir), other)
	content, err := os.ReadFile(filepath.Join(dir, orphan.Object))
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	if to, err := s.Position(context.Background(), stream.Range{Topic: topic, Partition: 3}); err != nil || to != 3 {
		t.Fatalf("position %d, %v", to, err)
	}
	b := batch(typed(t, "id", "int64"), `{"id":1}`, `{"id":2}`, `{"id":4}`) // computes other bytes
	l := load(t, s, b)
	if err := s.Publish(context.Background(), l); err != nil {
		t.Fatal(err)
	}
	if l.Object == orphan.Object {
		t.Fatalf("two contents have one name, %s", l.Object)
	}
	if again, err := os.ReadFile(filepath.Join(dir, orphan.Object)); err != nil || string(again) != string(content) {
		t.Errorf("the orphan was touched: %v", err)
	}
	list, err := replay.Manifest(dir, topic)
	if err != nil || len(list) != 1 || list[0].Object != l.Object {
		t.Errorf("the manifest lists %v, %v", list, err)
	}
	var ids []any
	err = replay.Replay(dir, topic, func(_ int32, _ int64, _, _, _ string, c map[string]any) error {
		ids = append(ids, c["id"])
		return nil
	})
	if want := []any{int64(1), int64(2), int64(4)}; err != nil || !reflect.DeepEqual(ids, want) {
		t.Errorf("readers see %v, %v; want %v", ids, err, want)
	}
}

func TestL2ANameIsNeverGivenToOtherBytes(t *testing.T) {
	dir := t.TempDir()
	b := batch(typed(t, "id", "int64"), `{"id":1}`)
	l := load(t, open(t, dir), b)
	path := filepath.Join(dir, l.Object)
	for name, torn := range map[string]func([]byte) []byte{
		"cut off": func(b []byte) []byte { return b[:len(b)/2] },
		"changed": func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
	} {
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		bad := torn(append([]byte{}, good...))
		if err := os.WriteFile(path, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := open(t, dir).Load(context.Background(), b); err == nil {
			t.Errorf("an object that was %s was taken for the one computed", name)
		}
		if now, err := os.ReadFile(path); err != nil || string(now) != string(bad) {
			t.Errorf("an object that was %s was overwritten: %v", name, err)
		}
		if err := os.WriteFile(path, good, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestL2AManifestIsNeverOverwritten(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	l := load(t, s, batch(typed(t, "id", "int64"), `{"id":1}`))
	if err := s.Publish(context.Background(), l); err != nil {
		t.Fatal(err)
	}
	other := load(t, open(t, t.TempDir()), batch(typed(t, "id", "int64"), `{"id":2}`))
	if err := s.Publish(context.Background(), other); err == nil {
		t.Error("an object that is not there was published")
	}
	if err := os.WriteFile(filepath.Join(dir, other.Object), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := s.Publish(context.Background(), other); !errors.Is(err, stream.ErrConflict) {
		t.Errorf("a second object at one position was published: %v", err)
	}
	if list, err := replay.Manifest(dir, topic); err != nil || len(list) != 1 || list[0].Object != l.Object {
		t.Errorf("the manifest lists %v, %v", list, err)
	}
}

func TestL2AWriteThatFailsLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	b := batch(typed(t, "id", "int64"), `{"id":1}`)
	lake := filepath.Join(dir, "lake")
	blocked := func(path string, run func() error) {
		t.Helper()
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := run(); err == nil {
			t.Errorf("a file at %s did not stop the write", path)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, lake)
	if err := os.Remove(lake); err != nil {
		t.Fatal(err)
	}
	blocked(lake, func() error { _, err := s.Load(context.Background(), b); return err })
	l := load(t, s, b)
	blocked(filepath.Join(lake, "_manifest"), func() error { return s.Publish(context.Background(), l) })
	if err := s.Publish(context.Background(), l); err != nil {
		t.Errorf("a publishing that failed cannot be repeated: %v", err)
	}
	var all []string
	err := filepath.WalkDir(lake, func(path string, d os.DirEntry, err error) error {
		if !d.IsDir() {
			all = append(all, d.Name())
		}
		return err
	})
	if want := []string{topic + "-1.json", topic + "-3-0.json", l.Object}; err != nil || !reflect.DeepEqual(all, want) {
		t.Errorf("the directory holds %v, %v; want %v", all, err, want)
	}
}

func TestWhatADeadOwnerWasWritingIsRemoved(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	load(t, s, batch(typed(t, "id", "int64"), `{"id":1}`))
	mine := filepath.Join(dir, "."+topic+"-3-0-9-g1-00000000.parquet-X.tmp")
	others := filepath.Join(dir, "."+topic+"-33-0-9-g1-00000000.parquet-X.tmp")
	for _, p := range []string{mine, others} {
		if err := os.WriteFile(p, []byte("torn"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if to, err := s.Position(context.Background(), stream.Range{Topic: topic, Partition: 3}); err != nil || to != 1 {
		t.Fatalf("position %d, %v", to, err)
	}
	if _, err := os.Stat(mine); !os.IsNotExist(err) {
		t.Errorf("the partition's temporary file is still there: %v", err)
	}
	if _, err := os.Stat(others); err != nil {
		t.Errorf("another partition's temporary file is gone: %v", err)
	}
}

func TestNamesThatReadersConfuseAreKeptApart(t *testing.T) {
	names := []string{"id", "ID", "a.b", "a46b", "ชื่อ", "list", "element", "with space", `quo"te`, "tab\there", "_x", "", "_lethe_op"}
	var fields, members []string
	for i, n := range names {
		fields = append(fields, n, []string{"string", "array<string>"}[i%2])
		name, _ := json.Marshal(n)
		members = append(members, fmt.Sprintf(`%s:%s`, name, []string{fmt.Sprintf(`"v%d"`, i), fmt.Sprintf(`["v%d"]`, i)}[i%2]))
	}
	dir := t.TempDir()
	l := load(t, open(t, dir), batch(typed(t, fields...), "{"+strings.Join(members, ",")+"}"))
	d := decode(t, dir, l.Object)
	if d.root(t) != l.Root {
		t.Error("the row root differs")
	}
	for i, n := range names {
		want := []any{fmt.Sprintf("v%d", i), []any{fmt.Sprintf("v%d", i)}}[i%2]
		if d.columns[i][0] != n || !reflect.DeepEqual(d.rows[0][i], want) {
			t.Errorf("column %q reads back as %q: %v, want %v", n, d.columns[i][0], d.rows[0][i], want)
		}
	}
}

// Whoever reads with xitongsys/parquet-go by its own row types can do so.
func TestRowsOfMadeUpTypesAreReadable(t *testing.T) {
	dir := t.TempDir()
	l := load(t, open(t, dir), batch(typed(t, "id", "int64", "a.b", "string", "tags", "array<array<string>>", "price", "decimal(30,2)"),
		`{"id":1,"a.b":"x","tags":[["a",null],[]],"price":"1.50"}`, `{"id":2,"tags":null}`))
	b, err := os.ReadFile(filepath.Join(dir, l.Object))
	if err != nil {
		t.Fatal(err)
	}
	r, err := reader.NewParquetReader(memory{bytes.NewReader(b)}, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.ReadStop()
	rows, err := r.ReadByNumber(2)
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	got, err := json.Marshal(rows[0])
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"Id":1,"A46b":"x","Tags":[["a",null],[]],`; !strings.HasPrefix(string(got), want) {
		t.Errorf("the first row reads as %s", got)
	}
}

func TestColumnsThatTheSchemaLacksAreKeptAsText(t *testing.T) {
	dir := t.TempDir()
	b := batch(typed(t, "id", "int64", "gone", "string"),
		`{"id":1}`, `{"id":2,"_unknown_1":"[redacted]"}`, `{"_unknown_2":{"a":[1]},"id":3,"_unknown_1":null}`, `{"id":4}`)
	l := load(t, open(t, dir), b)
	d := decode(t, dir, l.Object)
	one, two := d.where(t, "_unknown_1"), d.where(t, "_unknown_2")
	if one != 2 || two != 3 || d.columns[two][1] != "string" {
		t.Errorf("columns are %v", d.columns)
	}
	want := [][]any{{int64(1), nil, nil, nil}, {int64(2), nil, "[redacted]", nil}, {int64(3), nil, nil, `{"a":[1]}`}, {int64(4), nil, nil, nil}}
	for i := range want {
		if got := d.rows[i][:4]; !reflect.DeepEqual(got, want[i]) {
			t.Errorf("row %d is %v, want %v", i, got, want[i])
		}
	}
	if d.root(t) != l.Root {
		t.Error("the row root differs")
	}
}

func TestDeletesHoldTheKeyAndTruncationsNothing(t *testing.T) {
	dir := t.TempDir()
	b := batch(typed(t, "id", "int64", "name", "string", "tags", "array<string>"), `{}`, `{}`, `{}`, `{}`)
	b.List[0].Value = []byte(`{"after":{"name":"x","tags":["a"],"id":9},"op":"d","before":{"id":1,"name":"old"}}`)
	b.List[0].Key = []byte(`{"id":1}`)
	b.List[1].Value = []byte(`{"before":{"id":2,"name":"old","tags":["a","b"]},"after":null,"op":"d"}`)
	b.List[1].Key = nil
	b.List[2].Value = []byte(`{"op":"t","before":null,"after":null}`)
	b.List[2].Key = nil
	b.List[3].Value = []byte(`{"op":"u","after":{"id":3}}`)
	b.List[3].Unchanged = []string{"name", "tags"}
	l := load(t, open(t, dir), b)
	d := decode(t, dir, l.Object)
	unchanged := d.where(t, "_lethe_unchanged")
	key := d.where(t, "_lethe_key")
	want := [][]any{
		{int64(1), nil, nil, "d", `{"id":1}`, nil},
		{int64(2), "old", []any{"a", "b"}, "d", nil, nil},
		{nil, nil, nil, "t", nil, nil},
		{int64(3), nil, nil, "u", `{"id":3}`, []any{"name", "tags"}},
	}
	for i, w := range want {
		got := []any{d.rows[i][0], d.rows[i][1], d.rows[i][2], d.rows[i][3], d.rows[i][key], d.rows[i][unchanged]}
		if !reflect.DeepEqual(got, w) {
			t.Errorf("row %d is %v, want %v", i, got, w)
		}
	}
	if d.root(t) != l.Root {
		t.Error("the row root differs")
	}
}

func TestL4RowRootHoldsOverManyRowGroupsAndPages(t *testing.T) {
	const n = 280_000
	schema := typed(t, "id", "int64", "text", "string", "few", "string", "tags", "array<int32>", "nothing", "date")
	b := stream.Rows{Schema: schema, Policy: "p", Range: stream.Range{Topic: topic, Partition: 1, From: 10, To: 10 + 2*n}}
	for i := range n {
		v := fmt.Sprintf(`{"op":"c","after":{"id":%d,"text":"text %d","few":"f%d","tags":[%d,null,%d],"nothing":null}}`, i, i*7919%n, i%9, i, i%3)
		switch i % 11 {
		case 3:
			v = `{"op":"u","after":{"text":""}}`
		case 5:
			v = `{"op":"c","after":{"tags":[]}}`
		}
		b.List = append(b.List, stream.Row{Offset: int64(10 + 2*i), Value: []byte(v), Seq: stream.NewSeq(0, uint64(i), 0)})
	}
	dir := t.TempDir()
	l := load(t, open(t, dir), b)
	d := decode(t, dir, l.Object)
	if groups := len(d.footer.RowGroups); groups != 3 || len(d.rows) != n {
		t.Errorf("%d row groups with %d rows", groups, len(d.rows))
	}
	if d.root(t) != l.Root {
		t.Error("the row root differs")
	}
	seen := 0
	if err := os.Mkdir(filepath.Join(dir, "_manifest"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := open(t, dir).Publish(context.Background(), l); err != nil {
		t.Fatal(err)
	}
	err := replay.Replay(dir, topic, func(p int32, o int64, op, _, seq string, c map[string]any) error {
		if p != 1 || o != int64(10+2*seen) || seq != stream.NewSeq(0, uint64(seen), 0).String() || seen%11 != 3 && seen%11 != 5 && c["id"] != int64(seen) {
			return fmt.Errorf("row %d: partition %d, offset %d, seq %s, id %v", seen, p, o, seq, c["id"])
		}
		seen++
		return nil
	})
	if err != nil || seen != n {
		t.Errorf("replayed %d rows: %v", seen, err)
	}
}

func TestL4NaNHashesAsStored(t *testing.T) {
	dir := t.TempDir()
	l := load(t, open(t, dir), batch(typed(t, "f", "float32", "d", "float64"), `{"f":"NaN","d":"NaN"}`, `{"f":1,"d":2}`))
	d := decode(t, dir, l.Object)
	if f, ok := d.rows[0][0].(float32); !ok || !math.IsNaN(float64(f)) {
		t.Errorf("NaN reads back as %v", d.rows[0][0])
	}
	if d.root(t) != l.Root {
		t.Error("the row root differs")
	}
}

// The bytes of an object, and so its name, are the same on every machine and
// architecture; an upgrade of an encoder may change them, and then this test
// says that new owners will not adopt what old ones left.
func TestL6BytesAreTheSameEverywhere(t *testing.T) {
	const (
		object = "e9301adbe75e89bf5cf3c7ec9bcdb128971cf0c3ecd57945e6012449b999ca33"
		root   = "f7af509ac1ed2dbaa62937f13004ff50434e364e33d3e5193e36a11bd5049e2c"
	)
	l := load(t, open(t, t.TempDir()), customers(t, 20_000))
	if got := l.SHA256.String(); got != object || l.Root.String() != root {
		t.Errorf("the object is %s with row root %s, want %s and %s", got, l.Root, object, root)
	}
}

func TestL7ErrorsNameThePlaceAndNoValue(t *testing.T) {
	b := batch(typed(t, "id", "int64", "born", "date"), `{"id":1,"born":null}`, `{"id":2,"born":"canary"}`)
	b.Range.From, b.Range.To = 40, 44
	b.List[0].Offset, b.List[1].Offset = 41, 43
	_, err := open(t, t.TempDir()).Load(context.Background(), b)
	if !errors.Is(err, parquet.ErrValue) {
		t.Fatalf("%v, want ErrValue", err)
	}
	for _, part := range []string{"crm.public.customer", "offset 43", `"born"`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %s", err, part)
		}
	}
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("%q holds the value", err)
	}
}

func TestOnlyLocalDirectoriesAreTaken(t *testing.T) {
	openURL := func(url string) error {
		_, err := parquet.Connector().OpenSink(connectors.Env{Name: "lake"}, connectors.Config{"url": url})
		return err
	}
	at := t.TempDir()
	t.Chdir(at)
	for _, url := range []string{"lake", "./lake", at + "/deep/lake", "file://" + at + "/lake", "FILE://" + at + "/my%20lake", "file://localhost" + at} {
		if err := openURL(url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	if _, err := os.Stat(filepath.Join(at, "my lake")); err != nil {
		t.Error(err)
	}
	for url, code := range map[string]string{
		"": "parquet.url_missing", "s3://bucket/x": "parquet.url_scheme", "https://x/y": "parquet.url_scheme",
		"file://host/x": "parquet.url_host", "file://": "parquet.url_missing", "file:///x?y=1": "parquet.url", "file:///%zz": "parquet.url",
	} {
		var f *stream.Fault
		if err := openURL(url); !errors.As(err, &f) || f.Code != code || f.Path != "sinks.lake.url" || f.Hint == "" {
			t.Errorf("%q: %v, want a fault %s", url, err, code)
		}
	}
}

func TestADirectoryThatCannotHoldObjectsIsToldWhenItIsOpened(t *testing.T) {
	at := t.TempDir()
	file := filepath.Join(at, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	dirs := map[string]string{"a file": file, "below a file": filepath.Join(file, "lake")}
	if os.Getuid() != 0 { // whom no mode keeps out
		shut := filepath.Join(at, "shut")
		if err := os.Mkdir(shut, 0o555); err != nil {
			t.Fatal(err)
		}
		dirs["not ours"], dirs["in one not ours"] = shut, filepath.Join(shut, "lake")
	}
	for name, dir := range dirs {
		_, err := parquet.Connector().OpenSink(connectors.Env{Name: "lake"}, connectors.Config{"url": dir})
		var f *stream.Fault
		if !errors.As(err, &f) || f.Code != "parquet.unwritable" || f.Path != "sinks.lake.url" ||
			f.Exit != stream.ExitEnvironment || !strings.Contains(f.Msg, dir) || f.Hint == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	lake := filepath.Join(at, "lake")
	open(t, lake)
	if left, err := os.ReadDir(lake); err != nil || len(left) > 0 {
		t.Errorf("opening left %v, %v", left, err)
	}
}

func TestNamesThatAreTooLongAreAFault(t *testing.T) {
	b := batch(typed(t, "id", "int64"), `{"id":1}`)
	b.Range.Topic = "lethe.shop.masked." + strings.Repeat("x", 220) + ".g1"
	_, err := open(t, t.TempDir()).Load(context.Background(), b)
	var f *stream.Fault
	if !errors.As(err, &f) || f.Code != "parquet.name_too_long" {
		t.Errorf("%v, want a fault", err)
	}
	for _, bad := range []string{"../x.g1", "a/b.g1", "lethe.x", ""} {
		b.Range.Topic = bad
		if _, err := open(t, t.TempDir()).Load(context.Background(), b); err == nil {
			t.Errorf("topic %q was loaded", bad)
		}
	}
}

func objects(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAnObjectThatIsGoneEndsTheRun(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	l := load(t, s, customers(t, 10))
	if err := os.Remove(filepath.Join(dir, l.Object)); err != nil {
		t.Fatal(err)
	}
	var f *stream.Fault
	if err := s.Publish(context.Background(), l); !errors.As(err, &f) || f.Code != "parquet.object_gone" || !f.Final || f.Exit != stream.ExitEnvironment {
		t.Errorf("Publish returned %v", err)
	}
}
