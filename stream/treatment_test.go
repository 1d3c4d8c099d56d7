package stream

import "testing"

func TestAPolicyThatShowsMoreIsTold(t *testing.T) {
	before := Shown{Clear: 2, Part: 3, Pseudonymised: 4, Removed: 5, Parts: 9}
	for name, c := range map[string]struct {
		after Shown
		more  bool
	}{
		"the same":                                  {before, false},
		"a removed one clear":                       {Shown{3, 3, 4, 4, 9}, true},
		"a pseudonym for a removed one":             {Shown{2, 3, 5, 4, 9}, true},
		"a part of a pseudonym":                     {Shown{2, 4, 3, 5, 12}, true},
		"more of a part":                            {Shown{2, 3, 4, 5, 16}, true},
		"less of a part":                            {Shown{2, 3, 4, 5, 2}, false},
		"a clear one removed":                       {Shown{1, 3, 4, 6, 9}, false},
		"a part less, and one clear in its place":   {Shown{3, 2, 4, 5, 5}, true},
		"another removed one":                       {Shown{2, 3, 4, 6, 9}, false},
		"a clear one in part, and the parts larger": {Shown{1, 4, 4, 5, 12}, false},
	} {
		if got := c.after.MoreThan(before); got != c.more {
			t.Errorf("%s: %v", name, got)
		}
	}
	var s Shown
	for _, x := range []Treatment{{Shows: ShowsAll}, {Shows: ShowsPart, Part: 3}, {Shows: ShowsPseudonym}, {}} {
		s.Add(x)
	}
	if s != (Shown{1, 1, 1, 1, 3}) {
		t.Errorf("%+v", s)
	}
}
