package main

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"lethe/audit"
	"lethe/cmd/internal/config"
	"lethe/cmd/internal/wire"
	"lethe/masking/keyring/file"
	"lethe/stream"
)

var workerForm = regexp.MustCompile(`^[0-9a-f]{8,32}$`)

// isWorker tells a worker's id, or its beginning, from a folder.
func isWorker(word string) bool {
	st, err := os.Stat(word)
	return workerForm.MatchString(word) && (err != nil || !st.IsDir())
}

// workerShown is a worker's key as the log and the keyring know it.
type workerShown struct {
	Worker  string    `json:"worker"`
	State   string    `json:"state"` // enrolled, revoked, new
	Since   time.Time `json:"since,omitzero"`
	Until   time.Time `json:"until,omitzero"`
	Reason  string    `json:"reason,omitempty"`
	Keyring bool      `json:"in_keyring"` // the folder can sign with it
	Signs   bool      `json:"signs"`      // and does
}

func shownWorkers(ctx context.Context, folder *config.Folder, ring *file.Keyring) ([]workerShown, error) {
	all, err := wire.Workers(ctx, folder, ring)
	if err != nil {
		return nil, err
	}
	out := []workerShown{}
	for _, k := range all {
		s := workerShown{Worker: k.ID, State: "enrolled", Reason: k.Reason, Keyring: k.Own, Signs: k.Next}
		s.Since, _ = time.Parse(time.RFC3339, k.EnrolledAt)
		s.Until, _ = time.Parse(time.RFC3339, k.RevokedAt)
		switch {
		case k.Until != nil:
			s.State = "revoked"
		case k.EnrolledAt == "":
			s.State = "new"
		}
		out = append(out, s)
	}
	return out, nil
}

// showWorkers shows whose keys sign what stands in the log.
func showWorkers(io console, all []workerShown, dir string) {
	if len(all) == 0 {
		return
	}
	tellf(io.out, "\n")
	table(io, "worker\tsince\tuntil\twhat it signs", len(all), func(i int) string {
		w := all[i]
		use := "counts"
		switch {
		case w.State == "revoked":
			use = "counts as far as it stands before the revocation (" + w.Reason + ")"
		case w.State == "new":
			use = "nothing is in the log yet"
		}
		if w.Signs {
			use += "; this folder's own"
		} else if w.Keyring {
			use += "; its key is still here: lethe keys revoke " + dir + " completes what was begun"
		}
		return plainf("%s\t%s\t%s\t%s", w.Worker, dated(w.Since), dated(w.Until), use)
	})
}

func dated(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format(time.DateTime) + " UTC"
}

// revokeKey says what it means to revoke a worker's key, asks, and has it done.
func revokeKey(ctx context.Context, io console, folder *config.Folder, ring *file.Keyring, worker, dir string, yes bool, a wire.Action) error {
	again := strings.TrimSpace("lethe keys revoke " + worker)
	if a.Reason == "" {
		a.Reason = audit.RevokedSuperseded
	}
	if !slices.Contains(audit.RevocationReasons(), a.Reason) {
		return &stream.Fault{Code: "keys.reason", Path: "--reason", Msg: "a revocation has one of these reasons, which stands in the log: " + strings.Join(audit.RevocationReasons(), ", "),
			Hint: again + " --reason compromised " + dir}
	}
	// Told before anybody is asked.
	if err := wire.MayAct(folder); err != nil {
		return err
	}
	if !*io.json {
		all, err := shownWorkers(ctx, folder, ring)
		if err != nil {
			return err
		}
		showMeant(io, all, worker, a.Reason)
	}
	if !yes {
		err := confirmed(ctx, io, io.in, "revoke?", &stream.Fault{Code: "keys.unconfirmed", Msg: "nothing was changed: nobody said yes", Hint: again + " --yes " + dir})
		if err != nil {
			return interrupted(ctx, err, "nothing was changed", again+" "+dir)
		}
	}
	var err error
	if a.Actor, err = operator(io.env); err != nil {
		return err
	}
	log, err := actionLog(io, dir)
	if err != nil {
		return err
	}
	done, err := wire.Revoke(ctx, folder, log, a, worker, a.Reason)
	if err != nil {
		return interrupted(ctx, err, "lethe keys tells whether it was revoked", "lethe keys "+dir)
	}
	if *io.json {
		return showJSON(io, done)
	}
	for _, id := range done.Workers {
		tellf(io.out, "worker %s is revoked: what it signs counts no more\n", id)
	}
	for _, id := range done.Before {
		tellf(io.out, "worker %s was revoked before\n", id)
	}
	tellf(io.out, "this folder signs as worker %s\nnext: lethe verify %s\n      back up %s: no older backup has the keys of now\n", done.Next, dir, folder.Rel(folder.Keys))
	return nil
}

// showMeant says to a person what a revocation means.
func showMeant(io console, all []workerShown, worker, reason string) {
	who, own := "worker "+worker, worker == ""
	for _, w := range all {
		if worker == "" && w.Signs {
			who = "worker " + w.Worker + ", which is this folder's own,"
		}
		own = own || w.Signs && strings.HasPrefix(w.Worker, worker)
	}
	if i := slices.IndexFunc(all, func(w workerShown) bool { return w.Keyring && !w.Signs }); worker == "" && i >= 0 {
		who = "worker " + all[i].Worker + ", whose revocation was begun,"
	}
	tellf(io.out, "The key of %s will be revoked (%s): what it signs counts up to that place in the log, and no further.\n", who, reason)
	if own {
		tellf(io.out, "This folder will go on under a new key, also where lethe run is at work.\n")
	} else {
		tellf(io.out, "Where lethe run signs with it, that will stop.\n")
	}
	if reason == audit.RevokedCompromised {
		tellf(io.out, "What it signed before counts as before: whether its worker made that, no key can tell.\n")
	}
}
