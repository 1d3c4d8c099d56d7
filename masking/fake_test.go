package masking

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"lethe/masking/internal/invent"
	"lethe/stream"
)

// faker invents values of one kind.
type faker struct {
	t *testing.T
	w *Rewriter
}

func newFaker(t *testing.T, p Params) faker {
	return faker{t, mustCompile(t, Plan{Stream: "s", Fields: []Field{{Path: "v", Operator: "fake", Params: p, Domain: "d"}, {Path: "other", Operator: "drop"}}})}
}

// of is what becomes of a value beside others of its row.
func (f faker) of(value string, others ...string) string {
	f.t.Helper()
	got, rej := row(f.t, f.w, `{"other":["`+strings.Join(others, `","`)+`"],"v":"`+value+`"}`)
	if rej != nil {
		f.t.Fatal(rej)
	}
	return strings.TrimSuffix(strings.TrimPrefix(got, `{"v":"`), `"}`)
}

// forms are what values of a kind look like.
var forms = map[string]*regexp.Regexp{
	"person":      regexp.MustCompile(`^[\p{L}\p{M}' ]+ [\p{L}\p{M}' ]+$`),
	"given_name":  regexp.MustCompile(`^[\p{L}\p{M} ]+$`),
	"family_name": regexp.MustCompile(`^[\p{L}\p{M}' ]+$`),
	"address":     regexp.MustCompile(`^(?s).*[0-9].*[\p{L}\p{M}].*$`),
	"street":      regexp.MustCompile(`^[\p{L}\p{M} ]+$`),
	"city":        regexp.MustCompile(`^[\p{L}\p{M} ]+$`),
	"postcode":    regexp.MustCompile(`^[A-Z0-9]{2,6}( [A-Z0-9]{2,4})?$`),
	"email":       regexp.MustCompile(`^[a-z0-9._]+@example\.(com|org|net)$`),
	"phone":       regexp.MustCompile(`^\+[0-9 ]{10,18}$`),
	"company":     regexp.MustCompile(`^[\p{L}\p{M}&. ]{5,}$`),
}

func TestEveryKindIsInventedInEveryLocale(t *testing.T) {
	for _, kind := range invent.Kinds() {
		for _, locale := range invent.Locales() {
			f, seen := newFaker(t, Params{"kind": kind, "locale": locale}), map[string]bool{}
			for n := range 300 {
				got := f.of(fmt.Sprint("value ", n))
				if !forms[kind].MatchString(got) {
					t.Fatalf("%s of %s: %q", kind, locale, got)
				}
				seen[got] = true
			}
			if len(seen) < 14 {
				t.Errorf("%s of %s: only %d values", kind, locale, len(seen))
			}
		}
	}
}

// nobodys are the ranges that regulators set apart for fiction, and where there is
// none, what no number of the country begins with.
var nobodys = map[string]*regexp.Regexp{
	"th": regexp.MustCompile(`^\+6612\d{7}$`),
	"sg": regexp.MustCompile(`^\+652\d{7}$`),
	"de": regexp.MustCompile(`^\+49(3023125\d{3}|6990009\d{3}|4066969\d{3}|2214710\d{3}|8999998\d{3})$`),
	"fr": regexp.MustCompile(`^\+33(19900|26191|35301|46571|53649|63998)\d{4}$`),
	"ie": regexp.MustCompile(`^\+3532091\d{5}$`),
	"gb": regexp.MustCompile(`^\+44(7700900|2079460|1134960|1214960|1614960|1632960)\d{3}$`),
	"us": regexp.MustCompile(`^\+1\d{3}55501\d\d$`),
	"se": regexp.MustCompile(`^\+46(8465004\d\d|3139006\d\d|4062804\d\d|9803192\d\d|7017406[1-9]\d)$`),
}

