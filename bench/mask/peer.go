package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lethe/stream"
)

// peers are other systems and how each is run in its folder, with a file of events.
func peers() map[string][]string {
	return map[string][]string{"benthos": {"go", "run", "."}, "maskfield": {"./measure.sh"}}
}

// peer measures another system on the events of the first workload, in a process of
// its own of which the CPU time is counted.
func peer(ctx context.Context, name string, records int) (figure, error) {
	how, ok := peers()[name]
	if !ok {
		return figure{}, fmt.Errorf("no peer is called %s: %s", name, strings.Join(slices.Sorted(maps.Keys(peers())), ", "))
	}
	file, size, err := eventFile(events(1, records, []shape{customers(false)}, false))
	if err != nil {
		return figure{}, err
	}
	defer os.Remove(file)
	cmd := exec.CommandContext(ctx, how[0], append(how[1:], file)...)
	cmd.Dir = filepath.Join("bench", "peers", name)
	cmd.Stderr = os.Stderr
	got, err := cmd.Output()
	if err != nil {
		return figure{}, fmt.Errorf("peer %s: %w", name, err)
	}
	f := figure{Allocations: -1}
	if err := json.Unmarshal(got, &f); err != nil || f.Record <= 0 {
		return figure{}, fmt.Errorf("peer %s: no figure in what it printed: %w", name, err)
	}
	f.Name, f.Bytes = name, size/int64(records)
	f.Record, f.Best = f.Record*time.Nanosecond, f.Best*time.Nanosecond
	return f, nil
}

// eventFile writes the events of records, one a line.
func eventFile(records []*stream.Record) (path string, size int64, err error) {
	var all bytes.Buffer
	for _, r := range records {
		all.Write(r.Value)
		all.WriteByte('\n')
		size += int64(len(r.Key) + len(r.Value))
	}
	f, err := os.CreateTemp("", "events-*.jsonl")
	if err != nil {
		return "", 0, err
	}
	_, err = f.Write(all.Bytes())
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return f.Name(), size, err
}
