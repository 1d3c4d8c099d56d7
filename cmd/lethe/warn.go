package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"

	"lethe/cmd/internal/config"
	"lethe/stream"
)

// warnings is a logger whose warnings are lines for a person; the rest is left
// out.
func warnings(w io.Writer) *slog.Logger { return slog.New(warner{w: w, mu: new(sync.Mutex)}) }

// warner implements slog.Handler: "warning: <msg> <name>=<value> …".
type warner struct {
	w     io.Writer
	mu    *sync.Mutex
	attrs string
}

func (h warner) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (h warner) Handle(_ context.Context, r slog.Record) error {
	var own []slog.Attr
	r.Attrs(func(a slog.Attr) bool { own = append(own, a); return true })
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := io.WriteString(h.w, plainf("warning: %s", r.Message)+h.attrs+attrText(own)+"\n")
	return err
}

func (h warner) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.attrs += attrText(attrs)
	return h
}

func (h warner) WithGroup(string) slog.Handler { return h }

func attrText(attrs []slog.Attr) string {
	var b strings.Builder
	for _, a := range attrs {
		if a.Key == "hint" {
			b.WriteString("\n  → " + plainLines(a.Value.String()))
			continue
		}
		tellf(&b, " %s=%s", a.Key, a.Value)
	}
	return b.String()
}

// warnKeyless tells what the contracts let one expect less of, without asking a
// source: streams without a primary key, where that matters.
func warnKeyless(folder *config.Folder, views []connectionView, log *slog.Logger) {
	told := map[string]bool{}
	for _, v := range views {
		src, _ := folder.Source(v.From)
		for _, s := range v.Streams {
			if len(s.Key) > 0 || told[s.Name] || src.Connector.Keyless == nil {
				continue
			}
			told[s.Name] = true
			msg, hint := src.Connector.Keyless(strings.TrimPrefix(s.Name, v.From+"."))
			log.Warn(msg, "stream", s.Name, "hint", hint)
		}
	}
}

// questioned asks every source whether it can be read and every sink whether it
// can be written. able hears what can; log, what is less than one may expect.
func questioned(ctx context.Context, folder *config.Folder, log *slog.Logger, able func(name, can string)) error {
	var faults []error
	told := func(name, can string, err error) {
		faults = append(faults, err)
		if err == nil {
			able(name, can)
		}
	}
	for _, s := range folder.Sources {
		told(s.Name, "read", withSource(folder, s, log, func(src stream.Source) error { return src.Check(ctx) }))
	}
	for _, s := range folder.Sinks {
		told(s.Name, "written", writable(folder, s, log))
	}
	return errors.Join(faults...)
}

// showAble says that a source or sink answered well.
func (io streams) showAble(name, can string) {
	if !*io.json {
		tellf(io.out, "%s: can be %s\n", name, can)
	}
}

// writable opens a sink, which says whether it can be written to.
func writable(folder *config.Folder, s config.Sink, log *slog.Logger) error {
	sink, err := s.Connector.OpenSink(s.Questions(folder.Workspace, log), s.Config)
	if err != nil {
		return folder.Placed(err)
	}
	return folder.Placed(sink.Close())
}
