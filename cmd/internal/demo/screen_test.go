package demo

import (
	"strings"
	"testing"

	"lethe/cmd/internal/screen"
)

func TestRowsFitTheTerminal(t *testing.T) {
	rows := []Customer{{Country: "TH", Columns: []Cell{
		{"national_id", strings.Repeat("ดี", 60), strings.Repeat("x", 100)}, {"id", "1", "2"},
	}}}
	for _, columns := range []int{60, 80, 120, 200} {
		var b strings.Builder
		show(&b, columns, rows)
		for _, line := range strings.Split(b.String(), "\n") {
			if screen.Cells(line) > columns {
				t.Errorf("%d columns: a line takes %d", columns, screen.Cells(line))
			}
		}
	}
}
