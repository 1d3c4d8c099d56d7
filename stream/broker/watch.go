package broker

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kfake"
)

// watch is the logger that kfake gets. kfake logs a failed write and goes on,
// answering as if it were on disk; here it stops the broker instead, before
// the answer leaves (trap 10).
type watch struct {
	log  *slog.Logger
	fail func(error)
}

// Logf implements kfake.Logger.
func (w *watch) Logf(level kfake.LogLevel, format string, args ...any) {
	if level > kfake.LogLevelWarn {
		return
	}
	msg := fmt.Sprintf(format, args...)
	if strings.HasPrefix(format, "persist ") || strings.HasPrefix(format, "endTx: failed to persist") {
		w.fail(fmt.Errorf("embedded broker: %s", msg))
		return
	}
	at := slog.LevelWarn
	if level == kfake.LogLevelWarn && slices.ContainsFunc(chatter(), func(p string) bool { return strings.HasPrefix(format, p) }) {
		at = slog.LevelDebug
	}
	w.log.Log(context.Background(), at, "embedded broker", "kfake", msg)
}

// chatter is how warnings begin that tell of slow clients, which retry: nothing
// for a person to do. The others tell of files.
func chatter() []string { return []string{"txn: ", "consumer", "OffsetCommit "} }
