package identifier_test

import (
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"

	"lethe/masking/detect/identifier"
	"lethe/masking/detect/identifier/identifiertest"
)

func TestAnIdentifierSaysAllThatADetectorNeeds(t *testing.T) {
	elements, err := os.ReadFile("../../../rules/elements.yaml")
	if err != nil {
		t.Fatal(err)
	}
	entity := regexp.MustCompile(`^[A-Z][A-Z0-9_]+$`)
	seen := map[string]bool{}
	for _, id := range identifier.All() {
		if !entity.MatchString(id.Entity) || seen[id.Entity] {
			t.Errorf("%q is no entity, or one of two", id.Entity)
		}
		seen[id.Entity] = true
		if len(id.Country) != 2 && id.Country != "" || id.About == "" || len(id.Shapes) == 0 || len(id.Context) == 0 {
			t.Errorf("%s lacks a country, a line, shapes or context", id.Entity)
		}
		if !strings.Contains(string(elements), "\n  "+id.Element+": {") {
			t.Errorf("%s: no element %q", id.Entity, id.Element)
		}
		for _, word := range id.Context {
			if word != strings.ToLower(word) || strings.TrimSpace(word) != word || word == "" {
				t.Errorf("%s: context %q", id.Entity, word)
			}
		}
	}
}

func TestAWrittenFormIsAShapeWithSeparators(t *testing.T) {
	for _, id := range identifier.All() {
		for _, written := range id.Written {
			compact := strings.NewReplacer(" ", "", "-", "", ".", "", "/", "", "+", "", "(", "", ")", "").Replace(written)
			if !coversAny(compact, id.Shapes) {
				t.Errorf("%s: %s is none of %s", id.Entity, written, id.Shapes)
			}
		}
	}
}

// coversAny reports whether one of the shapes has strings in common with form.
func coversAny(form string, shapes []string) bool {
	within := func(a, b byte) bool {
		if a == b || a == 'X' || b == 'X' {
			return true
		}
		letter := func(c byte) bool { return c >= 'A' && c <= 'Z' }
		return a == 'A' && letter(b) || b == 'A' && letter(a) || a == '9' && b >= '0' && b <= '9'
	}
	for _, s := range shapes {
		ok := len(s) == len(form)
		for i := 0; ok && i < len(s); i++ {
			ok = within(form[i], s[i])
		}
		if ok {
			return true
		}
	}
	return false
}

func TestOddsAreWhatASampleShows(t *testing.T) {
	most := 400_000
	if testing.Short() {
		most = 40_000
	}
	for _, id := range identifier.All() {
		rng := rand.New(rand.NewPCG(1, 2))
		measured, n := 0.0, min(most, int(1000/id.Odds)+2000)
		for _, shape := range id.Shapes {
			hits := 0
			for range n {
				if id.Check(identifiertest.Random(rng.IntN, shape)) {
					hits++
				}
			}
			measured = max(measured, float64(hits)/float64(n))
		}
		// Below ten expected hits a sample shows only that there are few.
		few := id.Odds*float64(n) < 10
		if measured > 2*id.Odds && !few || measured < id.Odds/2 && !few || measured > 40/float64(n) && few {
			t.Errorf("%s: odds %.2g, a sample has %.2g", id.Entity, id.Odds, measured)
		}
	}
}

func TestACheckAllocatesNothing(t *testing.T) {
	for _, id := range identifier.All() {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, shape := range id.Shapes {
			b := identifiertest.Random(rng.IntN, shape)
			if n := testing.AllocsPerRun(50, func() { identifiertest.Redraw(rng.IntN, shape, b, rng.IntN(len(b))); id.Check(b) }); n != 0 {
				t.Errorf("%s: %v allocations", id.Entity, n)
			}
		}
	}
}

func FuzzACheckPanicsOnNothing(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 2))
	all := identifier.All()
	for _, id := range all {
		for _, shape := range id.Shapes {
			f.Add(identifiertest.Random(rng.IntN, shape))
		}
	}
	f.Add([]byte(nil))
	forms := map[string]*regexp.Regexp{}
	for _, id := range all {
		form := strings.Join(id.Shapes, "|")
		form = strings.NewReplacer("9", "[0-9]", "A", "[A-Z]", "X", "[0-9A-Z]").Replace(form)
		forms[id.Entity] = regexp.MustCompile(`\A(?:` + form + `)\z`)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, id := range all {
			if id.Check(b) && !forms[id.Entity].Match(b) {
				t.Errorf("%s takes %q, which is of none of its shapes", id.Entity, b)
			}
		}
	})
}
