package masking

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"lethe/stream"
	"lethe/stream/scan"
)

var logNames = regexp.MustCompile(`^[A-Za-z0-9._-]+\.[0-9]{6,}$`)

// anyJSON is the type of a field of which everything may be shown.
var anyJSON = stream.Type{Base: stream.JSON}

// nested is a plan with operators inside and outside of columns.
func nested() Plan {
	return Plan{Stream: "crm.public.thing", Key: []string{"id"}, Fields: []Field{
		{Path: "id", Operator: "hmac", Domain: "id"},
		{Path: "kept", Operator: "keep", Type: anyJSON, Nullable: true},
		{Path: "gone", Operator: "drop"},
		{Path: "null", Operator: "null"},
		{Path: "red", Operator: "redact"},
		{Path: "special", Operator: "redact", Special: true},
		{Path: "part", Operator: "partial", Params: Params{"keep_last": 2}},
		{Path: "สี\"", Operator: "redact"},
		{Path: "doc", Operator: "keep", Type: anyJSON, Nullable: true},
		{Path: "doc.secret", Operator: "redact"},
		{Path: "doc.items[].name", Operator: "hmac", Domain: "name"},
		{Path: "doc.items[].more", Operator: "redact"},
		{Path: "doc.items[].more.fine", Operator: "keep"},
		{Path: "tags[]", Operator: "redact"},
		{Path: "matrix[][]", Operator: "drop"},
		{Path: "other.nested.deep", Operator: "keep"},
		{Path: "box", Operator: "drop"},
		{Path: "box[].x", Operator: "keep"},
		{Path: "box.y", Operator: "keep"},
	}}
}

var envelopes = []string{
	`{"before":null,"after":{"id":1,"kept":[1,2.50,"x"],"gone":{},"null":5,"red":"a","special":null,"part":"abcdef"},"source":{"version":"1","db":"d","file":"bin.000001","x":1},"op":"c","ts_ms":1,"transaction":{"id":"x","y":2}}`,
	`{"after":{"doc":{"secret":1,"free":{"a":[]},"items":[{"name":"n","more":{"fine":1,"x":2}},{"name":null},7]},"tags":["a",null,{}],"matrix":[[1,2],[3],4]},"op":"u"}`,
	`{"after":{"box":[{"x":1,"z":2},3],"other":{"nested":{"deep":[1],"a":1},"b":2},"unknown":{"secret":1}},"op":"r","before":{"box":{"y":1,"x":2}}}`,
	`{"before":{"id":"1","gone":1,"kept":2},"after":null,"op":"d","message":"x"}`,
	` { "after" : { "gone" : 1 , "kept" : 2 , "gone2" : 3 } , "op" : "c" } `,
	`{"op":"d","source":{"snapshot":true,"file":"list.csv","xmin":null,"seq\u0075ence":"s"},"ts_ns":"x"}`,
	`{"after":{"\u006bept":1,"kept":2},"op":"c"}`, `{"op":"t"}`, `{"op":"m"}`, `{"after":{},"after":{},"op":"c"}`, `{"after":[],"op":"c"}`,
	`{"after":{"part":"a"},"op":"c"}`, `{"after":{"part":""},"op":"c"}`, `{"after":{"id":{}},"op":"c"}`, `{"after":{"สี\"":1,"_unknown_1":2},"op":"c"}`,
}

// deep is an update whose after holds, at path and then n arrays deep, a value.
// The envelope and the row are two levels more.
func deep(path string, n int) string {
	return `{"after":{` + path + strings.Repeat("[", n) + strings.Repeat("]", n) + `},"op":"u"}`
}

func TestRecordsNestAsDeepAsTheGrammarAllows(t *testing.T) {
	w := mustCompile(t, nested())
	var out stream.Masked
	for path, levels := range map[string]int{`"kept":`: 2, `"x":`: 2, `"red":`: 2, `"gone":`: 2, `"tags":`: 2, `"matrix":`: 2} {
		for n, ok := range map[int]bool{scan.MaxDepth - levels: true, scan.MaxDepth - levels + 1: false} {
			value := []byte(deep(path, n))
			if err := process(w, &stream.Record{Value: value}, &out); (err == nil) != ok || strictly(value) != ok {
				t.Errorf("%s %d deep: %v", path, n, err)
			}
		}
	}
}

// strictly reports whether data is JSON by encoding/json and by the points in
// which the rewriter is stricter (see package scan, whose own tests prove it).
func strictly(data []byte) bool {
	end := scan.Value(data, scan.Space(data, 0), scan.MaxDepth)
	return json.Valid(data) && utf8.Valid(data) && end >= 0
}

