package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"lethe/cmd/internal/config"
	"lethe/cmd/internal/wire"
	"lethe/masking"
	"lethe/masking/keyring/file"
	"lethe/masking/subject"
	"lethe/stream"
)

// pipeKeys are the keys that lines are masked with.
type pipeKeys struct {
	all    masking.Keyring // nil where nothing works with keys
	own    *file.Keyring   // the keyring among them; nil without one
	closed func() error
}

const keysHint = "lethe init --workspace mask mask     makes a folder with keys, once: back up mask/keys\n…, then add: --keys mask"

// keyring opens the keys, which must be there if anything works with them.
func (in maskFlags) keyring(ctx context.Context, io console, plan masking.Plan) (k pipeKeys, err error) {
	k.closed = func() error { return nil }
	if in.keys != "" && isFolder(in.keys) {
		folder, err := config.Load(in.keys, io.env)
		if err != nil {
			return k, err
		}
		k.all, k.own, k.closed, err = wire.PipeKeys(ctx, folder, warnings(io.err))
		return k, err
	}
	if in.keys != "" {
		if k.own, err = openRing(in.keys); err == nil {
			k.all = keysAlone{k.own, in.keys}
		}
		return k, err
	}
	if i := slices.IndexFunc(plan.Fields, masking.Field.Keyed); i >= 0 {
		return k, &stream.Fault{Code: "mask.keys", Path: in.stream + "/" + plan.Fields[i].Path, Msg: plan.Fields[i].Operator + " works with keys, and no keyring is named", Hint: keysHint}
	}
	if in.quarantine != "" && !in.clear {
		return k, &stream.Fault{Code: "mask.keys", Path: in.quarantine, Msg: "the quarantine file is encrypted, and no keyring is named", Hint: keysHint + "\nor, if the file may hold clear values: --clear"}
	}
	return k, nil
}

// isFolder reports whether a directory is a workspace's folder.
func isFolder(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, config.FileName))
	return err == nil
}

// openRing opens a keyring, and says where it is meant to be if there is none.
func openRing(dir string) (*file.Keyring, error) {
	if _, err := os.Stat(filepath.Join(dir, "root")); err == nil {
		return file.Open(dir)
	}
	hint := keysHint
	for _, near := range []string{filepath.Join(dir, "keys"), filepath.Join(filepath.Dir(dir), "keys")} {
		if _, err := os.Stat(filepath.Join(near, "root")); err == nil {
			hint = "did you mean --keys " + near + "?"
			break
		}
	}
	return nil, &stream.Fault{Code: file.CodeMissing, Path: dir, Msg: "there is no keyring here", Hint: hint, Exit: stream.ExitEnvironment}
}

// keysAlone is a keyring without the cover that persons' keys derive from.
type keysAlone struct {
	*file.Keyring
	dir string
}

// Subjects implements masking.SubjectKeyring.
func (k keysAlone) Subjects() (subject.Subjects, error) {
	hint := "name the folder that lethe init made, and not its keys: --keys DIR"
	if of := filepath.Dir(filepath.Clean(k.dir)); isFolder(of) {
		hint = "name its folder, which has them: --keys " + of
	}
	return nil, &stream.Fault{Code: "mask.keys", Path: k.dir, Msg: "encrypt, tokenize and fpe work under persons' keys, and a keyring alone has none", Hint: hint}
}
