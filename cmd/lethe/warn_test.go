package main

import (
	"bytes"
	"testing"
)

func TestWarningsAreLinesForAPerson(t *testing.T) {
	var b bytes.Buffer
	log := warnings(&b)
	log.Info("opened")
	log.With("source", "crm").Warn("only inserts can be read", "stream", "crm.public.visit", "hint", "ALTER TABLE visit …")
	want := "warning: only inserts can be read source=crm stream=crm.public.visit\n  → ALTER TABLE visit …\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}
