// Package screen fits text into the columns of a terminal.
//
// Its words are a terminal's: a line, and the columns that a character takes. It
// knows nothing of what is shown, and holds no promise.
package screen

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Cells counts the columns of a terminal that s takes.
func Cells(s string) int {
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

// Pad fills s up with spaces.
func Pad(s string, to int) string { return s + strings.Repeat(" ", max(0, to-Cells(s))) }

// Cut shortens s to n columns at its end; it never splits a letter from its marks.
func Cut(s string, n int) string {
	if Cells(s) <= n {
		return s
	}
	return head(s, n-1) + "…"
}

// Middle shortens s to n columns in its middle: of a name, the beginning says
// where it is and the end what it is.
func Middle(s string, n int) string {
	if Cells(s) <= n {
		return s
	}
	end := (n - 1 + 1) / 2
	first := head(s, n-1-end)
	for from := range s {
		if Cells(s[from:]) <= end && !(from > 0 && runeCells([]rune(s[from:])[0]) == 0) {
			return first + "…" + s[from:]
		}
	}
	return first + "…"
}

// head is as much of s as n columns take.
func head(s string, n int) string {
	taken := 0
	for i, r := range s {
		if taken += runeCells(r); taken > n {
			return s[:i]
		}
	}
	return s
}

// Wrap breaks a line that is wider than the terminal at its spaces. What follows
// stands below the text of the line: below the second column where the line is
// one of a list, behind an arrow or the blanks that it begins with. A word that
// is wider than the terminal stays whole, to be copied.
func Wrap(line string, columns int) string {
	if columns <= 0 || Cells(line) <= columns {
		return line
	}
	indent := hang(line, columns)
	var b strings.Builder
	at, empty := 0, true // the present line: columns taken, and nothing but blanks
	for i, word := range strings.SplitAfter(line, " ") {
		if n := Cells(strings.TrimRight(word, " ")); i > 0 && !empty && n > 0 && at+n > columns {
			at, empty = min(indent, max(2, columns-n)), true // a long word begins further left
			b.WriteString("\n" + strings.Repeat(" ", at))
		}
		b.WriteString(word)
		at += Cells(word)
		empty = empty && strings.TrimSpace(word) == ""
	}
	lines := strings.Split(b.String(), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}

// hang is how far what follows is set in.
func hang(line string, columns int) int {
	text := strings.TrimLeft(line, " ")
	at := len(line) - len(text)
	if rest, ok := strings.CutPrefix(text, "→ "); ok {
		return at + Cells(text) - Cells(rest)
	}
	if i := strings.LastIndex(line[:min(len(line), columns/2)], "  "); at > 0 && i >= at {
		return Cells(line[:i+2])
	}
	return at + 2
}
