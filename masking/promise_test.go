package masking

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"strings"
	"testing"

	"lethe/stream"
)

func TestL1NoPartOfWhatNobodyListedPasses(t *testing.T) {
	w := mustCompile(t, nested())
	d := disguise
	for _, unknown := range []string{
		`"` + canary + `":1`, `"x":"` + d(0xffff) + `"`, `"` + d(0x00ff) + `":{"` + d(0x0f0f) + `":["` + canary + `"]}`, `"x":[{"y":"` + d(1) + `"}]`,
		`"\u006bep\u0074 ":"` + canary + `"`, `"kept\u0000":"` + canary + `"`, `"KEPT":"` + canary + `"`, `"kep":"` + canary + `"`, `"keptt":"` + canary + `"`, `"":"` + canary + `"`,
	} {
		for _, shape := range []string{`{%s}`, `{"kept":1,%s}`, `{%s,"kept":1}`, `{"other":{%s}}`, `{"other":{"nested":{%s,"deep":1}}}`, `{"doc":{"items":[{"more":{%s}}]}}`} {
			in := fmt.Sprintf(shape, unknown)
			got, rej := row(t, w, in)
			if rej != nil {
				t.Fatalf("%s: %v", in, rej)
			}
			tree, err := parseTree([]byte(got))
			if err != nil || tree.holds(canary) || !strings.Contains(got, `"_unknown_1":"[redacted]"`) {
				t.Errorf("%s\nbecame %s", in, got)
			}
		}
	}
	var out stream.Masked
	err := process(w, &stream.Record{Key: []byte(`{"id":1,"` + d(0x1111) + `":"` + d(0x2222) + `"}`), Value: []byte(`{"op":"d"}`)}, &out)
	if err != nil || string(out.Key) != `{"id":`+digest(t, "id", "1")+`,"_unknown_1":"[redacted]"}` {
		t.Errorf("key: %v %s", err, out.Key)
	}
}

// A path that nobody gave a type is kept as the scalar that it was when somebody
// decided: what it becomes tomorrow is nobody's decision.
func TestL1KeepWithoutATypeShowsScalarsOnly(t *testing.T) {
	w := mustCompile(t, Plan{Stream: "s", Fields: []Field{
		{Path: "free", Operator: "keep"},
		{Path: "doc", Operator: "redact", Type: anyJSON, Nullable: true},
		{Path: "doc.fee", Operator: "keep"},
		{Path: "doc.list[]", Operator: "keep"},
		{Path: "doc.deep", Operator: "keep"},
		{Path: "doc.deep.mail", Operator: "redact"},
		{Path: "doc.whole", Operator: "keep", Type: anyJSON, Nullable: true},
		{Path: "all[]", Operator: "keep"},
	}})
	for in, want := range map[string]string{
		`{"free":1.5,"doc":{"fee":"x","list":[1,"x",null,true],"deep":{"mail":"m"}},"all":[1]}`: `{"free":1.5,"doc":{"fee":"x","list":[1,"x",null,true],"deep":{"mail":"[redacted]"}},"all":[1]}`,
		`{"free":{"mail":"` + canary + `"}}`:                                                    `{"free":"[redacted]"}`,
		`{"doc":{"fee":{"mail":"` + canary + `"}}}`:                                             `{"doc":{"fee":"[redacted]"}}`,
		`{"doc":{"fee":["` + canary + `"]}}`:                                                    `{"doc":{"fee":"[redacted]"}}`,
		`{"doc":{"list":[1,["` + canary + `"],{}]}}`:                                            `{"doc":{"list":[1,"[redacted]","[redacted]"]}}`,
		`{"doc":{"list":{"mail":"` + canary + `"}}}`:                                            `{"doc":{"list":"[redacted]"}}`,
		`{"doc":{"deep":{"` + canary + `":1}}}`:                                                 `{"doc":{"deep":{"_unknown_1":"[redacted]"}}}`,
		`{"all":[{"mail":"` + canary + `"},2]}`:                                                 `{"all":["[redacted]",2]}`,
		`{"doc":{"whole":{"mail":["said","so"]}}}`:                                              `{"doc":{"whole":{"mail":["said","so"]}}}`,
		`{"doc":{"fee":"{\"mail\":\"is text\"}"}}`:                                              `{"doc":{"fee":"{\"mail\":\"is text\"}"}}`,
	} {
		if got, rej := row(t, w, in); rej != nil || got != want {
			t.Errorf("%s\nbecame %s, %v\nwant   %s", in, got, rej, want)
		}
	}
	counts := map[stream.FieldCount]int64{}
	w.Counts(func(c stream.FieldCount, n int64) { counts[c] += n })
	if got := counts[stream.FieldCount{Field: "doc.fee", Operator: "redact"}]; got != 2 {
		t.Errorf("doc.fee was redacted %d times by the counts, want 2", got)
	}
	if got := counts[stream.FieldCount{Field: "doc.fee", Operator: "keep"}]; got != 2 {
		t.Errorf("doc.fee was kept %d times by the counts, want 2", got)
	}
}

func TestL1EscapedNamesMeetTheirRules(t *testing.T) {
	w := mustCompile(t, nested())
	for _, name := range []string{`red`, `r\u0065d`, `\u0072\u0065\u0064`, `r\u0065\u0064`} {
		got, rej := row(t, w, `{"`+name+`":"`+canary+`"}`)
		if rej != nil || got != `{"red":"[redacted]"}` {
			t.Errorf("%s: %s %v", name, got, rej)
		}
	}
	for _, pair := range []string{`"red":1,"red":2`, `"red":1,"r\u0065d":2`, `"kept":1,"id":2,"\u006bept":3`} {
		if _, rej := row(t, w, `{`+pair+`}`); rej == nil || rej.Reason != "duplicate" {
			t.Errorf("%s: %v", pair, rej)
		}
	}
}