func FuzzRewriter(f *testing.F) {
	for _, e := range envelopes {
		f.Add([]byte(`{"id":1}`), []byte(e))
		f.Add([]byte(nil), []byte(e))
		f.Add([]byte(`{"x":[1],"id":null,"kept":"\u00e9"}`), []byte(e))
	}
	w := mustCompile(f, nested())
	ref := newReference(nested())
	var out stream.Masked
	f.Fuzz(func(t *testing.T, key, value []byte) {
		err := process(w, &stream.Record{Key: key, Value: value}, &out)
		var rej *stream.Rejection
		if err != nil && !errors.As(err, &rej) {
			t.Fatal(err)
		}
		sameAsFresh(t, w, key, value, &out, err)
		sameAsSpaced(t, w, key, value, &out, err)
		if !strictly(value) || len(key) > 0 && !strictly(key) {
			if err == nil {
				t.Fatal("accepted what is no JSON")
			}
			return
		}
		wantKey, wantValue, why := ref.record(key, value)
		if why != "" || err != nil {
			if (why != "") != (err != nil) {
				t.Fatalf("rejected: %v, want %q", err, why)
			}
			return
		}
		sameTree(t, "value", out.Value, wantValue)
		if wantKey != nil || out.Key != nil {
			sameTree(t, "key", out.Key, wantKey)
		}
	})
}

// sameAsFresh checks that a rewriter which has seen nothing, and expects members in
// the plan's order, says the same of a record (L6).
func sameAsFresh(t *testing.T, w *Rewriter, key, value []byte, out *stream.Masked, err error) {
	t.Helper()
	var again stream.Masked
	if fresh := process(w.Clone(), &stream.Record{Key: key, Value: value}, &again); fmt.Sprint(fresh) != fmt.Sprint(err) || string(again.Value) != string(out.Value) || string(again.Key) != string(out.Key) {
		t.Fatalf("a clone masks otherwise: %v, and not %v\n%s\n%s", fresh, err, again.Value, out.Value)
	}
}

// sameAsSpaced checks that a record with white space between all its tokens, of which no
// member is read together with others, is masked alike.
func sameAsSpaced(t *testing.T, w *Rewriter, key, value []byte, out *stream.Masked, err error) {
	t.Helper()
	if !strictly(value) || len(key) > 0 && !strictly(key) {
		return
	}
	var again stream.Masked
	spaced := process(w.Clone(), &stream.Record{Key: indented(key), Value: indented(value)}, &again)
	if fmt.Sprint(spaced) != fmt.Sprint(err) || err == nil && (compacted(again.Value) != compacted(out.Value) || compacted(again.Key) != compacted(out.Key)) {
		t.Fatalf("white space is masked otherwise: %v, and not %v\n%s\n%s", spaced, err, again.Value, out.Value)
	}
}

func indented(text []byte) []byte {
	var b bytes.Buffer
	json.Indent(&b, text, "", " ") // of no text, which no JSON is, it makes none
	return b.Bytes()
}

func compacted(text []byte) string {
	var b bytes.Buffer
	json.Compact(&b, text)
	return b.String()
}

func TestL6TheOrderOfEarlierRecordsChangesNothing(t *testing.T) {
	w := mustCompile(t, nested())
	random := rand.New(rand.NewPCG(7, 7))
	members := []string{`"id":1`, `"kept":[1,{"a":2}]`, `"gone":5`, `"null":6`, `"red":"a"`, `"special":null`, `"part":"abcdef"`, `"สี\"":"x"`, `"doc":{"secret":1,"free":2}`, `"other":{"nested":{"deep":1}}`, `"new":1`, `"k\u0065pt":1`, `"newer":"x"`}
	for range 3000 {
		some := slices.Clone(members)
		random.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
		key := []byte(`{` + strings.Join(some[:1], ",") + `}`)
		value := []byte(`{"before":{` + strings.Join(some[3:], ",") + `},"op":"u","after":{` + strings.Join(some[:random.IntN(len(some))], ",") + `}}`)
		var out stream.Masked
		err := process(w, &stream.Record{Key: key, Value: value}, &out)
		sameAsFresh(t, w, key, value, &out, err)
		sameAsSpaced(t, w, key, value, &out, err)
	}
}

func sameTree(t *testing.T, what string, got []byte, want *tree) {
	t.Helper()
	if !json.Valid(got) {
		t.Fatalf("%s: no JSON: %s", what, got)
	}
	have, err := parseTree(got)
	if err != nil || have.String() != want.String() {
		t.Fatalf("%s: %v\ngot  %s\nwant %s", what, err, got, want)
	}
}

