package wire

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"lethe/stream"
)

// beginStart writes that somebody starts the workspace under its configuration of now,
// before any of it takes effect.
func (w *Workspace) beginStart(ctx context.Context, by Actor) (*begun, error) {
	now, err := w.configuration()
	if err != nil {
		return nil, err
	}
	before, err := w.configured()
	if err != nil {
		return nil, err
	}
	return w.begin(ctx, Action{Actor: by, Kind: stream.ActionStart, Count: len(w.folder.Connections), Object: w.folder.Workspace, Before: before, After: &now})
}

// endStart writes what became of the start. The configuration that it names is the
// one before, from now on.
func (b *begun) endStart(ctx context.Context, failed error) error {
	if failed != nil {
		return errors.Join(failed, b.end(ctx, stream.OutcomeRefused, 0))
	}
	if err := b.end(ctx, stream.OutcomeDone, len(b.w.folder.Connections)); err != nil {
		return err
	}
	return keep(configurationMark(b.w), []byte(b.after.String()+"\n"))
}

// configurationMark is the file with what stood in the log as the configuration of the
// last start.
func configurationMark(w *Workspace) string { return filepath.Join(w.folder.State, "configuration") }

func (w *Workspace) configured() (*stream.Hash, error) {
	text, err := os.ReadFile(configurationMark(w))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	h := new(stream.Hash)
	if len(text) < 64 || h.UnmarshalText(text[:64]) != nil {
		return nil, nil // it says nothing: what is written then is that none is known
	}
	return h, nil
}

// configuration is the HMAC-SHA-256, under a key of the workspace, of the files of the
// folder: of names and contents, each after its length (u64). With a plain hash whoever
// has most of a file could guess at the rest, such as a password in it (L7).
func (w *Workspace) configuration() (stream.Hash, error) {
	key, err := w.keys.Secret("configuration")
	if err != nil {
		return stream.Hash{}, err
	}
	files, err := w.folder.Files()
	if err != nil {
		return stream.Hash{}, err
	}
	h := hmac.New(sha256.New, key)
	part := func(b []byte) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
		h.Write(b)
	}
	for _, f := range files {
		name, err := filepath.Rel(w.folder.Dir, f.Name)
		if err != nil {
			return stream.Hash{}, fmt.Errorf("configuration: %w", err)
		}
		part([]byte(filepath.ToSlash(name)))
		part(f.Data)
	}
	return stream.Hash(h.Sum(nil)), nil
}
