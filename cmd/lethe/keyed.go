package main

import (
	"errors"
	"log/slog"

	"lethe/cmd/internal/config"
	"lethe/cmd/internal/wire"
	"lethe/masking/keyring/file"
	"lethe/stream"
)

// keyed says whether the keys are there that run needs: the keyring and the key
// that signs the log.
func keyed(folder *config.Folder) error {
	_, err := file.Open(folder.Keys)
	var f *stream.Fault
	if errors.As(err, &f) {
		placed := *f
		if placed.Path = folder.Rel(f.Path); f.Code == file.CodeMissing {
			placed.Hint = "restore " + placed.Path + " from its backup, or correct keyring in " + folder.Rel(folder.Root+"/"+config.FileName) + "; without it nothing can be read"
			return &placed
		}
		err = &placed
	}
	_, lerr := folder.LogKey()
	return errors.Join(err, lerr)
}

// acting is what a verb needs by which a person acts on a folder: the folder, with its
// keys there, who that is, and a log of what goes wrong.
func acting(io console, dir string) (folder *config.Folder, by wire.Actor, log *slog.Logger, err error) {
	if folder, err = config.Load(dir, io.env); err != nil {
		return nil, by, nil, err
	}
	if err := keyed(folder); err != nil {
		return nil, by, nil, err
	}
	if by, err = operator(io.env); err != nil {
		return nil, by, nil, err
	}
	log, err = actionLog(io, dir)
	return folder, by, log, err
}

// keyedHere is keyed where nothing is to run: a checkout of the folder has no
// keys, which is no fault of what people wrote.
func keyedHere(folder *config.Folder, log *slog.Logger) error {
	err := keyed(folder)
	var f *stream.Fault
	if errors.As(err, &f) && f.Code == file.CodeMissing {
		log.Warn("run would not start: "+f.Msg, "keyring", f.Path, "hint", f.Hint)
		return nil
	}
	return err
}
