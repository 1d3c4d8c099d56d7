package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// results are the figures of a run.
type results struct {
	busy string // the load when it began
	options
	figures []figure
}

// markdown writes the table: a column for each number of erased.
func (r results) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d CPUs, %s/%s, %s, load %s when it began; median of %d rounds.\n\n| erased",
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), r.busy, r.rounds)
	for _, f := range r.figures {
		fmt.Fprintf(&b, " | %d", f.Erased)
	}
	b.WriteString(" |\n|---" + strings.Repeat("|---", len(r.figures)) + "|\n")
	row := func(title string, cell func(f figure) string) {
		b.WriteString("| " + title)
		for _, f := range r.figures {
			b.WriteString(" | " + cell(f))
		}
		b.WriteString(" |\n")
	}
	// Where nobody is erased before there is nothing to say about it.
	some := func(cell func(f figure) string) func(f figure) string {
		return func(f figure) string {
			if f.Erased == 0 {
				return ""
			}
			return cell(f)
		}
	}
	row("key, cached", func(f figure) string { return nanos(f.Met) })
	row("key, cold", func(f figure) string { return nanos(f.New) })
	row("key, cold, the cover kept in memory", func(f figure) string { return nanos(f.Kept) })
	row("value, cached", func(f figure) string { return nanos(f.ValueMet) })
	row("value, cold", func(f figure) string { return nanos(f.ValueNew) })
	row("another value of the same row", func(f figure) string { return nanos(f.Again) })
	row("key for `reveal`", func(f figure) string { return nanos(f.Found) })
	row("erasing one person alone", func(f figure) string { return millis(f.Alone) })
	row(fmt.Sprintf("erasing %d together", r.batch), some(func(f figure) string {
		return fmt.Sprintf("%s, %.0f µs a person", millis(f.Batch), float64(f.Batch)/1e3/float64(min(r.batch, f.Erased)))
	}))
	row("erasing all of them so", some(func(f figure) string { return fmt.Sprintf("%.1f s", f.All.Seconds()) }))
	row("ending a period of nobody", func(f figure) string { return millis(f.End) })
	row("cover", some(func(f figure) string {
		return fmt.Sprintf("%.1f MB, %d bytes a person", float64(f.Used)/1e6, f.Used/int64(f.Erased))
	}))
	row("cover and what is read no longer, at most", some(func(f figure) string { return fmt.Sprintf("%.1f MB", float64(f.Most)/1e6) }))
	return b.String()
}

func nanos(d time.Duration) string { return fmt.Sprintf("%d ns", d.Nanoseconds()) }

func millis(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
