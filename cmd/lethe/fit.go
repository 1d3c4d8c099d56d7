package main

import (
	"bytes"
	"fmt"
	stdio "io"
	"os"
	"slices"
	"strings"
	"sync"

	"lethe/cmd/internal/screen"
)

// fitted is a terminal: lines that are wider than it are broken where people can
// go on reading. What is no terminal gets lines whole, for programs.
type fitted struct {
	to      stdio.Writer
	columns int

	mu   sync.Mutex
	rest []byte // of a line whose end has not come yet
}

// fit is w as people read it.
func fit(w stdio.Writer) stdio.Writer {
	if f, ok := w.(*os.File); ok {
		if n := terminalColumns(f); n > 0 {
			return &fitted{to: w, columns: n}
		}
	}
	return w
}

// Write implements io.Writer.
func (f *fitted) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rest = append(f.rest, p...)
	for {
		line, rest, whole := bytes.Cut(f.rest, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		if _, err := fmt.Fprintln(f.to, screen.Wrap(string(line), f.columns)); err != nil {
			return 0, err
		}
		f.rest = rest
	}
}

// flush writes what is left.
func flush(w stdio.Writer) {
	if f, ok := w.(*fitted); ok && len(f.rest) > 0 {
		fmt.Fprint(f.to, screen.Wrap(string(f.rest), f.columns))
		f.rest = nil
	}
}

// columns is how wide the terminal is that w is; 0 if it is none.
func columns(w stdio.Writer) int {
	if f, ok := w.(*fitted); ok {
		return f.columns
	}
	return 0
}

// unfitted is w as programs read it.
func unfitted(w stdio.Writer) stdio.Writer {
	if f, ok := w.(*fitted); ok {
		return f.to
	}
	return w
}

// leastCell is what a cell of a table keeps of a long name.
const leastCell = 16

// table prints rows of tab-separated cells under a head; nothing without rows.
// Where the terminal is narrower, the longest cells are shortened in their
// middle.
func table(io console, head string, n int, row func(int) string) {
	if n == 0 {
		return
	}
	rows := [][]string{strings.Split(head, "\t")}
	for i := range n {
		rows = append(rows, strings.Split(row(i), "\t"))
	}
	widths := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r {
			widths[i] = max(widths[i], screen.Cells(c))
		}
	}
	narrow(widths, columns(io.out))
	for _, r := range rows {
		var b strings.Builder
		for i, c := range r {
			b.WriteString(screen.Pad(screen.Middle(c, widths[i]), widths[i]) + "  ")
		}
		tellf(io.out, "%s\n", strings.TrimRight(b.String(), " "))
	}
}

// narrow takes columns from the widest cells until a row fits.
func narrow(widths []int, columns int) {
	for columns > 0 {
		sum := 2 * (len(widths) - 1)
		for _, w := range widths {
			sum += w
		}
		widest := slices.Max(widths)
		if sum <= columns || widest <= leastCell {
			return
		}
		widths[slices.Index(widths, widest)]--
	}
}
