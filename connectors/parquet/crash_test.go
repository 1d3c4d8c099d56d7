package parquet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"lethe/stream"
	"lethe/stream/sinktest"
)

const (
	crashDir  = "LETHE_PARQUET_CRASH_DIR" // set for the child
	crashRows = 40_000
)

// commit is what the consumer group holds of a sink.
type commit struct {
	Offset int64
	Loaded *stream.Loaded
}

// TestL2EachRowIsReadOnceAcrossKills kills an owner at random, again and again,
// and counts what readers see in the end.
func TestL2EachRowIsReadOnceAcrossKills(t *testing.T) {
	if dir := os.Getenv(crashDir); dir != "" {
		own(t, dir)
		return
	}
	if testing.Short() {
		t.Skip("kills processes for some seconds")
	}
	dir := t.TempDir()
	kills := 0
	for done := false; !done; {
		child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		child.Env = append(os.Environ(), crashDir+"="+dir)
		var out bytes.Buffer
		child.Stdout, child.Stderr = &out, &out
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		exited := make(chan error, 1)
		go func() { exited <- child.Wait() }()
		patience := time.Duration(20+rand.IntN(100)) * time.Millisecond
		if kills > 40 {
			patience = time.Minute
		}
		select {
		case err := <-exited:
			if err != nil {
				t.Fatalf("an owner failed: %v\n%s", err, out.Bytes())
			}
			done = true
		case <-time.After(patience):
			child.Process.Kill()
			<-exited
			kills++
		}
	}
	rows, err := published(filepath.Join(dir, "lake"), sinktest.Topic)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != crashRows {
		t.Fatalf("readers see %d rows after %d kills, want %d", len(rows), kills, crashRows)
	}
	for i, r := range rows {
		if r.Offset != int64(i) || r.ID == nil || *r.ID != int64(i) {
			t.Fatalf("row %d after %d kills is %s", i, kills, r)
		}
	}
	if kills < 5 {
		t.Errorf("%d kills are too few to say anything", kills)
	}
	t.Logf("%d kills, %d objects", kills, len(objects(t, filepath.Join(dir, "lake"))))
}

// own is an owner of a partition: it goes on where the last one committed.
func own(t *testing.T, dir string) {
	ctx := context.Background()
	s := open(t, filepath.Join(dir, "lake"))
	at, err := committed(dir)
	if err != nil {
		t.Fatal(err)
	}
	if at.Loaded != nil {
		if err := s.Publish(ctx, *at.Loaded); err != nil {
			t.Fatal(err)
		}
	}
	to, err := s.Position(ctx, stream.Range{Topic: sinktest.Topic, From: at.Offset})
	if err != nil {
		t.Fatal(err)
	}
	for at.Offset < crashRows {
		if to <= at.Offset {
			to = min(at.Offset+int64(1+rand.IntN(200)), crashRows)
		}
		var all []sinktest.Change
		for o := at.Offset; o < to; o++ {
			all = append(all, sinktest.Change{ID: o, Name: fmt.Sprint("name ", o), Op: "c"})
		}
		l, err := s.Load(ctx, sinktest.Rows(0, at.Offset, all...))
		if err != nil {
			t.Fatal(err)
		}
		at = commit{Offset: to, Loaded: &l}
		if err := at.store(dir); err != nil {
			t.Fatal(err)
		}
		if err := s.Publish(ctx, l); err != nil {
			t.Fatal(err)
		}
	}
}

func committed(dir string) (c commit, err error) {
	b, err := os.ReadFile(filepath.Join(dir, "commit"))
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	return c, err
}

func (c commit) store(dir string) error {
	b, err := json.Marshal(c)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "commit.new"), b, 0o644)
	}
	if err == nil {
		err = os.Rename(filepath.Join(dir, "commit.new"), filepath.Join(dir, "commit"))
	}
	return err
}
