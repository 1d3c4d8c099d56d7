package wire

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"lethe/cmd/internal/config"
	"lethe/masking/keyring/file"
	"lethe/masking/subject"
	"lethe/stream"
)

// ring are the keys of a workspace as operators see them.
type ring struct {
	*file.Keyring
	open func() (*subject.Store, error)
}

// Subjects implements masking.SubjectKeyring.
func (r ring) Subjects() (subject.Subjects, error) {
	store, err := r.open()
	if err != nil {
		return nil, err
	}
	return store.Subjects(period), nil
}

// period is the one retention period of subjects' keys: nothing ends another.
const period = "all"

// renewal is how often the lease on the cover is renewed, which lasts a minute.
const renewal = 15 * time.Second

// cover is where a folder's subjects' keys come from.
type cover struct {
	folder *config.Folder
	keys   *file.Keyring
	// shreds gives the number of the last shred; nil asks nobody.
	shreds func(context.Context) (uint64, error)
	log    *slog.Logger // hears that it was made; may be nil
	failed func(error)  // hears why a lease was not renewed; nil renews none
}

// opened gives the subjects' keys at the first call, makes them if the folder has
// none, and renews the lease on them until ctx ends.
func (c cover) opened(ctx context.Context) func() (*subject.Store, error) {
	return sync.OnceValues(func() (*subject.Store, error) {
		store, err := c.store(ctx)
		if err == nil {
			err = c.begin(ctx, store)
		}
		if err == nil {
			err = c.vouch(ctx, store)
		}
		if err != nil {
			return nil, c.fault(err)
		}
		if c.failed != nil {
			go c.renew(ctx, store)
		}
		return store, nil
	})
}

// store opens the cover. It lies in a directory of its own and its root keys in the
// keyring's: either is nothing without the other, and they never go into one backup.
func (c cover) store(ctx context.Context) (*subject.Store, error) {
	made, err := c.there()
	if err != nil {
		return nil, err
	}
	pages, roots, err := file.SubjectDirs(c.folder.Cover, c.folder.Roots())
	if err != nil {
		return nil, err
	}
	if made && c.log != nil {
		at, roots := c.folder.Rel(c.folder.Cover), c.folder.Rel(c.folder.Roots())
		c.log.Info("made "+at+" and "+roots+", of which persons' keys derive", "next", "mirror both as they are written, never into one backup: docs/erase.md")
	}
	start := time.Now()
	config := subject.Config{Cover: pages, Roots: roots, Keyring: c.keys, Clock: func() time.Duration { return time.Since(start) }}
	if err := subject.Create(ctx, config); err != nil {
		return nil, err
	}
	return subject.Open(config)
}

// there says whether the cover has to be made. Where only one half of it is there,
// nothing is made, so that the other can be brought back to its place.
func (c cover) there() (made bool, err error) {
	at, roots := c.folder.Cover, c.folder.Roots()
	pages, err := file.Dir(at).Names()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	keys, err := file.Dir(roots).Names()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	switch at, roots := c.folder.Rel(at), c.folder.Rel(roots); {
	case len(pages) == 0 && len(keys) > 0:
		return false, missing(at, roots)
	case len(pages) > 0 && errors.Is(err, fs.ErrNotExist):
		return false, missing(roots, at)
	}
	return len(pages) == 0, nil
}

// missing is the fault of one half of the cover that is gone.
func missing(gone, there string) error {
	return &stream.Fault{Code: "subjects.missing", Path: gone, Exit: stream.ExitEnvironment,
		Msg:  gone + " is not there, and " + there + " is",
		Hint: "bring " + gone + " back from its mirror;\nif it is lost, so is what is encrypted under persons' keys: move " + there + " away, and later values get new keys"}
}

// begin makes the period, unless there is one: each change is a new root key.
func (c cover) begin(ctx context.Context, store *subject.Store) error {
	periods, err := store.Periods()
	if err != nil {
		return err
	}
	for _, name := range periods {
		if name == period {
			return nil
		}
	}
	return store.Begin(ctx, period)
}

// vouch renews the lease. A cover that does not know the last shred gets none (L5).
func (c cover) vouch(ctx context.Context, store *subject.Store) error {
	if c.shreds == nil {
		return store.Lease(0)
	}
	last, err := c.shreds(ctx)
	if err != nil {
		return err
	}
	return store.Lease(last)
}

func (c cover) renew(ctx context.Context, store *subject.Store) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(renewal):
		}
		// A minute after the last success there are no keys any more.
		if err := c.vouch(ctx, store); err != nil && ctx.Err() == nil {
			c.failed(c.fault(err))
		}
	}
}

// fault says what to do about a cover that is refused.
func (c cover) fault(err error) error {
	at, roots := c.folder.Rel(c.folder.Cover), c.folder.Rel(c.folder.Roots())
	switch {
	case errors.Is(err, subject.ErrBehind):
		return &stream.Fault{Code: "subjects.behind", Path: at, Exit: stream.ExitEnvironment,
			Msg:  "the keys of subjects are older than the last erasure: they were restored from a backup, or an erasure was interrupted",
			Hint: "lethe erase --resume " + c.folder.Dir + "     erases again who was erased since"}
	case errors.Is(err, subject.ErrRestored):
		return &stream.Fault{Code: "subjects.restored", Path: at, Exit: stream.ExitEnvironment,
			Msg: "the cover and its root key in " + roots + " do not belong together: one of them was restored from a backup, and its keys were destroyed since",
			Hint: "bring back " + at + " and " + roots + " as they were last, such as from a mirror;\n" +
				"if they are lost, so is what is encrypted under subjects' keys: move both away, and later values get new keys"}
	}
	return fmt.Errorf("keys of subjects: %w", err)
}

// lastShred is the number of the last subject who was erased.
func (w *Workspace) lastShred(ctx context.Context) (uint64, error) {
	if w.shreds == nil {
		return 0, errors.New("shreds: asked for before there are topics")
	}
	if err := w.shreds.read(ctx); err != nil {
		return 0, err
	}
	return w.shreds.last()
}
