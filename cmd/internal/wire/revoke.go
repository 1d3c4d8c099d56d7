package wire

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"lethe/audit"
	"lethe/cmd/internal/config"
	"lethe/masking/keyring/file"
	"lethe/stream"
)

// Revocation is what a revocation is about, and what came of it.
type Revocation struct {
	Workers []string `json:"revoked"` // whose keys count no more
	Next    string   `json:"worker"`  // that this folder signs as now
	Before  []string `json:"already,omitempty"`
	// own are keys of the folder, to be destroyed.
	own    []file.SigningKey
	keys   map[string]ed25519.PublicKey // of Workers
	reason string
}

// Revoke has the log's key revoke a worker's; "" names the folder's own, which another
// takes the place of.
//
//	intent → the folder's next key → fence → revoke → in the log → outcome → the old
//	key is destroyed
//
// Behind the fence no transaction under the key is committed that has no place on the
// audit topic yet, so none has one behind the revocation, whoever runs the workspace,
// and wherever (L4): its worker makes it again under the next key (L2). A crash leaves
// the intent without outcome, or a key that should be destroyed: to revoke again
// completes it.
func Revoke(ctx context.Context, f *config.Folder, log *slog.Logger, a Action, worker, reason string) (*Revocation, error) {
	w, err := openForAction(ctx, f, log)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	told, err := w.recall(ctx)
	if err != nil {
		return nil, err
	}
	r, err := w.revocation(told.Workers, worker, reason)
	if err != nil || len(r.Workers)+len(r.own) == 0 {
		return r, err
	}
	err = w.acting(ctx, func(ctx context.Context) error { return w.revoke(ctx, r, a) })
	return r, err
}

// revocation says what is to be revoked, and which keys of the folder are to be
// destroyed then.
func (w *Workspace) revocation(told audit.Workers, worker, reason string) (*Revocation, error) {
	_, _, err := w.workerKey() // makes it, where nobody has run the folder
	if err != nil {
		return nil, err
	}
	own, err := w.keys.SigningKeys(workerName)
	if err != nil {
		return nil, err
	}
	r := &Revocation{reason: reason, keys: make(map[string]ed25519.PublicKey)}
	newest := own[len(own)-1]
	gone := func(k file.SigningKey) bool {
		at := told.Of(k.Private.Public().(ed25519.PublicKey))
		return at != nil && at.Until != nil
	}
	switch {
	case worker != "":
		at, err := workerNamed(told, own, worker, w.folder)
		if err != nil {
			return nil, err
		}
		for _, k := range own {
			if workerID(k.Private) == at.ID {
				r.own = append(r.own, k)
			}
		}
		r.add(at.ID, at.Key, at.Until != nil)
		r.Next = workerID(newest.Private)
		return r, nil
	case len(own) > 1:
		r.own = own[:len(own)-1] // whose revocation was interrupted
	default:
		r.own = own
	}
	for _, k := range r.own {
		r.add(workerID(k.Private), k.Private.Public().(ed25519.PublicKey), gone(k))
	}
	r.Next = workerID(newest.Private)
	return r, nil
}

func (r *Revocation) add(id string, key ed25519.PublicKey, before bool) {
	if before {
		r.Before = append(r.Before, id)
		return
	}
	r.Workers, r.keys[id] = append(r.Workers, id), key
}

// workerNamed finds a worker by the beginning of its id, among those that the log knows and
// the folder's own.
func workerNamed(told audit.Workers, own []file.SigningKey, id string, f *config.Folder) (*audit.Worker, error) {
	all := told.List()
	for _, k := range own {
		pub := k.Private.Public().(ed25519.PublicKey)
		if told.Of(pub) == nil {
			all = append(all, &audit.Worker{ID: workerID(k.Private), Key: pub})
		}
	}
	found := slices.DeleteFunc(all, func(k *audit.Worker) bool { return !strings.HasPrefix(k.ID, id) })
	if len(found) != 1 {
		return nil, &stream.Fault{Code: "keys.worker", Path: id, Msg: fmt.Sprintf("%d workers of this workspace have an id that begins so", len(found)), Hint: "lethe keys " + f.Dir}
	}
	return found[0], nil
}

