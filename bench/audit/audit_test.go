package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lethe/bench"
	"lethe/stream"
)

func TestEveryFigureIsMeasuredAndNothingIsLeftOnDisk(t *testing.T) {
	dir := t.TempDir()
	var out strings.Builder
	err := run(t.Context(), []string{"--entries", "300", "--records", "7", "--proofs", "20", "--peer", "200", "--dir", dir}, &out, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a log of 300 entries, batches of 7 records", "by the follower", "to tlog", "| gathered", "| bundle made", "of 20 records anywhere"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the figures do not say %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "| 0.00 ms") {
		t.Errorf("something took no time:\n%s", out.String())
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%d logs are left: %v", len(left), err)
	}
}

func TestFlagsThatMakeNoWorkloadAreRefused(t *testing.T) {
	for _, args := range [][]string{{"--entries", "1"}, {"--records", "0"}, {"more"}, {"--figures", "none"}, {"--dir", filepath.Join(t.TempDir(), "none")}} {
		if code := command(t.Context(), args, io.Discard, io.Discard); code == 0 || code == stream.ExitFault {
			t.Errorf("%v: exit %d", args, code)
		}
	}
}

func TestFiguresAreWrittenWhereTheReadmeHasThem(t *testing.T) {
	if err := bench.HasFigures("../README.md", name); err != nil {
		t.Error(err)
	}
}
