package broker

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"lethe/stream"
)

func TestASecondStartOnADirectoryIsToldWhoHoldsIt(t *testing.T) {
	dir := t.TempDir()
	b := start(t, dir)
	_, err := Start(t.Context(), Config{Dir: dir})
	var f *stream.Fault
	if !errors.As(err, &f) || f.Code != "broker.held" || f.Exit != stream.ExitEnvironment || !strings.Contains(f.Msg, fmt.Sprint(os.Getpid())) {
		t.Fatalf("got %v", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
}

func TestTopicsOfTheConfigKeepTheirRecordsAndTakeNewConfigs(t *testing.T) {
	dir := t.TempDir()
	b := start(t, dir, Topic{Name: "a", Partitions: 3})
	put(t, client(t, b), "a", 2, "v")
	b.Close()
	b = start(t, dir, Topic{Name: "a", Partitions: 3, Configs: map[string]string{"segment.bytes": "1234"}})
	same(t, committed(t, b, "a", 2), "v")
	if v := b.cluster.TopicInfo("a").Configs["segment.bytes"]; v == nil || *v != "1234" {
		t.Fatalf("segment.bytes is %v", v)
	}
}