const canary = "Zq7-Canary+9"

// disguise writes the canary as JSON string content, escaping the characters
// that the bits choose.
func disguise(bits uint16) string {
	var b strings.Builder
	for i, c := range []byte(canary) {
		if bits>>(i%16)&1 == 1 {
			fmt.Fprintf(&b, `\u%04x`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// mustCompileOpened compiles the columns of plans as one stream whose subjects have
// keys.
func mustCompileOpened(t testing.TB, plans ...Plan) *Rewriter {
	t.Helper()
	all := plans[0]
	for _, p := range plans[1:] {
		for _, f := range p.Fields {
			if !slices.ContainsFunc(all.Fields, func(have Field) bool { return have.Path == f.Path }) {
				all.Fields = append(all.Fields, f)
			}
		}
	}
	w, err := Compile(all, &subjectKeys{})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// hiding adds a row to places for each column of a plan that shows nothing of its
// values: %[1]s is the canary, %[2]s what is kept beside it.
func hiding(places []string, plan Plan, kept string) []string {
	for _, f := range plan.Fields {
		switch f.Operator {
		case "keep", "detect", "partial": // they show parts
			continue
		}
		for _, shape := range []string{`"%%[1]s"`, `{"a":["%%[1]s"]}`, `"12 %%[1]s 34"`} {
			places = append(places, fmt.Sprintf(`{"who":"1",%q:`+shape+`,%q:%%[2]s}`, f.Path, kept))
		}
	}
	return places
}

// FuzzCanary puts a canary where the plan shows nothing, beside bytes of the
// fuzzer's choice: if the record is delivered, no canary is in it.
func FuzzCanary(f *testing.F) {
	places := []string{
		`{"red":"%s","kept":%s}`, `{"kept":%[2]s,"id":"%[1]s"}`, `{"%s":1,"kept":%s}`, `{"x":{"%s":["%[1]s"]},"kept":%[2]s}`,
		`{"gone":["%s"],"kept":%s}`, `{"null":{"a":"%s"},"kept":%s}`, `{"doc":{"secret":"%s","free":%s}}`, `{"doc":{"free":%[2]s,"items":[{"name":"%[1]s"}]}}`,
		`{"doc":{"items":[{"more":{"%s":"%[1]s","fine":%[2]s}}]}}`, `{"tags":["%s"],"kept":%s}`, `{"other":{"nested":{"%s":1,"deep":%s}}}`, `{"box":"%s","kept":%s}`,
		`{"matrix":[["%s"],"%[1]s"],"kept":%[2]s}`, `{"doc":"%s","kept":%s}`, `{"special":"%s","part":"%[1]s","kept":%[2]s}`, `{"kept":%[2]s,%[2]s:"%[1]s"}`,
	}
	some := len(places) // the rest are columns of the other plans
	places = hiding(hiding(places, coarse(), "coarse"), opened(), "opened")
	for i := range places {
		for _, d := range []string{`1`, `"a\"b"`, `{"a":[1,{}]}`, `"\\"`, `1,"red":2`, `1}`, `{"red":"` + `x"`} {
			f.Add(uint16(0x5a5a), uint16(i), []byte(d))
		}
	}
	w, wide := mustCompile(f, nested()), mustCompileOpened(f, coarse(), opened())
	var out stream.Masked
	f.Fuzz(func(t *testing.T, bits, place uint16, other []byte) {
		inOther, _ := parseTree(append(append([]byte(`[`), other...), ']'))
		if strings.Contains(string(other), canary[:4]) || inOther != nil && inOther.holds(canary[:4]) {
			t.Skip("the canary is where it is kept")
		}
		at, w := int(place)%len(places), w
		row := fmt.Sprintf(places[at], disguise(bits), other)
		source := row
		if at >= some {
			w, source = wide, "null" // which names some of these columns, too
		}
		for _, value := range []string{`{"after":` + row + `,"op":"c"}`, `{"before":` + row + `,"op":"d"}`, `{"op":"d","x":` + row + `,"source":` + source + `}`} {
			r := &stream.Record{Value: []byte(value), Unchanged: []string{canary}}
			if err := process(w, r, &out); err != nil {
				if strings.Contains(err.Error(), canary) {
					t.Fatal("the canary is in the error")
				}
				continue
			}
			got, err := parseTree(out.Value)
			if err != nil || got.holds(canary) || strings.Contains(string(out.Value), canary) || slices.Contains(out.Unchanged, canary) {
				t.Fatalf("%v\n%s\n%s", err, value, out.Value)
			}
		}
	})
}
