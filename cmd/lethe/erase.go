package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"lethe/cmd/internal/config"
	"lethe/cmd/internal/wire"
	"lethe/masking/subject"
	"lethe/stream"
)

const eraseUsage = `usage: lethe erase [--stream NAME] [--subject COLUMN] [--reason TEXT] [--ticket ID] [--yes] [--resume] [--json] [DIR] < identifiers

Destroys the keys of persons: what was encrypted, or tokenised under their keys,
can be read nowhere any more, in topics, files and backups alike. Standard input
names them, one identifier a line, as the column has it that policy.yaml names under
subjects: for the stream. They are never shown, and there is no way back: it asks
first. A line that no row can have is refused, and then nothing is erased. It needs
--reason or --ticket.

  --stream NAME  <source>.<schema>.<table>
  --subject COLUMN
                 whose identifiers these are, where rows are about two persons
  --reason TEXT  why; the audit log commits to it
  --ticket ID    where it was asked for
  --yes          erase without asking
  --resume       read no identifiers: complete what was interrupted, and erase
                 again who was erased since the keys of subjects were backed up
  --json         print the result as JSON

Rows, files and pseudonyms are not deleted by this build: it says what is left.
`

func erase(ctx context.Context, io console, args []string) error {
	f := newFlags(eraseUsage)
	f.JSON()
	var a wire.Action
	name := f.String("stream", "", "")
	column := f.String("subject", "", "")
	f.StringVar(&a.Reason, "reason", "", "")
	f.StringVar(&a.Ticket, "ticket", "", "")
	yes := f.Bool("yes", false, "")
	resume := f.Bool("resume", false, "")
	dir, err := f.parse(io, args)
	if err != nil {
		return err
	}
	if *resume == (*name != "") {
		return &stream.Fault{Code: "erase.flags", Msg: "it needs --stream, or --resume alone", Hint: "lethe erase --stream shop.main.customer " + dir + " < identifiers"}
	}
	if !*resume && strings.TrimSpace(a.Reason+a.Ticket) == "" {
		return &stream.Fault{Code: "erase.flags", Msg: "it needs --reason or --ticket: there is no way back", Hint: "lethe erase --stream " + *name + " --ticket T-17 " + dir + " < identifiers"}
	}
	folder, by, log, err := acting(io, dir)
	if err != nil {
		return err
	}
	a.Actor = by
	var persons *wire.Persons
	if !*resume {
		if persons, err = toErase(ctx, io, folder, *name, *column, *yes); err != nil {
			return interrupted(ctx, err, nothingErased, "lethe help erase")
		}
	}
	e, err := wire.Erase(ctx, folder, log, a, persons)
	if err != nil {
		return interrupted(ctx, err, nothingErased, "lethe help erase")
	}
	return showErasure(io, e, persons)
}

const nothingErased = "nothing was erased"

// toErase reads who is to be erased, and asks whether to.
func toErase(ctx context.Context, io console, folder *config.Folder, name, column string, yes bool) (*wire.Persons, error) {
	// Told before anybody types or is asked.
	if err := wire.MayAct(folder); err != nil {
		return nil, err
	}
	prompt(io, "identifiers, one a line")
	ids, err := awaited(ctx, func() ([][]byte, error) { return identifiers(io) })
	if err != nil {
		return nil, err
	}
	persons, err := wire.Identify(folder, name, column, ids)
	for _, f := range stream.Faults(err) {
		if strings.HasPrefix(f.Path, "line ") {
			f.Msg += ": " + nothingErased
		}
	}
	if err != nil || yes {
		return persons, err
	}
	from, closed := answers(io)
	defer closed()
	return persons, confirmed(ctx, io, from, "destroy the keys of "+count(len(ids), "identifier")+" of "+name+", for good?",
		&stream.Fault{Code: "erase.unconfirmed", Msg: nothingErased + ": nobody said yes", Hint: "add --yes"})
}

// identifiers reads one a line.
func identifiers(io console) (ids [][]byte, err error) {
	fault := func(msg string) error {
		return &stream.Fault{Code: "erase.subject", Path: fmt.Sprintf("line %d", len(ids)+1), Msg: msg, Hint: "write one identifier a line"}
	}
	err = inputLines(io, func(id []byte) error {
		if len(id) == 0 {
			return fault("this line is empty")
		}
		ids = append(ids, bytes.Clone(id))
		return nil
	}, fault)
	if err == nil && len(ids) == 0 {
		err = &stream.Fault{Code: "erase.subject", Msg: "standard input names nobody", Hint: "write one identifier a line"}
	}
	return ids, err
}

// showErasure tells which stages an erasure reached, and what this build leaves.
func showErasure(io console, e *wire.Erasure, of *wire.Persons) error {
	if *io.json {
		stages := make(map[string]string)
		for i, at := range e.Stages {
			if !at.IsZero() {
				stages[subject.Stage(i).String()] = at.UTC().Format(time.RFC3339)
			}
		}
		return showJSON(io, struct {
			*wire.Erasure
			Stages map[string]string `json:"stages"`
			Log    string            `json:"log"`
			Left   []string          `json:"left"`
		}{e, stages, forgets, left()})
	}
	n := e.Subjects
	if of != nil {
		n = of.Count
	}
	tellf(io.out, "keys destroyed: of %s; the audit log says so, and not whose\n", count(n, "identifier"))
	if of != nil {
		tellf(io.out, "whether a row has them is not known here: compare them with column %s of %s in the source\n", of.Column, of.Stream)
	}
	tellf(io.out, "\n")
	for i, at := range e.Stages {
		stage := subject.Stage(i)
		switch {
		case !at.IsZero():
			tellf(io.out, "  %-33s%s\n", stage, at.UTC().Format("2006-01-02 15:04:05Z"))
		case stage == subject.WorkersFenced:
			tellf(io.out, "  %-33s%s: until then a worker may still have a key\n", stage, e.FencedAt.UTC().Format("2006-01-02 15:04:05Z"))
		default:
			tellf(io.out, "  %-33snot in this build\n", stage)
		}
	}
	fmt.Fprintln(io.out, "\n"+forgets)
	fmt.Fprintln(io.out, "\nleft, and still personal data:")
	if of != nil {
		for _, column := range of.Others {
			fmt.Fprintln(io.out, "  what was masked while policy.yaml named column "+column+" under subjects: it is under that column's identifiers")
		}
	}
	for _, what := range left() {
		fmt.Fprintln(io.out, "  "+what)
	}
	return nil
}

// forgets is what an erasure does to the audit log.
const forgets = "the audit log forgets: what its indexes and intents hold for them nobody can make again; entries and proofs stay as they are"

// left is what an erasure does not reach.
func left() []string {
	return []string{
		"rows and files in lakes: pseudonyms (hmac), and what is kept, partial, coarse or shifted; delete them there",
		"values declared survives_erasure: lethe check names them",
		"raw and quarantined records, encrypted, until their keys are destroyed (quarantine: 30 days)",
		"the source itself: what it gives again is masked without a key, redacted",
	}
}
