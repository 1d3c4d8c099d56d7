package kafka

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestAWarningOfTheClientIsToldAtMostEveryTenSeconds(t *testing.T) {
	var out bytes.Buffer
	h := Sparing(slog.New(slog.NewTextHandler(&out, nil))).Handler()
	for at := range 25 {
		for _, level := range []slog.Level{slog.LevelWarn, slog.LevelError} {
			r := slog.NewRecord(time.Unix(int64(at), 0), level, "away", 0)
			if err := h.Handle(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := strings.Count(out.String(), "level=WARN"); n != 3 {
		t.Errorf("told %d times in 25 s, want 3", n)
	}
	if n := strings.Count(out.String(), "left_out=9"); n != 2 {
		t.Errorf("%d of them say how many were left out, want 2", n)
	}
	if n := strings.Count(out.String(), "level=ERROR"); n != 25 {
		t.Errorf("%d of 25 errors were told", n)
	}
}
