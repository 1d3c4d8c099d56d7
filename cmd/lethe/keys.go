package main

import (
	"context"
	"fmt"
	"time"

	"lethe/cmd/internal/config"
	"lethe/cmd/internal/wire"
	"lethe/masking/keyring/file"
	"lethe/stream"
)

const keysUsage = `usage: lethe keys [rotate [--log [--prepare]] | revoke [WORKER]] [--yes] [--reason TEXT] [--ticket ID] [--json] [DIR]

Lists the keys of the folder: the epochs of the masking keys, the periods of those that
raw records and quarantine are encrypted with, and the workers whose keys sign what
stands in the audit log. Keys themselves are not shown.

keys rotate begins a new epoch of the masking keys. It says first what that means
for each stream, and asks. Nothing is masked under the new epoch before run is
started again; then all workers switch at one offset, which the log names. Earlier
epochs are kept: what is masked under them joins and opens as before.

keys rotate --log has the audit log go on under another signing key, in a shard of its
own, also where lethe run is at work; the old key is destroyed. Every key of the log
verifies all of it, the new one is added to log.pub. The same happens by itself when a
year begins. With --prepare it only makes the next key and shows its public half: a log's
witnesses have to know that first (docs/log.md).

keys revoke has the log's key revoke a worker's: from that place in the log on what it
signs counts no more, and lethe verify says so. WORKER is an id as keys lists it, or its
beginning; without one it is this folder's own, which gets a new key and goes on with
that, also where lethe run is at work. The old one is destroyed.

  --log          the key that signs the audit log
  --prepare      show under which key it goes on, and change nothing else
  --yes          rotate or revoke without asking
  --reason TEXT  why; the audit log commits to it. Of revoke it is superseded,
                 compromised or retired, and stands in the log
  --ticket ID    where it was asked for
  --json         print the result as JSON
`

func keys(ctx context.Context, io console, args []string) error {
	f := newFlags(keysUsage)
	f.JSON()
	yes, ofLog, prepare := f.Bool("yes", false, ""), f.Bool("log", false, ""), f.Bool("prepare", false, "")
	var a wire.Action
	f.StringVar(&a.Reason, "reason", "", "")
	f.StringVar(&a.Ticket, "ticket", "", "")
	do, words, err := f.sub(io, args, "rotate", "revoke")
	if err != nil {
		return err
	}
	worker := ""
	if do == "revoke" && len(words) > 0 && isWorker(words[0]) {
		worker, words = words[0], words[1:]
	}
	if do == "revoke" && len(words) > 1 {
		return &stream.Fault{Code: "keys.worker", Msg: fmt.Sprintf("%q is no worker's id: that is 8 to 32 hex digits", words[0]), Hint: "lethe keys " + words[1] + "     lists them"}
	}
	dir, err := f.folder(words)
	if err != nil {
		return err
	}
	folder, err := config.Load(dir, io.env)
	if err != nil {
		return err
	}
	if err := keyed(folder); err != nil {
		return err
	}
	ring, err := file.Open(folder.Keys)
	if err != nil {
		return err
	}
	if (*ofLog || *prepare) && (do != "rotate" || !*ofLog) {
		return &stream.Fault{Code: "keys.flags", Msg: "--log is of keys rotate, and --prepare of keys rotate --log", Hint: "lethe keys rotate --log --prepare " + dir}
	}
	switch {
	case *prepare:
		return prepareLogKey(io, folder, dir)
	case *ofLog:
		return rotateLogKey(ctx, io, folder, dir, *yes, a)
	}
	switch do {
	case "rotate":
		return rotateKeys(ctx, io, folder, ring.Epoch(), dir, *yes, a)
	case "revoke":
		return revokeKey(ctx, io, folder, ring, worker, dir, *yes, a)
	}
	return listKeys(ctx, io, folder, ring, dir)
}

type epochShown struct {
	Name  string    `json:"epoch"`
	Made  time.Time `json:"made"`
	Force bool      `json:"in_force"` // or from the next start of run on
	Since time.Time `json:"since,omitzero"`
}

