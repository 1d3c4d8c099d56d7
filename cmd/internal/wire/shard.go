package wire

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lethe/audit"
	"lethe/cmd/internal/config"
	"lethe/stream"
	"lethe/stream/disk"
)

// logKeys are the verifier keys of the log's shards, oldest first: those that log.pub
// has, and that of the key which signs now.
func (w *Workspace) logKeys() ([]string, error) {
	raw, err := os.ReadFile(w.folder.PublicKeyFile())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("log keys: %w", err)
	}
	keys := strings.Fields(string(raw))
	skey, err := w.folder.LogKey()
	if err != nil {
		return nil, err
	}
	now, err := audit.VerifierKey(string(skey.Reveal()))
	if err == nil && !slices.Contains(keys, now) {
		keys = append(keys, now)
	}
	return keys, err
}

// byLog reports whether a key of the log signed an entry, whichever.
func (w *Workspace) byLog(entry []byte) bool {
	keys, err := w.logKeys()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(keys, func(k string) bool {
		v, err := note.NewVerifier(k)
		return err == nil && audit.SignedByLog(entry, v)
	})
}

// rotation is what the follower needs to go on under the log's next key.
func (w *Workspace) rotation() (*audit.Rotation, error) {
	key, err := audit.VerifierKey(string(w.logKey.Reveal()))
	return &audit.Rotation{Key: key, Next: w.nextSigner, Began: w.inForce}, err
}

// nextSigner finds the key that a shard goes on under: the one that was made for it, or
// the one in force, where that took effect already.
func (w *Workspace) nextSigner(vkey string) (note.Signer, error) {
	for _, read := range []func() (stream.Value, error){w.folder.NextLogKey, w.folder.LogKey} {
		skey, err := read()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if is, err := audit.VerifierKey(string(skey.Reveal())); err == nil && is == vkey {
			return note.NewSigner(string(skey.Reveal()))
		}
	}
	name, _, _ := strings.Cut(vkey, "+")
	return nil, &stream.Fault{Code: "run.log_key_lost", Path: w.folder.Rel(w.folder.Keys), Exit: stream.ExitEnvironment,
		Msg:  "the log says that it goes on as " + name + ", and the key of that is not here",
		Hint: "restore " + w.folder.Rel(filepath.Join(w.folder.Keys, config.NextLogKeyName)) + " from the backup of keys/: without it nothing more can be written"}
}

// inForce makes the key of a shard that has begun the log's. The one before is gone
// with that: nobody signs anything of the past any more.
func (w *Workspace) inForce(vkey string) error {
	keys, err := w.logKeys()
	if err != nil {
		return err
	}
	if !slices.Contains(keys, vkey) {
		keys = append(keys, vkey)
	}
	// Whoever reads log.pub in between trusts either key.
	if err := disk.Replace(w.folder.PublicKeyFile(), []byte(strings.Join(keys, "\n")+"\n"), 0o644); err != nil {
		return fmt.Errorf("log keys: %w", err)
	}
	next := filepath.Join(w.folder.Keys, config.NextLogKeyName)
	skey, err := w.folder.NextLogKey()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it is done
	}
	if err != nil {
		return err
	}
	if is, err := audit.VerifierKey(string(skey.Reveal())); err != nil || is != vkey {
		return err // one that was made for a later shard
	}
	if err := os.Rename(next, filepath.Join(w.folder.Keys, config.LogKeyName)); err != nil {
		return fmt.Errorf("log keys: %w", err)
	}
	w.log.Info("the log goes on under another key", "shard", strings.SplitN(vkey, "+", 2)[0], "key", w.folder.Rel(w.folder.PublicKeyFile()))
	return disk.Sync(w.folder.Keys)
}

