package masking

import (
	"strings"
	"testing"

	"lethe/masking/detect"
	"lethe/stream"
)

func TestDetectReplacesWhatItFindsAndShowsTheRest(t *testing.T) {
	for name, c := range map[string]struct {
		params   Params
		in, want string
	}{
		"a text":                     {nil, `"write to ann.lee@example.com today"`, `"write to [EMAIL_ADDRESS] today"`},
		"escapes stay a text":        {Params{"names": false}, `"a \"b\"\n\u0041\u006e\u006e\u0040example.com\\"`, `"a \"b\"\n[EMAIL_ADDRESS]\\"`},
		"only what is asked for":     {Params{"entities": []any{"CREDIT_CARD"}}, `"ann@example.com 4111 1111 1111 1111"`, `"ann@example.com [CREDIT_CARD]"`},
		"a number with a finding":    {Params{"names": false}, `4111111111111111`, `"[CREDIT_CARD]"`},
		"a fraction hides nothing":   {Params{"names": false}, `4111111111111111.00`, `"[CREDIT_CARD]"`},
		"a number without a finding": {Params{"names": false}, `42`, `"42"`},
		"nothing":                    {nil, `""`, `""`},
		"null":                       {nil, `null`, `null`},
	} {
		t.Run(name, func(t *testing.T) {
			w := mustCompile(t, Plan{Stream: "s", Fields: []Field{{Path: "v", Operator: "detect", Params: c.params}}})
			for range 2 { // the second time from what the masker remembers
				if got, rej := row(t, w, `{"v":`+c.in+`}`); rej != nil || got != `{"v":`+c.want+`}` {
					t.Errorf("%s %v", got, rej)
				}
			}
		})
	}
}

func TestDetectFindsNamesUnlessItIsToldNotTo(t *testing.T) {
	const in = `{"v":"My name is Maria Gonzalez and I live in Barcelona."}`
	for want, params := range map[string]Params{
		`{"v":"My name is [PERSON] and I live in [LOCATION]."}`: nil,
		in: {"names": false},
		`{"v":"My name is [PERSON] and I live in Barcelona."}`: {"entities": "PERSON"},
	} {
		w := mustCompile(t, Plan{Stream: "s", Fields: []Field{{Path: "v", Operator: "detect", Params: params}}})
		if got, rej := row(t, w, in); rej != nil || got != want {
			t.Errorf("%v: %s %v", params, got, rej)
		}
	}
}

func TestDetectTakesTheNameOfTheMemberAsEvidence(t *testing.T) {
	w := mustCompile(t, Plan{Stream: "s", Fields: []Field{{Path: "contacts[].home_phone", Operator: "detect"}, {Path: "orderNo", Operator: "detect"}, {Path: "v", Operator: "detect"}}})
	const in = `{"contacts":[{"home_phone":65551234},{"home_phone":"65551234"}],"orderNo":"65551234","v":"65551234"}`
	const want = `{"contacts":[{"home_phone":"[PHONE_NUMBER]"},{"home_phone":"[PHONE_NUMBER]"}],"orderNo":"65551234","v":"65551234"}`
	if got, rej := row(t, w, in); rej != nil || got != want {
		t.Errorf("%s %v", got, rej)
	}
}

func TestL1DetectRefusesWhatIsNoText(t *testing.T) {
	op, _ := Lookup("detect")
	for _, b := range []stream.Base{stream.Bool, stream.Array, stream.JSON} {
		if op.Takes(stream.Type{Base: b}, nil) {
			t.Errorf("it takes %v", b)
		}
	}
	if tr := op.Traits(nil); !tr.Clear || tr.Lowers || !strings.Contains(op.Help, "cannot exclude") {
		t.Error("it does not say that clear values may pass")
	}
	w := mustCompile(t, Plan{Stream: "s", Fields: []Field{{Path: "v", Operator: "detect"}, {Path: "s", Operator: "detect", Special: true}}})
	for _, v := range []string{`true`, `{}`, `["ann@example.com"]`} {
		if got, rej := row(t, w, `{"v":`+v+`}`); rej == nil || rej.Reason != stream.ReasonOperator {
			t.Errorf("%s became %s, %v", v, got, rej)
		}
	}
	if got, rej := row(t, w, `{"s":null}`); rej != nil || got != `{"s":"[redacted]"}` {
		t.Errorf("a null of class special became %s, %v", got, rej)
	}
}

func TestDetectAllocatesNothingPerValue(t *testing.T) {
	f := Field{Path: "v", Operator: "detect"}
	m, err := findings().build(f, workshop{})
	if err != nil {
		t.Fatal(err)
	}
	m = m.fresh()
	texts := [][]byte{[]byte("Maria Gonzalez, maria@example.com, +66 81 234 5678"), []byte("ลูกค้า นายสมชาย ใจดี โทรมาจากจังหวัดเชียงใหม่ 1101700230705")}
	var dst []byte
	work := func() {
		for _, text := range texts {
			dst, _ = m.mask(dst[:0], datum{text: text, kind: kindString})
		}
	}
	work()
	if n := testing.AllocsPerRun(50, work); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkDetect(b *testing.B) {
	finder, err := detect.New(detect.Options{Names: true})
	if err != nil {
		b.Fatal(err)
	}
	m := &findingsMasker{finder: finder}
	texts := [2][]byte{[]byte("Maria Gonzalez asks for maria@example.com to be called on +66 81 234 5678 tomorrow"), []byte("no further errors were seen in the log since then")}
	var dst []byte
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		dst, _ = m.mask(dst[:0], datum{text: texts[i%2], kind: kindString})
	}
}