// revoke does what Revoke says.
func (w *Workspace) revoke(ctx context.Context, r *Revocation, a Action) error {
	// Nothing can be signed by a folder whose only key is revoked already.
	if len(r.Workers) == 0 {
		if err := w.succeed(r); err != nil {
			return err
		}
	}
	a.Kind, a.Object, a.Count, a.Reason = stream.ActionRevoke, strings.Join(slices.Concat(r.Workers, r.Before), " "), len(r.Workers), r.reason
	before, err := w.epochHash(a.Object)
	if err != nil {
		return err
	}
	a.Before = before
	b, err := w.begin(ctx, a)
	if err != nil {
		return err
	}
	// What has begun is done: to stop here would leave less than was asked for.
	ctx = context.WithoutCancel(ctx)
	if err := w.succeed(r); err != nil {
		return errors.Join(err, b.end(ctx, stream.OutcomeFailed, 0))
	}
	for n, id := range r.Workers {
		if err := w.revokeOne(ctx, id, r.keys[id], r.reason); err != nil {
			return errors.Join(err, b.end(ctx, stream.OutcomeFailed, n))
		}
	}
	if err := w.revocationsLogged(ctx, r); err != nil {
		return err
	}
	after, err := w.epochHash(r.Next)
	if err != nil {
		return err
	}
	if err := b.endWith(ctx, stream.OutcomeDone, len(r.Workers), after); err != nil {
		return err
	}
	for _, k := range r.own {
		if err := w.keys.DestroySigningKey(workerName, k); err != nil {
			return err
		}
	}
	return nil
}

// succeed makes the key that takes the place of the folder's newest, where that is to
// be revoked.
func (w *Workspace) succeed(r *Revocation) error {
	for _, k := range r.own {
		if workerID(k.Private) != r.Next {
			continue
		}
		if err := w.keys.SucceedSigningKey(workerName, k); err != nil {
			return err
		}
		_, id, err := w.workerKey()
		if err != nil {
			return err
		}
		r.Next = id
		break
	}
	return nil
}

// revokeOne fences a worker's key and revokes it.
func (w *Workspace) revokeOne(ctx context.Context, id string, key ed25519.PublicKey, reason string) error {
	own, err := w.logLedger()
	if err != nil {
		return err
	}
	entry, err := audit.Revoke(own, id, key, w.base.Now(), reason)
	if err != nil {
		return err
	}
	// L4: in this order. Who has not seen the fence has a place before the entry.
	if err := w.fence.put(ctx, id, entry); err != nil {
		return err
	}
	return w.append(ctx, [][]byte{entry}, nil)
}

// revocationsLogged waits until the log tells of the revocations under a checkpoint,
// and the audit topic where the log does not lie here.
func (w *Workspace) revocationsLogged(ctx context.Context, r *Revocation) error {
	ctx, cancel := context.WithTimeout(ctx, logWithin)
	defer cancel()
	for {
		last, err := w.revokedAt(ctx, r)
		if err != nil {
			return err
		}
		if last >= 0 && w.broker == nil && !present(w.folder.Log) {
			return nil
		}
		log, err := w.openReader()
		if err != nil {
			return w.final(err)
		}
		if n, err := log.IndexOf(last); err != nil {
			return w.final(err)
		} else if last >= 0 && n < log.Size() {
			return nil
		}
		select {
		case <-ctx.Done():
			return &stream.Fault{Code: "keys.revoke_unlogged", Path: w.folder.Rel(w.folder.Log), Exit: stream.ExitEnvironment,
				Msg:  fmt.Sprintf("the revocation stands on the audit topic, and the log does not have it within %v; the key is not destroyed yet", logWithin),
				Hint: "lethe run " + w.folder.Dir + "     writes the log; then type again what you typed"}
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// revokedAt is the audit offset of the last of the revocations, -1 as long as one of
// them cannot be read: transactions that are open before it are waited for.
func (w *Workspace) revokedAt(ctx context.Context, r *Revocation) (int64, error) {
	told, err := w.recall(ctx)
	if err != nil {
		return -1, err
	}
	last := int64(0)
	for _, key := range r.keys {
		at := told.Workers.Of(key)
		if at == nil || at.Until == nil {
			return -1, nil
		}
		last = max(last, *at.Until)
	}
	return last, nil
}
