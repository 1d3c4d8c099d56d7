package wire

import (
	"fmt"
	"strings"
	"testing"

	"lethe/audit/report"
	"lethe/rules/packs"
)

// Packs say deadlines to people, reports count them: of one duty both say the same.
func TestReportsCountTheDeadlinesThatPacksName(t *testing.T) {
	clocks, err := report.Clocks()
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for _, c := range clocks {
		pack, ok := packs.Load(c.Law)
		if !ok {
			t.Errorf("no pack %s", c.Law)
			continue
		}
		want := "without undue delay"
		switch {
		case c.Hours > 0:
			want = fmt.Sprintf("%d hours", c.Hours)
		case c.Days > 0:
			want = fmt.Sprintf("%d days", c.Days)
		}
		same, named := false, false
		for _, d := range pack.Deadlines {
			if strings.TrimPrefix(d.Section, "s.") == strings.TrimPrefix(c.Section, "s.") {
				named = true
				same = same || strings.Replace(d.Within, "calendar ", "", 1) == want
			}
		}
		if named && same {
			held++
		} else if named && c.Hours+c.Days > 0 {
			t.Errorf("%s %s: %s is not what the pack says", c.Law, c.Section, want)
		}
	}
	if held < 5 {
		t.Errorf("only %d clocks are named by packs", held)
	}
}
