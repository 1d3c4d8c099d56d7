package wire

import (
	"context"
	"log/slog"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"lethe/cmd/internal/config"
	"lethe/masking"
	"lethe/masking/keyring/file"
	"lethe/masking/subject"
)

// PipeKeys are a folder's keys for masking outside of its connections, and the
// keyring among them. The first time that somebody asks for keys of subjects, the
// folder is held as run holds it, or its broker is used by which it is run, and the
// log of shreds is asked who was erased (L5), until closed is called. log hears of leases that are not renewed.
func PipeKeys(ctx context.Context, f *config.Folder, log *slog.Logger) (keys masking.SubjectKeyring, own *file.Keyring, closed func() error, err error) {
	if own, err = file.Open(f.Keys); err != nil {
		return nil, nil, nil, err
	}
	w := &Workspace{folder: f, log: log, registry: prometheus.NewRegistry()}
	open := sync.OnceValues(func() (*subject.Store, error) {
		if err := w.holdSubjects(ctx); err != nil {
			return nil, err
		}
		if _, err := w.knowErasures(ctx); err != nil {
			return nil, err
		}
		return w.cover()
	})
	return ring{own, open}, own, w.Close, nil
}

// holdSubjects opens what the keys of subjects need: cover and log of shreds.
func (w *Workspace) holdSubjects(ctx context.Context) error {
	if len(w.folder.Brokers) == 0 {
		var err error
		if w.host, err = host(w.folder.State); err != nil {
			return err
		}
		if w.host == nil {
			if err := w.holdState(); err != nil {
				return err
			}
		}
	}
	if err := w.openKeys(); err != nil {
		return err
	}
	if err := w.connect(ctx); err != nil {
		return err
	}
	w.base.Tries = onceTries
	ctx, cancel := context.WithTimeout(ctx, logWithin)
	defer cancel()
	return w.prepareOwn(ctx)
}
