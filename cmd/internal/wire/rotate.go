package wire

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"

	"lethe/cmd/internal/config"
	"lethe/stream"
)

// Rotate begins the next epoch of a folder's masking keys, and returns its name.
//
//	intent → the epoch's file → outcome
//
// Nothing is masked under it before a run is started, which announces it. A crash
// leaves the intent without outcome, and the epoch made or not.
func Rotate(ctx context.Context, f *config.Folder, log *slog.Logger, a Action) (epoch string, err error) {
	w, err := openForAction(ctx, f, log)
	if err != nil {
		return "", err
	}
	defer w.Close()
	before, err := w.epochHash(w.keys.Epoch())
	if err != nil {
		return "", err
	}
	a.Kind, a.Object, a.Count, a.Before = stream.ActionRotate, w.keys.Epoch(), 1, before
	err = w.acting(ctx, func(ctx context.Context) error {
		b, err := w.begin(ctx, a)
		if err != nil {
			return err
		}
		e, err := w.keys.Rotate()
		if errors.Is(err, fs.ErrExist) {
			return errors.Join(&stream.Fault{Code: "keys.rotated", Path: f.Rel(f.Keys), Msg: "somebody else began an epoch at this moment",
				Hint: "lethe keys " + f.Dir, Exit: stream.ExitEnvironment}, b.end(ctx, stream.OutcomeRefused, 0))
		}
		if err != nil {
			return errors.Join(err, b.end(ctx, stream.OutcomeFailed, 0))
		}
		epoch = e.Name
		after, err := w.epochHash(epoch)
		return errors.Join(err, b.endWith(ctx, stream.OutcomeDone, 1, after))
	})
	return epoch, err
}

// epochHash is the HMAC-SHA-256 of an epoch's name under a key of the workspace.
func (w *Workspace) epochHash(name string) (*stream.Hash, error) {
	key, err := w.keys.Secret("configuration")
	if err != nil {
		return nil, err
	}
	h := commitment(key, []byte(name))
	return &h, nil
}
