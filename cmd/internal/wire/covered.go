package wire

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"lethe/audit"
	"lethe/audit/statement"
	"lethe/audit/verify"
	"lethe/cmd/internal/config"
)

// Covering is what a statement is to tell, and in which form.
type Covering struct {
	Window verify.Window
	CBOR   bool // COSE_Sign1; else JSON
}

// Cover signs what the log tells of a range by the log's key. That somebody reads it is
// in the log before.
func Cover(ctx context.Context, f *config.Folder, log *slog.Logger, by Actor, in Covering) (s *verify.Statement, file []byte, err error) {
	err = Read(ctx, f, log, Action{Actor: by, Object: "coverage", Count: 1}, func(ctx context.Context, w *Workspace) (int, error) {
		if s, file, err = w.stated(ctx, in); err != nil {
			return 0, err
		}
		return 1, nil
	})
	return s, file, err
}

func (w *Workspace) stated(ctx context.Context, in Covering) (*verify.Statement, []byte, error) {
	path := w.folder.PublicKeyFile()
	public, err := config.ReadFile(w.folder.Rel(path), path)
	if err != nil {
		return nil, nil, err
	}
	key, err := audit.LogPrivateKey(string(w.logKey.Reveal()))
	if err != nil {
		return nil, nil, err
	}
	r, err := verify.Run(ctx, verify.Options{Log: w.folder.Log, PublicKey: strings.TrimSpace(string(public)), Coverage: &in.Window})
	if err != nil {
		return nil, nil, err
	}
	s, err := statement.New(r, w.base.Build, w.base.Now())
	if err != nil {
		return nil, nil, errors.Join(err, w.final(audit.ErrDamaged))
	}
	sign := statement.JSON
	if in.CBOR {
		sign = statement.CBOR
	}
	file, err := sign(s, key)
	return s, file, err
}
