package wire

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"lethe/masking/keyring/file"
	"lethe/masking/subject"
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

// cover opens the subjects' keys of a folder at the first call, makes them if the
// folder has none, and renews the lease on them until ctx ends. The cover lies
// beside the keyring and its root keys in a directory of their own: either is
// nothing without the other, and they never go into one backup.
func cover(ctx context.Context, keys string, keyring *file.Keyring, failed func(error)) func() (*subject.Store, error) {
	return sync.OnceValues(func() (*subject.Store, error) {
		beside := filepath.Dir(keys)
		pages, roots, err := file.SubjectDirs(filepath.Join(beside, "subjects", "cover"), filepath.Join(beside, "subjects", "roots"))
		if err != nil {
			return nil, fmt.Errorf("keys of subjects: %w", err)
		}
		start := time.Now()
		config := subject.Config{Cover: pages, Roots: roots, Keyring: keyring, Clock: func() time.Duration { return time.Since(start) }}
		if err := subject.Create(ctx, config); err != nil {
			return nil, fmt.Errorf("keys of subjects: %w", err)
		}
		store, err := subject.Open(config)
		if err != nil {
			return nil, fmt.Errorf("keys of subjects: %w", err)
		}
		if err := store.Begin(ctx, period); err != nil {
			return nil, fmt.Errorf("keys of subjects: %w", err)
		}
		if err := vouch(store); err != nil {
			return nil, err
		}
		go func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-time.After(renewal):
				}
				if err := vouch(store); err != nil {
					failed(err) // within the minute there are no keys any more
				}
			}
		}()
		return store, nil
	})
}

// vouch renews the lease. The log of shreds is empty: no verb of this build erases.
func vouch(store *subject.Store) error {
	if err := store.Lease(0); err != nil {
		return fmt.Errorf("lease on the keys of subjects: %w", err)
	}
	return nil
}
