package demo

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// most is how many columns of the screen a value takes where there are enough.
const most = 44

// show writes rows side by side, below one another in the same columns.
func show(w io.Writer, columns int, all []Customer) {
	name, before := len("column"), len("before")
	for _, c := range all {
		for _, cell := range c.Columns {
			name, before = max(name, cells(cell.Column)), max(before, cells(cell.Before))
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
		fmt.Fprintf(w, "  %s  %s  %s\n", pad(a, name), pad(cut(b, before), before), cut(c, after))
	}
	for _, c := range all {
		fmt.Fprintf(w, "\na customer in %s\n", c.Country)
		line("column", "before", "after")
		for _, cell := range c.Columns {
			line(cell.Column, cell.Before, cell.After)
		}
	}
}

// cut shortens s to n columns of the screen; it never splits a letter from its
// marks.
func cut(s string, n int) string {
	s = strings.ReplaceAll(s, "\n", " ")
	if cells(s) <= n {
		return s
	}
	end, taken := 0, 0
	for i, r := range s {
		if taken += runeCells(r); taken > n-1 {
			break
		}
		end = i + len(string(r))
	}
	return s[:end] + "…"
}

// tail shortens a file's name to what a line of the terminal holds: its end tells
// more.
func (d *demo) tail(name string) string {
	if room := d.Columns - len("  "); d.Columns > 0 && len(name) > room {
		return "…" + name[len(name)-max(room-1, 0):]
	}
	return name
}

// cells counts the columns of a screen that s takes.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += runeCells(r)
	}
	return n
}

// runeCells is how many columns a terminal gives r: Thai vowels and tone marks
// above and below take none, Chinese letters two.
func runeCells(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

func pad(s string, to int) string { return s + strings.Repeat(" ", max(0, to-cells(s))) }
