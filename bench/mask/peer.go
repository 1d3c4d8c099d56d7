package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lethe/bench"
	"lethe/stream"
)

// system is a peer: what it is called, and how it is run with a file of events in the
// folder of its name.
type system struct {
	name, title string
	how         []string // "python" stands for one with what the folder's requirements.txt lists
	needs       string
	does        string // what it does less, beside ours
}

func systems() []system {
	return []system{
		{"benthos", "Benthos 4.50 (Redpanda Connect), bloblang", []string{"go", "run", "."}, "go and the module proxy",
			"three patterns without checks, no leaf, key not masked"},
		{"maskfield", "MaskField of Kafka Connect 4.3.1", []string{"./measure.sh"}, "java and mvn",
			"a constant for six columns of the row after, no hashing, nothing found in text, no leaf; garbage collection not counted"},
		{"presidio", "Presidio 2.2.366, analyzer and anonymizer", []string{"python", "events.py"}, "python3 with venv, and PyPI",
			"the same rules in Python around it, no leaf"},
	}
}

// chosen are the peers of a flag.
func chosen(flag string) ([]system, error) {
	var out []system
	for _, name := range strings.FieldsFunc(flag, func(r rune) bool { return r == ',' }) {
		all := systems()
		i := slices.IndexFunc(all, func(s system) bool { return s.name == name })
		if i < 0 {
			return nil, &stream.Fault{Code: "bench.peer", Path: "--peers", Msg: "there is no such peer", Hint: "choose of benthos,maskfield,presidio"}
		}
		out = append(out, all[i])
	}
	return out, nil
}

// measure runs a peer on the events of the first workload, in a process of its own of
// which the CPU time is counted. A peer that cannot be run here is a figure that says
// why.
func (s system) measure(ctx context.Context, o options, complaints io.Writer) (figure, error) {
	f := figure{Name: s.name, Allocations: -1}
	file, size, err := eventFile(events(1, o.records, []shape{customers(false)}, false))
	if err != nil {
		return f, err
	}
	defer os.Remove(file)
	f.Bytes = size / int64(o.records)
	got, err := s.run(ctx, filepath.Join(o.folder, s.name), file, complaints)
	if err == nil {
		err = json.Unmarshal(got, &f)
	}
	if ctx.Err() != nil {
		return f, ctx.Err()
	}
	if err != nil || f.Record <= 0 {
		f.Skipped = fmt.Sprintf("%v; it needs %s: go run ./bench/mask --peers %s", err, s.needs, s.name)
	}
	return f, nil
}

// run gives what a peer prints.
func (s system) run(ctx context.Context, folder, file string, complaints io.Writer) ([]byte, error) {
	name := s.how[0]
	if name == "python" {
		var err error
		if name, err = bench.Python(ctx, folder, func(line string) { fmt.Fprintln(complaints, line) }); err != nil {
			return nil, err
		}
	}
	cmd := exec.CommandContext(ctx, name, append(slices.Clone(s.how[1:]), file)...)
	var said bytes.Buffer
	cmd.Dir, cmd.Stderr = folder, &said
	cmd.WaitDelay = time.Second
	got, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, bench.LastLine(said.String()))
	}
	return got, nil
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
