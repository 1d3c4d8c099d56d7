package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/sumdb/note"

	"lethe/audit"
	"lethe/stream"
)

// actions is a script's command that writes a line for each action in the log: what,
// by which role, from what to what, and what became of it. Hashes are numbered in the
// order in which they come.
func actions(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: actions")
	}
	key, err := os.ReadFile(ts.MkAbs("log.pub"))
	ts.Check(err)
	v, err := note.NewVerifier(strings.TrimSpace(string(key)))
	ts.Check(err)
	log, err := audit.OpenReader(ts.MkAbs("log"), v)
	ts.Check(err)
	numbers := make(map[stream.Hash]int)
	number := func(h *stream.Hash) int {
		if h == nil {
			return 0
		}
		if numbers[*h] == 0 {
			numbers[*h] = len(numbers) + 1
		}
		return numbers[*h]
	}
	begun := make(map[string]string)
	ts.Check(log.Scan(context.Background(), 0, func(l audit.Leaf) error {
		var e struct {
			ID, Kind string
			Body     struct {
				Action, Role, Of, Result string
				Before, After            *stream.Hash
			}
		}
		if err := json.Unmarshal(l.Entry, &e); err != nil {
			return err
		}
		switch b := e.Body; e.Kind {
		case stream.EntryIntent:
			begun[e.ID] = fmt.Sprintf("%s by %s %d→%d", b.Action, b.Role, number(b.Before), number(b.After))
		case stream.EntryOutcome:
			fmt.Fprintf(ts.Stdout(), "%s %s %d\n", begun[b.Of], b.Result, number(b.After))
		}
		return nil
	}))
}
