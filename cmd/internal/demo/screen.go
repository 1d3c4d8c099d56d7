package demo

import (
	"fmt"
	"io"
	"strings"

	"lethe/cmd/internal/screen"
)

// most is how many columns of the screen a value takes where there are enough.
const most = 44

// show writes rows side by side, below one another in the same columns.
func show(w io.Writer, columns int, all []Customer) {
	name, before := len("column"), len("before")
	for _, c := range all {
		for _, cell := range c.Columns {
			name, before = max(name, screen.Cells(cell.Column)), max(before, screen.Cells(cell.Before))
		}
	}
	before = min(before, most)
	after := most
	if columns > 0 {
		half := max(16, (columns-name-len("      "))/2)
		before = min(before, half)
		after = max(half, columns-name-before-len("      "))
	}
	line := func(a, b, c string) {
		fmt.Fprintf(w, "  %s  %s  %s\n", screen.Pad(a, name), screen.Pad(cut(b, before), before), cut(c, after))
	}
	for _, c := range all {
		fmt.Fprintf(w, "\na customer in %s\n", c.Country)
		line("column", "before", "after")
		for _, cell := range c.Columns {
			line(cell.Column, cell.Before, cell.After)
		}
	}
}

// cut is a value on one line of n columns.
func cut(s string, n int) string { return screen.Cut(strings.ReplaceAll(s, "\n", " "), n) }

// tail shortens a file's name to what a line of the terminal holds: its end tells
// more.
func (d *demo) tail(name string) string {
	if room := d.Columns - len("  "); d.Columns > 0 && len(name) > room {
		return "…" + name[len(name)-max(room-1, 0):]
	}
	return name
}
