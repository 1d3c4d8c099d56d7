package main

import (
	"bytes"
	"log/slog"
	"regexp"
	"sync"
	"testing"
)

func TestWarningsAreLinesForAPerson(t *testing.T) {
	var b bytes.Buffer
	log := warnings(&b)
	log.Info("opened")
	log.With("source", "crm").Warn("only inserts can be read", "slot", "lethe", "hint", "ALTER TABLE visit …\nor not")
	log.With("connector", "crm").Warn("only inserts can be read", "stream", "crm.public.visit")
	want := "warning: crm: only inserts can be read slot=lethe\n  → ALTER TABLE visit …\n    or not\nwarning: crm.public.visit: only inserts can be read\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

func TestTheLogOfATerminalTellsTimeAndLevel(t *testing.T) {
	var b bytes.Buffer
	log := slog.New(logLines{to: &b, mu: new(sync.Mutex), level: slog.LevelInfo, clock: true})
	log.Debug("nothing")
	log.Info("running", "ingested", 7)
	log.Error("stage failed", "stage", "source crm", "error", "gone\nfor good")
	if !regexp.MustCompile(`^\d\d:\d\d:\d\d running ingested=7\n\d\d:\d\d:\d\d error: source crm: stage failed error=gone\\nfor good\n$`).MatchString(b.String()) {
		t.Errorf("%q", b.String())
	}
}
