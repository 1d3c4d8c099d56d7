package demo

import (
	"fmt"
	"strings"
	"time"
)

// progress shows how far a step is, on one line of a terminal.
type progress struct {
	d     *demo
	what  string
	began time.Time
	shown time.Time
}

func (d *demo) progress(what string) *progress {
	return &progress{d: d, what: what, began: time.Now()}
}

// back goes to the begin of the line and clears it.
const back = "\r\x1b[K"

func (p *progress) show(format string, args ...any) {
	if now := time.Now(); p.d.Columns > 0 && now.Sub(p.shown) > 100*time.Millisecond {
		p.shown = now
		// A line that wraps could not be cleared.
		fmt.Fprint(p.d.Out, back+cut("  "+p.what+": "+fmt.Sprintf(format, args...), p.d.Columns-1))
	}
}

func (p *progress) done(format string, args ...any) {
	if p.d.Columns > 0 {
		fmt.Fprint(p.d.Out, back)
	}
	p.d.step(p.what, fmt.Sprintf("%.1fs", time.Since(p.began).Seconds()), format, args...)
}

// step says what was done, and how long it took; further lines of the text stand
// below the first.
func (d *demo) step(what, took, format string, args ...any) {
	d.say("  %-20s %6s  %s", what, took, strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "\n"+strings.Repeat(" ", 31)))
}
