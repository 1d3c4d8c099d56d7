package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lethe/bench"
	"lethe/masking/subject"
	"lethe/stream"
)

func TestEveryFigureIsMeasuredAndNothingIsLeftOnDisk(t *testing.T) {
	dir := t.TempDir()
	var out strings.Builder
	err := run(t.Context(), []string{"--erased", "25", "--batch", "10", "--alone", "3", "--rounds", "1", "--dir", dir}, &out, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| erased | 25 |", "| key, cold | ", "| erasing 10 together | "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the figures do not say %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "| 0 ns |") {
		t.Errorf("something took no time:\n%s", out.String())
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%d covers are left: %v", len(left), err)
	}
}

// A cache that all subjects share a place of would make every key a cold one.
func TestSubjectsWhoAreMetFitIntoACache(t *testing.T) {
	places := map[[2]byte]int{}
	for i := range uint64(met) {
		var digest subject.Digest
		spread(&digest, i)
		places[[2]byte(digest[30:])]++
	}
	if len(places) < met*9/10 {
		t.Errorf("%d subjects have %d places", met, len(places))
	}
}

func TestFlagsThatMakeNoWorkloadAreRefused(t *testing.T) {
	for _, args := range [][]string{{"--erased", "x"}, {"--erased", "-1"}, {"--batch", "0"}, {"--rounds", "0"}, {"more"}, {"--figures", "none"}, {"--dir", filepath.Join(t.TempDir(), "none")}} {
		if code := command(t.Context(), args, io.Discard, io.Discard); code == 0 || code == stream.ExitFault {
			t.Errorf("%v: exit %d", args, code)
		}
	}
}

func TestFiguresAreWrittenWhereTheReadmeHasThem(t *testing.T) {
	if err := bench.HasFigures("../README.md", name); err != nil {
		t.Error(err)
	}
	r := results{busy: "0.10", options: options{batch: 1000, rounds: 5}, figures: []figure{{Met: 40, Alone: 4 * time.Millisecond},
		{Erased: 10_000, Met: 41, New: 1000, Alone: 16 * time.Millisecond, Batch: 50 * time.Millisecond, All: time.Second, Used: 8_000_000, Most: 13_000_000}}}
	text := r.markdown()
	for _, want := range []string{"load 0.10", "| erased | 0 | 10000 |", "| key, cached | 40 ns | 41 ns |", "| 4.0 ms | 16.0 ms |",
		"| erasing 1000 together |  | 50.0 ms, 50 µs a person |", "| cover |  | 8.0 MB, 800 bytes a person |", "|  | 13.0 MB |"} {
		if !strings.Contains(text, want) {
			t.Errorf("the figures do not say %q:\n%s", want, text)
		}
	}
}
