package conform

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// decode reads a document as the library wants it.
func decode(t testing.TB, doc string) any {
	dec := json.NewDecoder(bytes.NewReader([]byte(doc)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	return v
}

// everything lists all failures of a tree, also those that have causes.
func everything(r *Rule, all map[Refusal]bool, ve *jsonschema.ValidationError, v any) {
	all[Refusal{keywordOf(ve.KeywordLocation), r.place(ve.InstanceLocation, v)}] = true
	for _, cause := range ve.Causes {
		everything(r, all, cause, v)
	}
}

// compare checks that the checker and the library agree on doc, and that the
// checker blames what the library blames, too.
func compare(t testing.TB, c *Checker, r *Rule, schema, doc string) Verdict {
	got := c.Check(r, []byte(doc))
	if got == Beyond {
		return got
	}
	v := decode(t, doc)
	err := r.library.Validate(v)
	if (err == nil) != (got == Conforms) {
		t.Fatalf("schema %s\ndocument %s\nchecker %v %s %s, library %#v", schema, doc, got, c.keyword, c.AppendPath(nil), err)
	}
	if got == Conforms {
		return got
	}
	var ve *jsonschema.ValidationError
	if !errors.As(err, &ve) {
		t.Fatalf("schema %s\ndocument %s\nchecker decides, library %v", schema, doc, err)
	}
	all := map[Refusal]bool{}
	everything(r, all, ve, v)
	// The library's paths show names that are listed elsewhere in the schema.
	path := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(string(c.AppendPath(nil))), regexp.QuoteMeta(unlisted), `\.([^.[\\]|\\.)+`) + "$")
	for why := range all {
		if why.Keyword == c.Keyword() && path.MatchString(why.Path) {
			return got
		}
	}
	t.Fatalf("schema %s\ndocument %s\nchecker %s at %s, library %#v", schema, doc, c.Keyword(), path, all)
	return got
}

// compareMany compares on documents near one schema.
func compareMany(t testing.TB, m *maker, documents int, counts *[3]int) {
	text := m.document()
	r, err := Compile([]byte(text))
	if err != nil {
		return // such as an enum with a value twice
	}
	root := decode(t, text).(map[string]any)
	var c Checker
	for range documents {
		counts[compare(t, &c, r, text, m.near(root, root, 6))]++
	}
}

func TestTheCheckerAndTheLibraryAgreeOnGeneratedSchemas(t *testing.T) {
	schemas, documents := 4000, 60
	if testing.Short() {
		schemas = 400
	}
	m := &maker{Rand: rand.New(rand.NewPCG(1, 2))}
	var counts [3]int
	for range schemas {
		compareMany(t, m, documents, &counts)
	}
	all := counts[Conforms] + counts[Fails] + counts[Beyond]
	t.Logf("%d documents of %d schemas: %d conform, %d fail, %d were left to the library", all, schemas, counts[Conforms], counts[Fails], counts[Beyond])
	if all < schemas*documents/2 || counts[Beyond] > all/10 || counts[Conforms] < all/10 || counts[Fails] < all/10 {
		t.Error("the generator makes too few of one sort")
	}
}

func FuzzAgreement(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Add(uint64(392), uint64(630)) // the schema false below a dependency
	f.Fuzz(func(t *testing.T, a, b uint64) {
		var counts [3]int
		compareMany(t, &maker{Rand: rand.New(rand.NewPCG(a, b))}, 20, &counts)
	})
}
