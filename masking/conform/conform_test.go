package conform

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lethe/stream/scan"
)

func mustCompile(t testing.TB, schema string) *Rule {
	t.Helper()
	r, err := Compile([]byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestL7ARefusalNamesKeywordAndPathAndNoValue(t *testing.T) {
	r := mustCompile(t, `{"type":"object","required":["id"],"properties":{"id":{"type":"integer"},"a.b":{"type":["object","null"],"properties":{"n":{"maximum":5}}},
		"list":{"items":{"anyOf":[{"type":"null"},{"type":"string","maxLength":2}]}},"day":{"timeBounds":{"minimum":"2020-01-01"}}},"patternProperties":{"^x":{"type":"null"}},"additionalProperties":{"minLength":3}}`)
	var c Checker
	for doc, want := range map[string]string{
		`{"id":1}`:                          "",
		`{"id":1.50}`:                       "type .id",
		`{"id":10e-1}`:                      "",
		`{}`:                                "required ",
		`{"id":1,"a.b":{"n":6}}`:            `maximum .a\.b.n`,
		`{"id":1,"a.b":{"m":6}}`:            "",
		`{"id":1,"list":["ab",null,"abc"]}`: "maxLength .list[]",
		`{"id":1,"secret":"x"}`:             "minLength ._unknown",
		`{"id":1,"xsecret":"x"}`:            "type ._unknown",
		`{"id":1,"\u0069d":2}`:              "duplicate .id",
		`{"id":1,"day":"2019-12-31Z"}`:      "minimum .day",
		`{"id":1,"day":"infinity"}`:         "minimum .day",
		`{"id":1,"day":"2020-01-01Z"}`:      "",
	} {
		got := ""
		switch c.Check(r, []byte(doc)) {
		case Fails:
			got = c.Keyword() + " " + string(c.AppendPath(nil))
			if asked := r.Ask([]byte(doc)); c.Keyword() != "duplicate" && (asked == nil || *asked != Refusal{c.Keyword(), string(c.AppendPath(nil))}) {
				t.Errorf("%s: the library says %v", doc, asked)
			}
		case Beyond:
			t.Errorf("%s: beyond", doc)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", doc, got, want)
		}
	}
}

func TestWhatOnlyTheLibraryKnowsIsCounted(t *testing.T) {
	r := mustCompile(t, `{"properties":{"a":{"type":"object","unevaluatedProperties":false},"b":{"minimum":1}}}`)
	if k := r.Keywords(); k.Compiled != 2 || !slices.Equal(k.Library, []string{"unevaluatedProperties"}) {
		t.Errorf("%+v", k)
	}
	var c Checker
	if v := c.Check(r, []byte(`{"b":1}`)); v != Conforms {
		t.Error("without the member nothing is beyond:", v)
	}
	if v := c.Check(r, []byte(`{"b":1,"a":{}}`)); v != Beyond {
		t.Error(v)
	}
	for value, want := range map[string]*Refusal{`{"a":{}}`: nil, `{"a":{"x":1}}`: {"false", ".a._unknown"}, `{"b":1e999999}`: {"number", ""}, `{`: {"", ""}} {
		if got := r.Ask([]byte(value)); (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("%s: %v, want %v", value, got, want)
		}
	}
}

func TestDecimalsInStringsAreNumbers(t *testing.T) {
	r := mustCompile(t, `{"allOf":[{"enum":[1.5,20]}],"type":["number","null"],"multipleOf":0.5}`).OfDecimals()
	var c Checker
	for value, want := range map[string]Verdict{`"1.50"`: Conforms, `"20.0"`: Conforms, `"3"`: Fails, `null`: Fails, `"NaN"`: Fails, `""`: Fails, `"1.5x"`: Fails, `1.5`: Conforms} {
		if got := c.Check(r, []byte(value)); got != want || (r.Ask([]byte(value)) == nil) != (want == Conforms) {
			t.Errorf("%s: %v, library %v", value, got, r.Ask([]byte(value)))
		}
	}
}

func TestFormatsAreThoseOfTheLibrary(t *testing.T) {
	m := &maker{Rand: rand.New(rand.NewPCG(3, 4))}
	alphabet := []rune("0019azAZ.-:/@TZ+ [%_\"=?#\\é")
	for _, name := range []string{"date", "time", "date-time", "email", "hostname", "ipv4", "uri", "uuid"} {
		f := formatOf(name)
		sure := 0
		for range 40000 {
			s := []rune(m.pick(texts...))
			for range m.IntN(3) {
				if i := m.IntN(len(s) + 1); m.oneIn(2) || i == len(s) {
					s = slices.Insert(s, i, alphabet[m.IntN(len(alphabet))])
				} else {
					s[i] = alphabet[m.IntN(len(alphabet))]
				}
			}
			ok, known := f.plain([]byte(string(s)))
			if known && ok != f.slow(string(s)) {
				t.Fatalf("%s: %q: %v", name, string(s), ok)
			}
			if known {
				sure++
			}
		}
		if sure < 200 {
			t.Errorf("%s: sure of %d only", name, sure)
		}
	}
}

func TestPlainPatternsMatchWhatRegexpMatches(t *testing.T) {
	m := &maker{Rand: rand.New(rand.NewPCG(5, 6))}
	pieces := []string{"a", "b", "[a-c]", "[^a]", ".", `\d`, `\w`, "ก", "(ab)", "(a|b)", "(?:(a|bc)?)", "x", `\.`, "[0-9a-f]", "[^a-z]"}
	plain, all := 0, 0
	for range 4000 {
		var b strings.Builder
		if m.oneIn(2) {
			b.WriteString("^")
		}
		for range 1 + m.IntN(4) {
			b.WriteString(m.pick(pieces...) + m.pick("", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"))
		}
		if m.oneIn(2) {
			b.WriteString("$")
		}
		p := patternOf(regexp.MustCompile(b.String()))
		all++
		if p.plain == nil {
			continue
		}
		plain++
		for range 30 {
			var s strings.Builder
			for range m.IntN(7) {
				s.WriteString(m.pick("a", "b", "c", "1", "9", "ก", "é", "x", ".", "\n", "ab", "bc", "f"))
			}
			if got := p.match([]byte(s.String())); got != p.re.MatchString(s.String()) {
				t.Fatalf("%s on %q: %v", b.String(), s.String(), got)
			}
		}
	}
	if plain < all/4 {
		t.Errorf("%d of %d patterns need no regexp", plain, all)
	}
}

func TestInstantsOfMaskedRowsAreReadAsTimePackageReadsThem(t *testing.T) {
	m := &maker{Rand: rand.New(rand.NewPCG(7, 8))}
	for range 50000 {
		s := []byte(m.pick("2024-02-29Z", "2024-02-29", "2024-02-29T12:34:56Z", "2024-02-29T12:34:56.123456Z", "12:34:56.5Z", "23:59:59", "0001-01-01Z", "2024-02-29 12:34:56", "2024-02-29T12:34:56+07:00"))
		if m.oneIn(2) {
			s[m.IntN(len(s))] = m.pick("0", "1", "6", "9", "-", ":", ".", ",", "Z", "T", " ")[0]
		}
		want, ok := Instant(string(s))
		if got, known := instant(s); known != ok || !got.Equal(want) {
			t.Fatalf("%s: %v %v, want %v %v", s, got, known, want, ok)
		}
	}
}

func FuzzCheck(f *testing.F) {
	schemas := []string{
		`{"type":"object","properties":{"a":{"type":"string","maxLength":3,"pattern":"^[a-z]+$"},"b":{"type":"integer","maximum":10},"c":{"enum":[1,"x",null,[1,{"k":2}]]}},"required":["a"],"additionalProperties":false}`,
		`{"items":{"type":["number","null"],"multipleOf":0.01,"minimum":-1e30},"uniqueItems":true}`,
		`{"$ref":"#/$defs/tree","$defs":{"tree":{"type":["object","null"],"properties":{"l":{"$ref":"#/$defs/tree"},"r":{"$ref":"#/$defs/tree"}},"patternProperties":{"^[0-9]":{"const":{"a":[1,2.0]}}},"additionalProperties":{"format":"date"}}}}`,
	}
	rules := []*Rule{}
	for _, s := range schemas {
		rules = append(rules, mustCompile(f, s))
	}
	for _, doc := range []string{`{"a":"x","b":1.0,"c":[1.0,{"k":2e0}]}`, `[1,1.0,null,-0]`, `{"l":{"r":null},"1":{"a":[1,2]},"z":"2024-02-30"}`, `"\ud83d\ude00"`, `{"a":"\u0061","a":1}`} {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		i := scan.Space([]byte(doc), 0)
		if end := scan.Value([]byte(doc), i, scan.MaxDepth); end < 0 || scan.Space([]byte(doc), end) != len(doc) || twice(doc) {
			return
		}
		var c Checker
		for k, r := range rules {
			doc := doc[i:]
			if c.Check(r, []byte(doc)) != Beyond && !expensive(decode(t, doc)) {
				compare(t, &c, r, schemas[k], doc)
			}
		}
	})
}

// twice reports whether a name may stand twice in an object, which the library
// does not see, or is empty.
func twice(doc string) bool {
	seen := map[string]bool{}
	for i := 0; i < len(doc); i++ {
		if doc[i] != '"' {
			continue
		}
		end, _ := scan.String([]byte(doc), i)
		name := string(scan.AppendText(nil, []byte(doc[i+1:end-1])))
		if scan.Colon([]byte(doc), end) >= 0 {
			if seen[name] || name == "" { // the library's places leave empty names out
				return true
			}
			seen[name] = true
		}
		i = end - 1
	}
	return false
}

// row is a schema of what contracts and real schemas ask, and a document.
const (
	rowSchema = `{"type":"object","required":["id","email"],"additionalProperties":false,"properties":{"id":{"type":"integer","minimum":1},"first_name":{"type":["string","null"],"maxLength":40},
		"email":{"type":"string","format":"email"},"phone":{"type":["string","null"],"pattern":"^[0-9-]{6,20}$"},"birth":{"type":["string","null"],"format":"date"},"status":{"enum":["active","closed"]},
		"country":{"type":"string","minLength":2,"maxLength":2},"balance":{"type":"number","minimum":-1000000,"multipleOf":0.01},"created":{"type":"string","format":"date-time"},
		"tags":{"type":["array","null"],"items":{"type":"string","maxLength":10},"maxItems":5},"notes":{"type":["string","null"],"maxLength":2000}}}`
	rowDocument = `{"id":1000001,"first_name":"สมชาย","email":"somchai.1@example.org","phone":"081-234-0001","birth":"1984-03-02","status":"active","country":"TH","balance":1012.50,"created":"2026-01-31T15:04:05.123456Z",` +
		`"tags":["gold","mail"],"notes":"โทรกลับวันจันทร์ prefers e-mail in the morning, asked about an invoice of last month twice and about the \"gold\" card"}`
)

func TestChecksAllocateNothing(t *testing.T) {
	r := mustCompile(t, rowSchema)
	var c Checker
	for _, doc := range []string{rowDocument, strings.Replace(rowDocument, "active", "gone", 1), strings.Replace(rowDocument, "1012.50", "123456789012345678901.5", 1)} {
		check := func() { c.Check(r, []byte(doc)) }
		check()
		if n := testing.AllocsPerRun(50, check); n > 1 { // the slice of doc
			t.Errorf("%v allocations", n)
		}
	}
}

func BenchmarkChecker(b *testing.B) {
	r := mustCompile(b, rowSchema)
	var c Checker
	doc := []byte(rowDocument)
	b.ReportAllocs()
	before := cpu(b)
	for b.Loop() {
		if c.Check(r, doc) != Conforms {
			b.Fatal(c.keyword, string(c.AppendPath(nil)))
		}
	}
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
}

// cpu is the processor time that this process took: other processes do not
// count.
func cpu(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkLibrary(b *testing.B) {
	r := mustCompile(b, rowSchema)
	before := cpu(b)
	for b.Loop() {
		if r.Ask([]byte(rowDocument)) != nil {
			b.Fatal("refused")
		}
	}
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
}

func TestASchemaThatAsksForItselfAboutTheSameValueIsRefused(t *testing.T) {
	for schema, ring := range map[string]bool{
		`{"$ref": "#/definitions/a", "definitions": {"a": {"allOf": [{"$ref": "#/definitions/b"}]}, "b": {"anyOf": [{"type": "null"}, {"$ref": "#/definitions/a"}]}}}`: true,
		`{"properties": {"x": {"not": {"$ref": "#/properties/x"}}}}`: true,
		`{"dependencies": {"x": {"$ref": "#"}}}`:                     true,
		`{"if": {"type": "null"}, "else": {"$ref": "#"}}`:            true,
		// About what is inside it may.
		`{"anyOf": [{"type": "null"}, {"properties": {"next": {"$ref": "#"}}}]}`:                                          false,
		`{"$ref": "#/definitions/a", "definitions": {"a": {"items": {"$ref": "#/definitions/a"}}}}`:                       false,
		`{"allOf": [{"$ref": "#/definitions/a"}, {"$ref": "#/definitions/a"}], "definitions": {"a": {"type": "object"}}}`: false,
	} {
		if _, err := Compile([]byte(schema)); (err != nil) != ring {
			t.Errorf("%s: %v", schema, err)
		}
	}
}

func TestAValueThatBranchesWithoutEndIsRefusedInTime(t *testing.T) {
	r := mustCompile(t, `{"$ref": "#/definitions/n", "definitions": {"n": {"oneOf": [
		{"required": ["kind", "child"], "properties": {"kind": {"const": "left"}, "child": {"$ref": "#/definitions/n"}}},
		{"required": ["kind", "child"], "properties": {"kind": {"const": "right"}, "child": {"$ref": "#/definitions/n"}}},
		{"required": ["kind"], "properties": {"kind": {"const": "leaf"}}}]}}}`)
	var c Checker
	for depth, want := range map[int]Verdict{4: Conforms, 10: Conforms, 40: Fails, 200: Fails} {
		doc := strings.Repeat(`{"child":`, depth) + `{"kind":"leaf"}` + strings.Repeat(`,"kind":"left"}`, depth)
		if got := c.Check(r, []byte(doc)); got != want || got == Fails && c.Keyword() != "cost" {
			t.Errorf("%d deep: %v %s", depth, got, c.Keyword())
		}
	}
}

func TestMembersThatAreWrittenTwiceCountOnce(t *testing.T) {
	var c Checker
	for schema, want := range map[string]Verdict{
		`{"properties":{"a":{}},"minProperties":2}`:                     Beyond,
		`{"properties":{"a":{}},"minProperties":1}`:                     Conforms,
		`{"properties":{"a":{}},"maxProperties":1}`:                     Beyond,
		`{"properties":{"a":{}},"maxProperties":2}`:                     Conforms,
		`{"properties":{"a":{}},"minProperties":3}`:                     Fails,
		`{"properties":{"a":{}},"maxProperties":0}`:                     Fails,
		`{"properties":{"a":{"minLength":4611686018427387904}}}`:        Conforms,
		`{"patternProperties":{"x":{"minLength":4611686018427387904}}}`: Fails,
	} {
		r := mustCompile(t, schema)
		if got := c.Check(r, []byte(`{"x":"a","x":"b"}`)); got != want {
			t.Errorf("%s: %v", schema, got)
		}
		if got := c.Check(r, []byte(`{"x":"a","x":"b"}`)); got == Beyond && (r.Ask([]byte(`{"x":"a","x":"b"}`)) == nil) != strings.Contains(schema, "max") {
			t.Errorf("%s: the library says otherwise", schema)
		}
	}
}
