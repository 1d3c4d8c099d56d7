package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"
	"golang.org/x/mod/sumdb/tlog"
)

func TestL4CanonicalAgreesWithAnotherImplementation(t *testing.T) {
	for _, s := range []string{
		`{}`, `[]`, `null`, `true`, `0`, `-1`, `1e+21`, `1e-7`, `0.000001`, `123456789012345680000`, `1.5`, `""`, `"ข้อมูล 😀"`,
		`{"a":1,"b":[1,2,{"c":null}]}`, `"\b\f\n\r\t\"\\\u0000\u001f"`, "\"\u007f\u2028/<>&\"", `{"":0,"A":1,"a":2,"é":3}`,
		"{\"\U0001F600\":1,\"\uFB33\":2}", `{"a":1,"ab":2}`, `{"a\b":1,"a\"":2}`, `{"a[":1,"a\\":2,"a]":3}`, `999999999999999`, `9007199254740993`, `12345678901234567`,
		// and what is not canonical
		`{"b":1,"a":2}`, `{"a":1,"a":1}`, `{ }`, `1.0`, `01`, `-0`, `1E5`, `1e5`, `+1`, `.5`, `"\u0041"`, `"\/"`, `"\u000a"`, `"\u001F"`, "\"\x01\"", "\"\xff\"",
		`[1,]`, `{"a":1,}`, `[1 ,2]`, `"a`, `tru`, ``, `1 `, `{"a"}`, `{1:2}`, "{\"\uFB33\":1,\"\U0001F600\":2}", `{"\n":1,"\b":2}`, `{"ab":1,"a":2}`, `{"a\\":1,"a[":2}`, `00`, `000000000000001`, `{"a":1}{}`,
	} {
		agree(t, []byte(s))
	}
}

// RFC 8785 appendix B: each number is accepted as the RFC writes it, and in no
// other way.
func TestL4CanonicalNumbersAreThoseOfTheRFC(t *testing.T) {
	list, err := os.ReadFile("../../stream/testdata/rfc8785_numbers.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		bits, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		if err := canonical([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		u, err := strconv.ParseUint(bits, 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range []byte("eEfg") {
			if other := strconv.FormatFloat(math.Float64frombits(u), format, -1, 64); other != text && canonical([]byte(other)) == nil {
				t.Errorf("%s is accepted for %s", other, text)
			}
		}
	}
}

// agree checks that canonical says yes exactly to what jcs leaves as it is.
func agree(t *testing.T, b []byte) {
	t.Helper()
	want := json.Valid(b)
	if want {
		again, err := jcs.Transform(b)
		want = err == nil && bytes.Equal(again, b)
	}
	if got := canonical(b) == nil; got != want {
		t.Errorf("%q: canonical %v, want %v", b, got, want)
	}
}

