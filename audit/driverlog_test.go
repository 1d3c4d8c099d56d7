package audit

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestWhatTesseraTellsOfItselfIsForDebuggingOnly(t *testing.T) {
	for _, level := range []slog.Level{slog.LevelInfo, slog.LevelDebug} {
		var b bytes.Buffer
		l := slog.New(lowered{slog.NewTextHandler(&b, &slog.HandlerOptions{Level: level})}).With("log", "shop").WithGroup("g")
		l.Info("initializing")
		l.Warn("unlock")
		got := b.String()
		if strings.Contains(got, "level=DEBUG msg=initializing log=shop") != (level == slog.LevelDebug) || strings.Contains(got, "INFO") {
			t.Errorf("at %v: %s", level, got)
		}
		if !strings.Contains(got, "level=WARN msg=unlock log=shop") {
			t.Errorf("at %v a warning is lost: %s", level, got)
		}
	}
}