// NextLogKey is the verifier key under which the log goes on when its key is rotated
// next. It is made, unless it was, so that witnesses can be told of it before.
func NextLogKey(f *config.Folder, now time.Time) (vkey string, err error) {
	w := &Workspace{folder: f}
	skey, err := w.nextLogKey(now)
	if err != nil {
		return "", err
	}
	return audit.VerifierKey(string(skey.Reveal()))
}

func (w *Workspace) nextLogKey(now time.Time) (stream.Value, error) {
	current, err := w.folder.LogKey()
	if err != nil {
		return stream.Value{}, err
	}
	own, err := audit.Verifier(string(current.Reveal()))
	if err != nil {
		return stream.Value{}, err
	}
	made, _, err := audit.NewLogKey(audit.NextOrigin(own.Name(), now))
	if err != nil {
		return stream.Value{}, err
	}
	// One that was made and has not taken effect is it.
	err = disk.Create(filepath.Join(w.folder.Keys, config.NextLogKeyName), []byte(made+"\n"), 0o600)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return stream.Value{}, fmt.Errorf("log keys: %w", err)
	}
	return w.folder.NextLogKey()
}

// RotateLog has the log go on under another key, in a shard of its own, and returns
// that key's verifier key.
//
//	the next key → intent → close, and the worker's enrolment by the next key → in the
//	log → begin → the next key in force → outcome
//
// Whoever writes the log does what comes after close, also if it was killed meanwhile.
func RotateLog(ctx context.Context, f *config.Folder, log *slog.Logger, a Action) (vkey string, err error) {
	w, err := openForAction(ctx, f, log)
	if err != nil {
		return "", err
	}
	defer w.Close()
	err = w.acting(ctx, func(ctx context.Context) error {
		vkey, err = w.rotateLog(ctx, a)
		return err
	})
	return vkey, err
}

func (w *Workspace) rotateLog(ctx context.Context, a Action) (string, error) {
	r, err := w.openReader()
	if err != nil {
		return "", w.final(err)
	}
	if r.Size() == 0 {
		return "", &stream.Fault{Code: "keys.no_log", Path: w.folder.Rel(w.folder.Log), Msg: "there is no log yet that could go on", Hint: "lethe run " + w.folder.Dir}
	}
	if err := w.toldWitnesses(); err != nil {
		return "", err
	}
	before, err := w.epochHash(r.Head().Origin)
	if err != nil {
		return "", err
	}
	a.Kind, a.Object, a.Count, a.Before = stream.ActionRotate, r.Head().Origin, 1, before
	b, err := w.begin(ctx, a)
	if err != nil {
		return "", err
	}
	// What has begun is done: the log may be closed by now.
	ctx = context.WithoutCancel(ctx)
	vkey, err := w.closeShard(ctx, r.Head().Origin, audit.ClosedRotate)
	if err == nil {
		err = w.begunUnder(ctx, r, vkey)
	}
	if err != nil {
		return "", errors.Join(err, b.end(ctx, stream.OutcomeFailed, 0))
	}
	origin, _, _ := strings.Cut(vkey, "+")
	after, err := w.epochHash(origin)
	return vkey, errors.Join(err, b.endWith(ctx, stream.OutcomeDone, 1, after))
}

// toldWitnesses refuses to go on under a key that nobody has prepared where the log has
// witnesses: until they know it the new shard has no checkpoint.
func (w *Workspace) toldWitnesses() error {
	if _, err := w.folder.NextLogKey(); w.folder.Witnesses == "" || !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return &stream.Fault{Code: "keys.unprepared", Path: w.folder.Rel(w.folder.Witnesses), Exit: stream.ExitEnvironment,
		Msg:  "the log's witnesses do not know its next key, and without them it could not go on",
		Hint: "lethe keys rotate --log --prepare " + w.folder.Dir + " > next.pub     then give that to the witnesses (lethe witness --log log.pub --log next.pub), and type this again"}
}

