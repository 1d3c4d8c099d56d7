package stream

import (
	"slices"
	"testing"
)

func TestAPolicyThatShowsMoreIsTold(t *testing.T) {
	before := Shown{Clear: 2, Part: 3, Pseudonymised: 4, Removed: 5, Parts: 9}
	for name, c := range map[string]struct {
		after Shown
		more  bool
	}{
		"the same":                                  {before, false},
		"a removed one clear":                       {Shown{3, 3, 4, 4, 9, nil}, true},
		"a pseudonym for a removed one":             {Shown{2, 3, 5, 4, 9, nil}, true},
		"a part of a pseudonym":                     {Shown{2, 4, 3, 5, 12, nil}, true},
		"more of a part":                            {Shown{2, 3, 4, 5, 16, nil}, true},
		"less of a part":                            {Shown{2, 3, 4, 5, 2, nil}, false},
		"a clear one removed":                       {Shown{1, 3, 4, 6, 9, nil}, false},
		"a part less, and one clear in its place":   {Shown{3, 2, 4, 5, 5, nil}, true},
		"another removed one":                       {Shown{2, 3, 4, 6, 9, nil}, false},
		"a clear one in part, and the parts larger": {Shown{1, 4, 4, 5, 12, nil}, false},
	} {
		if got := c.after.MoreThan(before); got != c.more {
			t.Errorf("%s: %v", name, got)
		}
	}
	var s Shown
	for _, x := range []Treatment{{Shows: ShowsAll}, {Shows: ShowsPart, Part: 3}, {Shows: ShowsPseudonym}, {}} {
		s.Add(x)
	}
	if s != (Shown{1, 1, 1, 1, 3, nil}) {
		t.Errorf("%+v", s)
	}
	fields := []ShownField{{"shop.main.customer", "email", Treatment{Shows: ShowsPart, Part: 4}}, {"shop.main.customer", "id", Treatment{}}}
	sum := func(change func([]ShownField)) Hash {
		mine := slices.Clone(fields)
		change(mine)
		var s Shown
		s.Sum(mine)
		return *s.Fields
	}
	seen := map[Hash]bool{sum(func([]ShownField) {}): true}
	for _, change := range []func(f []ShownField){
		func(f []ShownField) { f[0].Shows, f[1].Shows = f[1].Shows, f[0].Shows },
		func(f []ShownField) { f[0].Part = 3 },
		func(f []ShownField) { f[0].Path, f[0].Stream = f[0].Stream, f[0].Path },
		func(f []ShownField) { f[1].Shows = ShowsAll },
	} {
		if h := sum(change); seen[h] {
			t.Errorf("two policies that show other fields commit to the same")
		} else {
			seen[h] = true
		}
	}
}
