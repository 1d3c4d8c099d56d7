package audit

import (
	"context"
	"log/slog"

	"k8s.io/klog/v2"
)

// RouteDriverLog sends what Tessera logs to l, and what it logs as information
// as debugging: it speaks of its own workings. Tessera logs through klog, whose
// destination is one for the process, by default standard error, and may not be
// changed beside a follower: a process calls it once, before all else.
func RouteDriverLog(l *slog.Logger) { klog.SetSlogLogger(slog.New(lowered{l.Handler()})) }

// lowered makes everything below a warning a debugging message.
type lowered struct{ slog.Handler }

func lower(level slog.Level) slog.Level {
	if level < slog.LevelWarn {
		return min(level, slog.LevelDebug)
	}
	return level
}

func (h lowered) Enabled(ctx context.Context, level slog.Level) bool {
	return h.Handler.Enabled(ctx, lower(level))
}

func (h lowered) Handle(ctx context.Context, r slog.Record) error {
	r.Level = lower(r.Level)
	return h.Handler.Handle(ctx, r)
}

func (h lowered) WithAttrs(attrs []slog.Attr) slog.Handler {
	return lowered{h.Handler.WithAttrs(attrs)}
}

func (h lowered) WithGroup(name string) slog.Handler { return lowered{h.Handler.WithGroup(name)} }