func FuzzCanonical(f *testing.F) {
	f.Add([]byte(`{"entry":{"body":{"a":["x",1.5,null]},"id":"r/1","v":1},"offset":"12"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		err := canonical(b)
		if err == nil && !json.Valid(b) {
			t.Fatalf("%q is not JSON", b)
		}
		// What it accepts is one way to write the value: the only one.
		if again, jerr := jcs.Transform(b); err == nil && jerr == nil && !bytes.Equal(again, b) {
			t.Fatalf("%q is canonical as %q", b, again)
		}
		parseLeaf(0, b)
	})
}

func FuzzCheckpointAndBundle(f *testing.F) {
	f.Add([]byte("lethe/shop\n3\nNfx3rCK85/pLzKs6M39lEZbLhowz4BZNje/ucW+5Pik=\n\n— x AAAA\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if cp, err := readCheckpoint(string(b)); err == nil && cp.tree.N < 0 {
			t.Fatal("a negative size")
		}
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "tile/entries"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "tile/entries/000"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		// What a bundle makes us hold is as long as the file, and no longer.
		got, held := readBundle(dir, 0, bundleWidth), 0
		for _, e := range got.entries {
			held += len(e.plain)
		}
		if n := len(got.entries); n > bundleWidth || n != len(got.hashes) || held > len(b) || n < bundleWidth && got.err == nil {
			t.Fatalf("%d entries, %d hashes, %d bytes of %d: %v", n, len(got.hashes), held, len(b), got.err)
		}
	})
}

// FuzzManifest reads hostile manifests at a position that no receipt names: one
// that is taken has one form, a name of its own and a range that can be.
func FuzzManifest(f *testing.F) {
	m := manifest{Rows: 1, Topic: maskedTopic, To: 3}
	m.Object = m.object()
	f.Add(m.name(), m.bytes())
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		c := &checker{counts: make(map[Code]int), report: &Report{}}
		c.flow = newFlow(c)
		m, ok := c.newer(&lake{alone: true}, name, b)
		if ok != (len(c.report.Findings) == 0) {
			t.Fatalf("taken %v, findings %v", ok, c.report.Findings)
		}
		if ok && (!bytes.Equal(b, m.bytes()) || name != m.name() || m.From < 0 || m.To <= m.From || m.Rows > m.To-m.From) {
			t.Fatalf("%q at %s was taken", b, name)
		}
	})
}

func TestL4RootOfLeavesGivenOneByOneIsTheTreesRoot(t *testing.T) {
	var r rootHasher
	var all treeHashes
	for i := range 300 {
		leaf := tlog.RecordHash([]byte{byte(i), byte(i >> 8)})
		r.add(leaf)
		all.add(leaf)
		want, err := tlog.TreeHash(int64(i+1), &all)
		if err != nil || r.root() != want {
			t.Fatalf("%d leaves: %v", i+1, err)
		}
	}
}

func TestL2BoundsHoldTheTruthAndAreExactWhereSpansAreWhole(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var s spans
		data := make([]bool, 0, 200)
		var made []span
		for len(data) < 150 {
			for range rnd.IntN(4) {
				data = append(data, false) // markers
			}
			x := span{first: int64(len(data))}
			for range 1 + rnd.IntN(20) {
				is := rnd.IntN(4) > 0
				data = append(data, is)
				if is {
					x.data++
				}
			}
			x.last = int64(len(data)) - 1
			made = append(made, x)
		}
		if rnd.IntN(2) == 0 && len(made) > 2 {
			made[0], made[1] = made[1], made[0]
		}
		for _, x := range made {
			if !s.add(x) {
				t.Fatalf("span %v does not fit", x)
			}
		}
		if s.add(made[rnd.IntN(len(made))]) {
			t.Fatal("a span was taken twice")
		}
		from := rnd.Int64N(int64(len(data)))
		to := from + rnd.Int64N(int64(len(data))-from+1)
		truth := int64(0)
		for _, d := range data[from:to] {
			if d {
				truth++
			}
		}
		if lo, hi := s.bounds(from, to); truth < lo || truth > hi {
			t.Fatalf("[%d,%d): %d records, bounds %d to %d", from, to, truth, lo, hi)
		}
		if lo, hi := s.bounds(0, int64(len(data))); lo != hi {
			t.Fatalf("the whole: bounds %d to %d", lo, hi)
		}
	}
}

func TestTopicNamesAreTakenApart(t *testing.T) {
	got := parseTopic("lethe.shop.masked.pii-pseudo.crm-lake.crm.public.customer-2Dx.g12")
	if got != (topicName{kind: "masked", label: "pii-pseudo", connection: "crm-lake", stream: "crm.public.customer-2Dx", gn: "g12"}) {
		t.Errorf("%+v", got)
	}
	if got := parseTopic("lethe.shop.raw.pii.crm"); got.kind != "raw" || got.source != "crm" {
		t.Errorf("%+v", got)
	}
	for _, foreign := range []string{"", "orders", "lethe", "dbserver.public.customer.x.y"} {
		if got := parseTopic(foreign); got.kind != "" {
			t.Errorf("%s: %+v", foreign, got)
		}
	}
}

// FuzzObject reads hostile files: an error is right, a panic, a hang or more
// memory than the limits is not.
func FuzzObject(f *testing.F) {
	for _, n := range []int64{0, 1, 9} {
		tb := &table{to: n, groupRows: 4}
		for i := range n {
			tb.offsets = append(tb.offsets, i)
		}
		b, _, _ := tb.write(f)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		limit := &budget{limit: 16 << 20, rows: 16 << 20}
		defer func() {
			if limit.peak > limit.limit || limit.held < 0 {
				t.Fatalf("held %d bytes, %d at most", limit.held, limit.peak)
			}
		}()
		o, err := openObject(bytes.NewReader(b), int64(len(b)), limit)
		if err != nil {
			return
		}
		n := 0
		err = o.rows(context.Background(), 0, 0, 1<<40, func(tlog.Hash, []byte) { n++ })
		var fault *rowFault
		if err != nil && !errors.As(err, &fault) {
			t.Fatalf("after %d rows: %v", n, err)
		}
	})
}

// Most readers know a column by its Parquet name alone.
func TestL4AColumnIsStoredUnderItsOwnName(t *testing.T) {
	for _, c := range []struct {
		name, stored string
		ok           bool
	}{
		{"city", "city", true}, {"city", "city_2", true}, {"city", "city__v3", true}, {"city", "city_2__v3", true}, {"", "_", true}, {"a\tb", "a-09b", true}, {"\xff", "-FF", true}, {"ก", "ก", true},
		{"city", "card", false}, {"city", "city2", false}, {"city", "cit", false}, {"city", "city_0", false}, {"city", "city__v0", false}, {"city", "city_2_3", false}, {"city", "_city", false}, {"a\tb", "a\tb", false}, {"", "", false},
	} {
		if got := storedAs(c.name, c.stored); got != c.ok {
			t.Errorf("%q stored as %q: %v", c.name, c.stored, got)
		}
	}
}
