package kafka

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// logger passes the client's warnings and errors on. Less is not asked for: the
// client's debug lines hold request bodies, and those hold records (L7).
type logger struct{ log *slog.Logger }

func (l logger) Level() kgo.LogLevel {
	if l.log == nil {
		return kgo.LogLevelNone
	}
	return kgo.LogLevelWarn
}

func (l logger) Log(level kgo.LogLevel, msg string, keyvals ...any) {
	at := slog.LevelWarn
	if level == kgo.LogLevelError {
		at = slog.LevelError
	}
	l.log.Log(context.Background(), at, msg, keyvals...)
}

// quiet is for how long a warning of the client is not told again.
const quiet = 10 * time.Second

// Sparing gives a logger for [Cluster.Log] that tells a warning once, and then
// at most every ten seconds with how many were left out: while a broker is away,
// every client says so several times a second. Errors are all told.
func Sparing(log *slog.Logger) *slog.Logger {
	return slog.New(sparing{Handler: log.Handler(), told: &told{last: map[string]time.Time{}, more: map[string]int{}}})
}

// sparing implements slog.Handler.
type sparing struct {
	slog.Handler
	told *told
}

// told is when a warning was told, and how many were left out since.
type told struct {
	mu   sync.Mutex
	last map[string]time.Time
	more map[string]int
}

func (h sparing) Handle(ctx context.Context, r slog.Record) error {
	if r.Level != slog.LevelWarn {
		return h.Handler.Handle(ctx, r)
	}
	h.told.mu.Lock()
	last, before := h.told.last[r.Message]
	if before && r.Time.Sub(last) < quiet {
		h.told.more[r.Message]++
		h.told.mu.Unlock()
		return nil
	}
	more := h.told.more[r.Message]
	h.told.last[r.Message], h.told.more[r.Message] = r.Time, 0
	h.told.mu.Unlock()
	if more > 0 {
		r.AddAttrs(slog.Int("left_out", more))
	}
	return h.Handler.Handle(ctx, r)
}

func (h sparing) WithAttrs(attrs []slog.Attr) slog.Handler {
	return sparing{h.Handler.WithAttrs(attrs), h.told}
}

func (h sparing) WithGroup(name string) slog.Handler {
	return sparing{h.Handler.WithGroup(name), h.told}
}
