package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/rogpeppe/go-internal/testscript"

	"lethe/cmd/internal/config"
	"lethe/cmd/internal/wire"
	"lethe/stream"
)

// concerned prints what the index of subjects says of persons, or of one of a stream:
// concerned [STREAM IDENTIFIER].
func concerned(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 && len(args) != 2 {
		ts.Fatalf("usage: concerned [STREAM IDENTIFIER]")
	}
	ctx := context.Background()
	f, err := config.Load(ts.MkAbs("."), func(string) (string, bool) { return "", false })
	ts.Check(err)
	a := wire.Action{Actor: wire.Actor{Principal: "test", Role: stream.RoleOperator}, Object: "index of subjects"}
	ts.Check(wire.Read(ctx, f, slog.New(slog.DiscardHandler), a, func(ctx context.Context, w *wire.Workspace) (int, error) {
		told(ctx, ts, f, w.Index(), args)
		return 1, nil
	}))
}

func told(ctx context.Context, ts *testscript.TestScript, f *config.Folder, index *wire.Index, args []string) {
	reach := func(r wire.Reach) {
		fmt.Fprintf(ts.Stdout(), "%d gone, %d records without an index\n", r.Gone, r.Unindexed)
	}
	if len(args) == 0 {
		n, err := index.Count(ctx, wire.Range{})
		ts.Check(err)
		reach(n.Reach)
		for name, s := range n.Streams {
			fmt.Fprintf(ts.Stdout(), "%s: %d persons, %d records, %d of nobody\n", name, s.Distinct, s.Records, s.Nobody)
		}
		fmt.Fprintf(ts.Stdout(), "in all: %d persons\n", n.Distinct)
		return
	}
	persons, err := wire.Identify(f, args[0], "", [][]byte{[]byte(args[1])})
	ts.Check(err)
	found, err := index.Find(ctx, persons, wire.Range{})
	ts.Check(err)
	reach(found.Reach)
	if found.Erased {
		fmt.Fprintln(ts.Stdout(), "erased")
	}
	for _, b := range found.Batches {
		in := 0
		for _, o := range b.Out {
			in += int(o.N)
		}
		fmt.Fprintf(ts.Stdout(), "%s for %s: %d of %d records of %s\n", b.Connection, b.Purpose, b.Records, in, b.Stream)
	}
	var acts []string
	for _, a := range found.Acts {
		acts = append(acts, a.Kind)
	}
	fmt.Fprintf(ts.Stdout(), "actions %q\n", slices.Compact(acts))
}