// wide is a table of n columns, kept and redacted in turn.
func wide(n int) Plan {
	p := Plan{Stream: "s"}
	for i := range n {
		p.Fields = append(p.Fields, Field{Path: fmt.Sprintf("column_%d", i), Operator: []string{"keep", "redact"}[i%2], Required: true})
	}
	return p
}

func TestColumnsAreFoundInAnyOrderAndNumber(t *testing.T) {
	for _, n := range []int{1, 63, 64, 65, 128, 300} {
		w := mustCompile(t, wide(n))
		for _, step := range []int{1, -1, 11, 131} { // 11 and 131 have no divisor in common with any n
			var in, want []string
			for i := range n {
				k := ((i*step)%n + n) % n
				in = append(in, fmt.Sprintf(`"column_%d":%d`, k, k))
				if k%2 == 1 {
					want = append(want, fmt.Sprintf(`"column_%d":"[redacted]"`, k))
				} else {
					want = append(want, fmt.Sprintf(`"column_%d":%d`, k, k))
				}
			}
			got, rej := row(t, w, "{"+strings.Join(in, ",")+"}")
			if rej != nil || got != "{"+strings.Join(want, ",")+"}" {
				t.Fatalf("%d columns by %d: %v", n, step, rej)
			}
			if _, rej := row(t, w, "{"+strings.Join(in[:n-1], ",")+"}"); rej == nil || rej.Reason != "required" {
				t.Fatalf("%d columns, one missing: %v", n, rej)
			}
		}
	}
}

func TestCountsAreOfDeliveredRecordsAndBeginAnew(t *testing.T) {
	w := mustCompile(t, nested())
	counts := func() map[string]int64 {
		all := map[string]int64{}
		w.Counts(func(c stream.FieldCount, n int64) { all[c.Field+" "+c.Operator] += n })
		return all
	}
	in := `{"red":1,"gone":2,"secret":3,"doc":{"secret":1,"x":1,"items":[{"name":null,"y":2},5]},"box":{"z":1}}`
	for range 2 {
		if _, rej := row(t, w, in); rej != nil {
			t.Fatal(rej)
		}
	}
	if _, rej := row(t, w, `{"red":1,"gone":2,"part":"a"}`); rej == nil {
		t.Fatal("delivered")
	}
	want := map[string]int64{"red redact": 2, "gone drop": 2, "_unknown redact": 2, "doc.secret redact": 2, "doc.items[].name hmac": 2, "doc.items[] redact": 2, "box._unknown drop": 2}
	if got := counts(); !maps.Equal(got, want) {
		t.Errorf("counts %v", got)
	}
	if got := counts(); len(got) != 0 {
		t.Errorf("counted twice: %v", got)
	}
}

func TestL7NothingOfAKeyOrValueCanBePrinted(t *testing.T) {
	w := mustCompile(t, nested())
	if _, rej := row(t, w, `{"red":"`+canary+`","part":"`+canary+`","id":"`+canary+`"}`); rej != nil {
		t.Fatal(rej)
	}
	key, _ := hashKeys{}.Secret("hmac/1/id")
	secrets := [][]byte{[]byte(canary), key}
	var log bytes.Buffer
	holder := struct{ inner *Rewriter }{w}
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "rewriter", w, "holder", holder)
	texts := []string{log.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		texts = append(texts, fmt.Sprintf(verb, w), fmt.Sprintf(verb, holder), fmt.Sprintf(verb, []*Rewriter{w}))
	}
	for _, bad := range []string{`{"part":"` + canary[:3] + `"}`, `{"` + canary + `":01}`, `{"red":"` + canary, `{"id":{"` + canary + `":1}}`, `{"red":1,"red":"` + canary + `"}`, `{"doc":{"items":[{"name":["` + canary + `"]}]}}`} {
		_, rej := row(t, w, bad)
		if rej == nil {
			t.Fatalf("delivered: %s", bad)
		}
		texts = append(texts, rej.Error())
	}
	for _, text := range texts {
		for _, s := range secrets {
			for _, form := range []string{string(s[:6]), hex.EncodeToString(s[:6]), strings.ToUpper(hex.EncodeToString(s[:6])), base64.StdEncoding.EncodeToString(s[:6]), strings.Trim(fmt.Sprint(s[:6]), "[]")} {
				if strings.Contains(text, form) {
					t.Fatalf("a key or value shows in %d characters", len(text))
				}
			}
		}
	}
}

func TestRejectionsAreAllThatProcessReturns(t *testing.T) {
	w := mustCompile(t, nested())
	var out stream.Masked
	for value, reason := range map[string]string{
		"": "malformed", "null": "malformed", "[]": "malformed", `{"op":"c"`: "malformed", `{"op":"d"}x`: "malformed", `{}`: "operation",
		`{"op":5}`: "operation", `{"op":""}`: "operation", `{"op":"cc"}`: "operation", `{"op":"m"}`: "operation", `{"op":"c"}`: "operation",
	} {
		err := process(w, &stream.Record{Value: []byte(value)}, &out)
		var rej *stream.Rejection
		if !errors.As(err, &rej) || rej.Reason != reason {
			t.Errorf("%s: %v", value, err)
		}
	}
}

// The record is not changed: it may have to be quarantined as it came.
func TestTheRecordStaysAsItWas(t *testing.T) {
	w := mustCompile(t, busy())
	r, same := busyRecord(1), busyRecord(1)
	var out stream.Masked
	if err := process(w, r, &out); err != nil || !reflect.DeepEqual(r, same) {
		t.Errorf("the record changed: %v", err)
	}
}