func TestNobodyAnswersInventedTelephoneNumbers(t *testing.T) {
	for locale, own := range nobodys {
		f := newFaker(t, Params{"kind": "phone", "locale": locale})
		for n := range 200 {
			if got := f.of(fmt.Sprint(n)); !own.MatchString(strings.ReplaceAll(got, " ", "")) {
				t.Fatalf("%s: %s may be somebody's", locale, got)
			}
		}
	}
	plans, err := os.ReadFile("detect/plans.txt")
	if err != nil {
		t.Fatal(err)
	}
	for country, first := range map[string][2]int{"TH 66": {120, 129}, "SG 65": {200, 299}} {
		_, plan, ok := strings.Cut(string(plans), "\n"+country+" ")
		plan, _, _ = strings.Cut(plan, "\n")
		if !ok {
			t.Fatalf("%s has no plan", country)
		}
		for _, used := range regexp.MustCompile(`(\d{3})(?:-(\d{3}))?:`).FindAllStringSubmatch(plan, -1) {
			low, _ := strconv.Atoi(used[1])
			high, _ := strconv.Atoi(cmp.Or(used[2], used[1]))
			if low <= first[1] && high >= first[0] {
				t.Errorf("%s: numbers are in use that fake invents: %s", country, used[0])
			}
		}
	}
}

func TestWhatIsInventedIsNeverOfTheRecord(t *testing.T) {
	for _, kind := range invent.Kinds() {
		for _, locale := range []string{"th", "sg", "de", "fr", "gb"} {
			f := newFaker(t, Params{"kind": kind, "locale": locale})
			for n := range 100 {
				value := fmt.Sprint("value ", n)
				first := f.of(value)
				for _, real := range []string{first, strings.ToUpper(first), " " + strings.ReplaceAll(first, " ", " \u200b ")} {
					got := f.of(value, "x", real)
					if strings.EqualFold(got, first) {
						t.Fatalf("%s of %s: %q is in the record as %q", kind, locale, got, real)
					}
					if again := f.of(value, "x", real); again != got {
						t.Fatalf("%s of %s: one record gave %q and %q", kind, locale, got, again)
					}
				}
				if again := f.of(value, "nothing", "of that"); again != first {
					t.Fatalf("%s of %s: %q depends on what it has nothing to do with: %q", kind, locale, first, again)
				}
			}
		}
	}
}

func TestPartsOfWhatIsInventedAreNoWordsOfTheRecord(t *testing.T) {
	words := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return strings.ContainsRune(" ._@,0123456789", r) })
	}
	for _, c := range []struct {
		kind, locale string
		write        func(string) string // a word, in a text
	}{
		{"person", "th", func(s string) string { return "คุณ" + s + " มาแล้ว" }},
		{"person", "de", func(s string) string { return "Frau " + strings.ToUpper(s) + ", Berlin" }},
		{"person", "fr", func(s string) string { return norm.NFD.String(s) }},
		{"email", "th", func(s string) string { return s + "@work.example" }},
		{"company", "us", func(s string) string { return "of " + s + "'s" }},
	} {
		f := newFaker(t, Params{"kind": c.kind, "locale": c.locale})
		for n := range 300 {
			value := fmt.Sprint("value ", n)
			word := words(f.of(value))[0]
			if got := f.of(value, c.write(word)); slices.Contains(words(got), word) {
				t.Fatalf("%s of %s: %q has %q, which is in the record", c.kind, c.locale, got, word)
			}
		}
	}
	city, address := newFaker(t, Params{"kind": "city", "locale": "de"}), newFaker(t, Params{"kind": "address", "locale": "de"})
	for n := range 300 {
		value := fmt.Sprint("value ", n)
		if got, where := city.of(value), address.of(value); city.of(value, where) == words(where)[len(words(where))-1] {
			t.Fatalf("%s of a record with %s", got, where)
		}
	}
	phone := newFaker(t, Params{"kind": "phone", "locale": "gb"})
	for n := range 200 { // a number that stands there in its national form
		value := fmt.Sprint(n)
		first := phone.of(value)
		if got := phone.of(value, "0"+strings.ReplaceAll(strings.TrimPrefix(first, "+44 "), " ", "-")); got == first {
			t.Fatalf("%q is in the record", got)
		}
	}
}

