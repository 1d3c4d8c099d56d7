package masking

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestNumbersOfACountryAreWrittenAsItsNumberingPlanSays(t *testing.T) {
	text, err := os.ReadFile("detect/plans.txt")
	if err != nil {
		t.Fatal(err)
	}
	plans := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 3 {
			plans[f[0]] = f
		}
	}
	known := map[string]bool{}
	for _, c := range countries() {
		known[c.name] = true
		if c.code == "1" {
			continue // the North American plan is rules, no list: see detect/phone.go
		}
		plan := plans[c.name]
		if plan == nil {
			t.Errorf("%s has no numbering plan", c.name)
			continue
		}
		if plan[1] != c.code || strings.Trim(plan[2], "-") != c.trunk {
			t.Errorf("%s: code %q and prefix %q, and the plan says %q and %q", c.name, c.code, c.trunk, plan[1], plan[2])
		}
		has := false
		for _, r := range plan[4:] {
			_, lengths, _ := strings.Cut(r, ":")
			has = has || strings.Contains(lengths, strconv.FormatInt(int64(c.digits), 16))
		}
		if !has {
			t.Errorf("%s: no number has %d digits", c.name, c.digits)
		}
	}
	for name, plan := range plans {
		if len(name) == 2 && !known[name] {
			t.Errorf("%s has a numbering plan, and nobody can name it as a country: %s %s", name, plan[1], plan[2])
		}
	}
}
