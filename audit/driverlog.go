package audit

import (
	"context"
	"log/slog"
	"sync"

	"k8s.io/klog/v2"
)

// RouteDriverLog sends what Tessera logs to l, and what it logs as information
// as debugging: it speaks of its own workings. Tessera logs through klog, whose
// destination is one for the process, by default standard error, and may not be
// changed beside a running follower: it is called before a follower is made, and
// the first call of a process holds.
func RouteDriverLog(l *slog.Logger) {
	routeOnce.Do(func() { klog.SetSlogLogger(slog.New(lowered{l.Handler()})) })
}

var routeOnce sync.Once

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