func TestL1FakeRefusesWhatIsNoTextAndARowOfAllNames(t *testing.T) {
	f := Field{Operator: "fake", Params: Params{"kind": "city", "locale": "sg"}, Domain: "d"}
	for in, want := range map[string]string{`7`: "operator", `true`: "operator", `["x"]`: "operator", `{"a":1}`: "operator", `null`: `null`, `""`: `""`} {
		if got := masked(t, f, in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
	var towns []string
	all := newFaker(t, f.Params)
	for n := range 2000 {
		if town := all.of(fmt.Sprint(n)); !slices.Contains(towns, town) {
			towns = append(towns, town)
		}
	}
	if got := masked(t, f, `"`+strings.Join(towns, ", ")+`"`); got != "operator" {
		t.Errorf("a town of the record: %s", got)
	}
	wide := strings.Map(func(r rune) rune { // in full width
		if r > ' ' && r <= '~' {
			r += '！' - '!'
		}
		return r
	}, strings.Join(towns, ", "))
	if got := masked(t, f, `"`+wide+`"`); got != "operator" {
		t.Errorf("a town of the record, in full width: %s", got)
	}
	f.Special = true
	if got := masked(t, f, `null`); got == "null" || got == redacted || got != masked(t, f, `""`) {
		t.Errorf("null of class special: %s", got)
	}
	op, _ := Lookup("fake")
	for _, typ := range []stream.Type{{Base: stream.Int, Bits: 32}, {Base: stream.Bool}, {Base: stream.Date}, {Base: stream.JSON}, {Base: stream.Decimal}} {
		if op.Takes(typ, f.Params) {
			t.Errorf("it takes %s", typ)
		}
	}
	for _, p := range []Params{{"kind": "shoe"}, {"locale": "xx"}, {"lists": 0}, {"lists": invent.Versions + 1}} {
		if op.Check(p) == nil {
			t.Errorf("%v passed", p)
		}
	}
}

func TestAFakeIsTheSubjectsOwnWhereTheSubjectIsMixedIn(t *testing.T) {
	w := mustCompile(t, Plan{Stream: "s", Subject: Subject{Column: "who", Domain: "id"}, Fields: []Field{{Path: "who", Operator: "drop"},
		{Path: "v", Operator: "fake", Params: Params{"kind": "address", "locale": "se"}, Domain: "d", Apart: true}}})
	of := func(who string) string {
		got, rej := row(t, w, `{"who":`+who+`,"v":"x"}`)
		if rej != nil {
			t.Fatal(rej)
		}
		return got
	}
	first := of("1")
	if second, again := of("2"), of("1"); first == second || first != again {
		t.Error("two subjects have one address, or one has two")
	}
	if got := of("null"); got != `{"v":`+redacted+`}` {
		t.Errorf("nobody's: %s", got)
	}
}

func TestFakeIsOfTheNormalForm(t *testing.T) {
	f := Field{Operator: "fake", Params: Params{"kind": "email"}, Domain: "contact.email", Normal: "lower"}
	if a, b := masked(t, f, `"Ann@x.org"`), masked(t, f, `" ann@X.ORG"`); a != b {
		t.Errorf("%s and %s", a, b)
	}
}

func TestARecordOfManyWordsTakesNoMoreRoomAndLeavesNothingForTheNext(t *testing.T) {
	f := newFaker(t, Params{"kind": "person", "locale": "fr"})
	first, words := f.of("x"), &strings.Builder{}
	for n := range 30_000 {
		fmt.Fprint(words, "word", n, " ")
	}
	if got := f.of("x", words.String()); !forms["person"].MatchString(got) {
		t.Errorf("%q", got)
	}
	if got := f.of("x", first); got == first {
		t.Errorf("%q is of the record", got)
	}
	if got := f.of("x"); got != first {
		t.Errorf("%q, and before %q", got, first)
	}
	for n := range 2_000_000 {
		fmt.Fprint(words, n, " ")
	}
	// L1: nobody knows what is of such a record.
	if _, rej := row(t, f.w, `{"other":"`+words.String()+`","v":"x"}`); rej == nil || rej.Reason != stream.ReasonOperator {
		t.Errorf("%v", rej)
	}
	if got := f.of("x"); got != first {
		t.Errorf("%q, and before %q", got, first)
	}
}

func BenchmarkFake(b *testing.B) {
	plan := busy()
	for i := range plan.Fields {
		if p := plan.Fields[i].Path; p == "first_name" || p == "email" {
			plan.Fields[i].Operator, plan.Fields[i].Domain = "fake", "d"
			plan.Fields[i].Params = Params{"kind": map[string]string{"first_name": "person", "email": "email"}[p]}
		}
	}
	w := mustCompile(b, plan)
	var out stream.Masked
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := w.Process(busyRecord(i%1000), &out); err != nil {
			b.Fatal(err)
		}
	}
}
