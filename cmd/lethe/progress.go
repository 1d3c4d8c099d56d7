package main

import (
	"fmt"
	"os"
	"time"
)

// progressLine shows how far a step is, on one line of a terminal.
type progressLine struct {
	d     *demoVerb
	what  string
	live  bool
	began time.Time
	shown time.Time
}

func (d *demoVerb) progress(what string) *progressLine {
	st, err := os.Stdout.Stat()
	live := err == nil && st.Mode()&os.ModeCharDevice != 0 && d.io.out == os.Stdout
	return &progressLine{d: d, what: what, live: live, began: time.Now()}
}

func (p *progressLine) show(format string, args ...any) {
	if now := time.Now(); p.live && now.Sub(p.shown) > 100*time.Millisecond {
		p.shown = now
		fmt.Fprintf(p.d.io.out, "\r\x1b[K  %s: %s", p.what, fmt.Sprintf(format, args...))
	}
}

func (p *progressLine) done(format string, args ...any) {
	if p.live {
		fmt.Fprint(p.d.io.out, "\r\x1b[K")
	}
	p.d.say("  %-20s %5.1fs  %s", p.what, time.Since(p.began).Seconds(), fmt.Sprintf(format, args...))
}
