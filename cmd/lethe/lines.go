package main

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// logLines implements slog.Handler with lines for a person: the time where clock is
// set, the level where it is no mere notice, whom it is about, the message, what
// else was said as <name>=<value>, and below it what to type next.
type logLines struct {
	to    io.Writer
	mu    *sync.Mutex
	level slog.Leveler
	clock bool
	attrs []slog.Attr
}

// warnings is a logger whose warnings are lines for a person; the rest is left
// out.
func warnings(w io.Writer) *slog.Logger {
	return slog.New(logLines{to: w, mu: new(sync.Mutex), level: slog.LevelWarn})
}

// Enabled implements slog.Handler.
func (h logLines) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level.Level() }

// Handle implements slog.Handler.
func (h logLines) Handle(_ context.Context, r slog.Record) error {
	var head, about, tail, next strings.Builder
	if h.clock {
		head.WriteString(r.Time.Format(time.TimeOnly) + " ")
	}
	if r.Level != slog.LevelInfo {
		head.WriteString(levelWord(r.Level) + ": ")
	}
	say := func(a slog.Attr) bool {
		switch value := a.Value.Resolve().String(); a.Key {
		case "hint", "next":
			next.WriteString("\n  → " + strings.ReplaceAll(plainLines(value), "\n", "\n    "))
		case "stream", "stage", "connector":
			tellf(&about, "%s: ", value)
		case "source": // the logger of a connector says so too
			if !strings.HasPrefix(about.String(), plain(value)) {
				tellf(&about, "%s: ", value)
			}
		default:
			tellf(&tail, " %s=%s", a.Key, value)
		}
		return true
	}
	for _, a := range h.attrs {
		if a.Key != "connector" || !has(r, "stream") {
			say(a)
		}
	}
	r.Attrs(say)
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := io.WriteString(h.to, head.String()+about.String()+plain(r.Message)+tail.String()+next.String()+"\n")
	return err
}

// has reports whether a record has an attribute of that name.
func has(r slog.Record, key string) (found bool) {
	r.Attrs(func(a slog.Attr) bool { found = found || a.Key == key; return !found })
	return found
}

func levelWord(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return "error"
	case l >= slog.LevelWarn:
		return "warning"
	}
	return "debug"
}

// WithAttrs implements slog.Handler.
func (h logLines) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.attrs = append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)
	return h
}

// WithGroup implements slog.Handler; nobody here groups.
func (h logLines) WithGroup(string) slog.Handler { return h }
