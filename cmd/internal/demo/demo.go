// Package demo shows what the demo verb did: rows before and after side by side,
// and what verification says of a copy with one byte changed.
//
// It holds no promise. It shows clear values of the invented shop on purpose,
// since nobody they are about exists.
package demo

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Row is one column of a row, before and after.
type Row struct{ Column, Before, After string }

// Show writes rows under a title, in three columns.
func Show(w io.Writer, title string, rows []Row) {
	name, before := width("column"), width("before")
	for _, r := range rows {
		name, before = max(name, width(r.Column)), max(before, width(cut(r.Before)))
	}
	fmt.Fprintf(w, "%s\n", title)
	line := func(a, b, c string) {
		fmt.Fprintf(w, "  %s  %s  %s\n", pad(a, name), pad(b, before), c)
	}
	line("column", "before", "after")
	for _, r := range rows {
		line(r.Column, cut(r.Before), cut(r.After))
	}
}

// most is how many columns of the screen a value takes.
const most = 44

// cut shortens s to fit; it never splits a letter from its marks.
func cut(s string) string {
	s = strings.ReplaceAll(s, "\n", " ")
	if width(s) <= most {
		return s
	}
	var b strings.Builder
	n := 0
	for _, r := range s {
		if !unicode.Is(unicode.Mn, r) {
			if n++; n == most {
				break
			}
		}
		b.WriteRune(r)
	}
	return b.String() + "…"
}

// width counts the columns that s takes: Thai vowels and tone marks above and
// below take none.
func width(s string) int {
	n := 0
	for _, r := range s {
		if !unicode.Is(unicode.Mn, r) {
			n++
		}
	}
	return n
}

func pad(s string, to int) string { return s + strings.Repeat(" ", max(0, to-width(s))) }
