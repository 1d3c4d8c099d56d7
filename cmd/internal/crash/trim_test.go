//go:build linux

package crash

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"lethe/stream"
	"lethe/stream/kafka"
)

// The embedded broker keeps what nobody has to read any more for a second only,
// and lethe run is killed while it deletes.

func TestL2L4TrimmedTopicsStayExplainedAcrossKills(t *testing.T) {
	if testing.Short() {
		t.Skip("kills take half a minute; run without -short")
	}
	r := newRig(t, nil)
	r.fill(t)
	r.folder(t, crashPolicy)
	file := filepath.Join(r.dir, "lethe.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	put(t, file, string(text)+"keep: 1s\n")
	r.begin(t)
	ctx, stop := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	writer.Go(func() { r.write(ctx, t) })
	aims := r.kill(t, times("LETHE_KILLS_TRIM", 10))
	before := r.trims(t)
	log, stopRun := r.start(t)
	topics := []string{stream.Topics{Workspace: r.workspace}.Audit()}
	for _, table := range crashTables() {
		topics = append(topics, r.topic(table))
	}
	awaitThat(t, log, "everything is trimmed, and by this run too", func() bool {
		trims := r.trims(t)
		return len(trims) > len(before) && !slices.ContainsFunc(topics, func(topic string) bool {
			return !strings.Contains(trims, `"`+topic+`"`)
		})
	})
	stopRun()
	stop()
	writer.Wait()
	if out, err := exec.Command(r.lethe, "run", "--once", "--log-level", "warn", r.dir).CombinedOutput(); err != nil {
		t.Fatalf("lethe run --once: %v\n%s", err, out)
	}
	if out, err := exec.Command(r.lethe, "verify", r.dir).CombinedOutput(); err != nil {
		t.Errorf("lethe verify: %v\n%s", err, out)
	}
	truth, deleted := r.truth(t), r.deleted(t, topics)
	for _, table := range crashTables() {
		if len(table.key) > 0 {
			lake := r.inLake(t, table)
			r.countKeyed(t, table, truth[table.name], lake, lake)
		}
	}
	for _, topic := range topics {
		if deleted[topic] == 0 {
			t.Errorf("of the topics are deleted %v: %s was not trimmed", deleted, topic)
		}
	}
	t.Logf("killed %v, deleted %v", aims, deleted)
}

// trims are the beginnings of partitions that the log says were deleted.
func (r *crashRig) trims(t *testing.T) string {
	t.Helper()
	var found []string
	filepath.WalkDir(filepath.Join(r.dir, "log", "tile", "entries"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // the log is being written
		}
		bundle, _ := os.ReadFile(path)
		for _, part := range strings.Split(string(bundle), `"evidence":"log-start"`)[1:] {
			found = append(found, part[:min(len(part), 300)])
		}
		return nil
	})
	return strings.Join(found, "\n")
}

// deleted is how many records of each of the topics are deleted.
func (r *crashRig) deleted(t *testing.T, topics []string) map[string]int64 {
	t.Helper()
	c, done := r.cluster(t)
	defer done()
	cl, err := c.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	starts, err := kafka.Starts(t.Context(), cl, topics...)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for topic, parts := range starts {
		for _, start := range parts {
			out[topic] += start
		}
	}
	return out
}