// listKeys shows what the keyring holds.
func listKeys(ctx context.Context, io console, folder *config.Folder, ring *file.Keyring, dir string) error {
	all, err := ring.Epochs()
	if err != nil {
		return err
	}
	out := struct {
		Keyring string              `json:"keyring"`
		Epochs  []epochShown        `json:"epochs"`
		Periods map[string][]string `json:"periods"`
		Workers []workerShown       `json:"workers"`
	}{Keyring: folder.Rel(folder.Keys), Periods: make(map[string][]string)}
	for _, e := range all {
		since, _ := wire.InForce(folder, e.Name)
		out.Epochs = append(out.Epochs, epochShown{e.Name, e.Made.UTC().Truncate(time.Second), e.Name == ring.Epoch(), since.UTC().Truncate(time.Second)})
	}
	for _, purpose := range []string{"raw", "quarantine"} {
		list, err := ring.Periods(purpose)
		if err != nil {
			return err
		}
		out.Periods[purpose] = append([]string{}, list...)
	}
	if out.Workers, err = shownWorkers(ctx, folder, ring); err != nil {
		return err
	}
	if *io.json {
		return showJSON(io, out)
	}
	tellf(io.out, "keyring %s\n\n", out.Keyring)
	table(io, "epoch\tmade\tmasking keys", len(out.Epochs), func(i int) string {
		e, use := out.Epochs[i], "of what was masked before the epoch after it"
		switch {
		case e.Force && e.Since.IsZero():
			use = "in force from the next start of run"
		case e.Force:
			use = "in force since " + e.Since.Format(time.DateTime) + " UTC"
		}
		return plainf("%s\t%s\t%s", e.Name, e.Made.Format(time.DateTime)+" UTC", use)
	})
	tellf(io.out, "\n")
	showPeriods(io, out.Periods["raw"], "raw records that not every connection has masked yet")
	showPeriods(io, out.Periods["quarantine"], "records in quarantine, for 30 days")
	showWorkers(io, out.Workers, dir)
	tellf(io.out, "\nnext: lethe keys rotate %s begins a new epoch, and says first what that means\n", dir)
	return nil
}

func showPeriods(io console, periods []string, what string) {
	if n := len(periods); n > 0 {
		tellf(io.out, "%s, %s to %s: %s\n", count(n, "period"), periods[0], periods[n-1], what)
	}
}

// rotateKeys says what a new epoch means, asks, and begins it.
func rotateKeys(ctx context.Context, io console, folder *config.Folder, before, dir string, yes bool, a wire.Action) error {
	// Told before anybody is asked.
	if err := wire.MayAct(folder); err != nil {
		return err
	}
	meant, err := rotationOf(folder)
	if err != nil {
		return err
	}
	out := struct {
		Before  string         `json:"before"`
		Epoch   string         `json:"epoch"`
		Streams []streamInTurn `json:"streams"`
	}{Before: before, Streams: meant}
	if !*io.json {
		showRotation(io, meant, before)
	}
	if !yes {
		err := confirmed(ctx, io, io.in, "rotate?", &stream.Fault{Code: "keys.unconfirmed", Msg: "nothing was changed: nobody said yes", Hint: "lethe keys rotate --yes " + dir})
		if err != nil {
			return interrupted(ctx, err, "nothing was changed", "lethe keys rotate "+dir)
		}
	}
	if a.Actor, err = operator(io.env); err != nil {
		return err
	}
	log, err := actionLog(io, dir)
	if err != nil {
		return err
	}
	if out.Epoch, err = wire.Rotate(ctx, folder, log, a); err != nil {
		return interrupted(ctx, err, "lethe keys tells whether an epoch was made", "lethe keys "+dir)
	}
	if *io.json {
		return showJSON(io, out)
	}
	tellf(io.out, "epoch %s is made, and in force from the next start of run on\nnext: back up %s: no older backup has this epoch\n      lethe run %s\n",
		out.Epoch, folder.Rel(folder.Keys), dir)
	return nil
}
