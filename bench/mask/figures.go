package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"lethe/bench"
)

// name is what the figures of this command are filed under.
const name = "mask"

const (
	// withoutAVX512 is a processor as most are.
	withoutAVX512 = "GODEBUG=cpu.avx512f=off"
	// withoutOurs keeps assembly of ours from being used, and leaves the standard
	// library its own for SHA-256, SHA extensions included. Both read it.
	withoutOurs = "GODEBUG=cpu.avx512f=off,cpu.bmi2=off"
)

// results are what --figures writes down.
type results struct {
	busy     string // the load when it began
	records  int
	rounds   int
	ours     []figure
	narrow   []figure // without AVX-512
	portable []figure // without assembly of ours
	peers    []figure
	shares   []bench.Share // of the first workload
}

// figures measures all that there is and writes it into the file that --figures names.
func figures(ctx context.Context, o options, complaints io.Writer) error {
	if err := bench.HasFigures(o.figures, name); err != nil {
		return err
	}
	r := results{busy: bench.Load(), records: o.records, rounds: o.rounds}
	var err error
	if r.ours, err = oursOf(o); err != nil {
		return err
	}
	if r.narrow, err = without(ctx, o, withoutAVX512, "customers"); err != nil {
		return err
	}
	if r.portable, err = without(ctx, o, withoutOurs, "customers,schema,mixed"); err != nil {
		return err
	}
	if r.shares, err = shares(ctx, o); err != nil {
		return err
	}
	for _, s := range systems() {
		f, err := s.measure(ctx, o, complaints)
		if err != nil {
			return err
		}
		r.peers = append(r.peers, f)
	}
	return bench.WriteFigures(o.figures, name, r.markdown())
}

// without measures some workloads in a process whose processor seems to lack what
// env says.
func without(ctx context.Context, o options, env, only string) ([]figure, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", env, err)
	}
	cmd := exec.CommandContext(ctx, self, "--json", "--records", strconv.Itoa(o.records), "--rounds", strconv.Itoa(o.rounds), "--only", only)
	cmd.Env = append(cmd.Environ(), env)
	cmd.Stderr = os.Stderr
	got, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", env, err)
	}
	var out []figure
	if err := json.Unmarshal(got, &out); err != nil {
		return nil, fmt.Errorf("%s: %w", env, err)
	}
	return out, nil
}

// shares says where the CPU time of the first workload goes.
func shares(ctx context.Context, o options) ([]bench.Share, error) {
	dir, err := os.MkdirTemp("", "lethe-bench-")
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	defer os.RemoveAll(dir)
	o.only, o.profile = "customers", filepath.Join(dir, "cpu")
	if _, err := oursOf(o); err != nil {
		return nil, err
	}
	return bench.Profile(ctx, o.profile, `main\.\(\*ours\)\.pass`) // not what goes on between rounds
}

// markdown writes the tables.
func (r results) markdown() string {
	var b strings.Builder
	first := r.ours[0]
	fmt.Fprintf(&b, "%d CPUs, %s/%s, %s, load %s when it began; %d events of %d bytes with their keys, median of %d rounds.\n\n",
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), r.busy, r.records, first.Bytes, r.rounds)
	b.WriteString("| one core | records/s | ns a record | best round | MB/s | allocations | of customers |\n|---|---|---|---|---|---|---|\n")
	for _, f := range r.ours {
		line(&b, f.Name, f, first)
	}
	for _, f := range r.narrow {
		line(&b, f.Name+", no AVX-512", f, r.narrow[0])
	}
	for _, f := range r.portable {
		line(&b, f.Name+", no assembly of ours", f, r.portable[0])
	}
	b.WriteString("\n| peer | records/s | µs a record | customers over it | what it does |\n|---|---|---|---|---|\n")
	for i, s := range systems() {
		f := r.peers[i]
		if f.Skipped != "" {
			fmt.Fprintf(&b, "| %s | not run: %s | | | |\n", s.title, strings.ReplaceAll(f.Skipped, "|", "/"))
			continue
		}
		does := s.does
		if f.Note != "" {
			does = f.Note + "; " + does
		}
		fmt.Fprintf(&b, "| %s | %.0f | %.1f | %.1f × | %s |\n", s.title, f.perSecond(), float64(f.Record)/1e3, first.perSecond()/f.perSecond(), does)
	}
	var all time.Duration
	for _, s := range r.shares {
		all += s.CPU
	}
	b.WriteString("\n| where the CPU time of customers goes | ns a record | |\n|---|---|---|\n")
	for _, s := range r.shares {
		if part := float64(s.CPU) / float64(max(all, 1)); part >= 0.002 {
			fmt.Fprintf(&b, "| %s | %.0f | %.0f %% |\n", s.Group, part*float64(first.Record), 100*part)
		}
	}
	return b.String()
}

func line(b *strings.Builder, title string, f, first figure) {
	fmt.Fprintf(b, "| %s | %.0f | %d | %d | %.0f | %.2f | %.2f |\n", title, f.perSecond(), f.Record.Nanoseconds(), f.Best.Nanoseconds(),
		f.perSecond()*float64(f.Bytes)/1e6, f.Allocations, f.perSecond()/first.perSecond())
}