// closeShard writes what ends a shard, and who signs in the next.
func (w *Workspace) closeShard(ctx context.Context, origin, reason string) (vkey string, err error) {
	now := w.base.Now().UTC()
	own, err := w.logLedger()
	if err != nil {
		return "", err
	}
	next, err := w.nextLogKey(now)
	if err != nil {
		return "", err
	}
	if vkey, err = audit.VerifierKey(string(next.Reveal())); err != nil {
		return "", err
	}
	end, err := audit.Close(own, audit.Closing{Origin: origin, NextKey: vkey, Reason: reason, ClosedAt: now.Format(time.RFC3339)})
	if err != nil {
		return "", err
	}
	key, id, err := w.workerKey()
	if err != nil {
		return "", err
	}
	log, err := audit.LogLedger(string(next.Reveal()), fmt.Sprintf("log-%x-%d", now.UnixNano(), w.runs.Add(1)))
	if err != nil {
		return "", err
	}
	enrol, err := audit.Enrol(log, id, key.Public().(ed25519.PublicKey), now)
	if err != nil {
		return "", err
	}
	return vkey, w.append(ctx, [][]byte{end, enrol}, nil)
}

// begunUnder waits until the log goes on under a key, and that is in force.
func (w *Workspace) begunUnder(ctx context.Context, r *audit.Reader, vkey string) error {
	ctx, cancel := context.WithTimeout(ctx, logWithin)
	defer cancel()
	origin, _, _ := strings.Cut(vkey, "+")
	for {
		if err := r.Refresh(); err != nil {
			return w.final(err)
		}
		if skey, err := w.folder.LogKey(); err == nil && r.Head().Origin == origin {
			if is, err := audit.VerifierKey(string(skey.Reveal())); err == nil && is == vkey {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return &stream.Fault{Code: "keys.log_not_begun", Path: w.folder.Rel(w.folder.Log), Exit: stream.ExitEnvironment,
				Msg:  fmt.Sprintf("the log is told to go on as %s, and has not within %v", origin, logWithin),
				Hint: "lethe run " + w.folder.Dir + "     does it as soon as it can;\nwitnesses must know the key that lethe keys rotate --log --prepare " + w.folder.Dir + " shows: lethe witness --log log.pub --log next.pub"}
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// newYear has the log go on in a shard of its own once a year, under another key.
func (w *Workspace) newYear(ctx context.Context) error {
	r, err := w.openReader()
	if err != nil || r.Size() == 0 {
		return w.final(err)
	}
	began, err := r.Head().Began()
	now := w.base.Now().UTC()
	if err != nil || began.IsZero() || began.Year() >= now.Year() {
		return w.final(err)
	}
	if w.toldWitnesses() != nil {
		w.log.Warn("a year began, and the log does not go on in a new shard: its witnesses do not know the key of that yet",
			"next", "lethe keys rotate --log --prepare "+w.folder.Dir+": give witnesses the key that it shows; then lethe keys rotate --log")
		return nil
	}
	vkey, err := w.closeShard(ctx, r.Head().Origin, audit.ClosedYear)
	if err != nil {
		return err
	}
	return w.begunUnder(ctx, r, vkey)
}

// yearly does so while the workspace runs, where this process writes the log.
func (w *Workspace) yearly(ctx context.Context) {
	for {
		if w.follower.Status().Term > 0 {
			if err := w.newYear(ctx); err != nil && ctx.Err() == nil {
				w.log.Error("the log does not go on in a shard of the new year", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Hour):
		}
	}
}

// ruledBy has what is read next be held against the key that an entry names, if it
// ends a shard.
func (r *recollection) ruledBy(entry []byte) {
	if v, err := note.NewVerifier(r.Key); err == nil {
		if c := audit.ReadClosing(entry, v); c != nil {
			r.Key = c.NextKey
		}
	}
}

// byLog reports whether the log's key signed an entry that comes next.
func (r *recollection) byLog(entry []byte) bool {
	v, err := note.NewVerifier(r.Key)
	return err == nil && audit.SignedByLog(entry, v)
}
