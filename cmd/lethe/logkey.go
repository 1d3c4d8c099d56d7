package main

import (
	"context"
	"strings"
	"time"

	"lethe/cmd/internal/config"
	"lethe/cmd/internal/wire"
	"lethe/stream"
)

// prepareLogKey shows under which key the log goes on, for those who have to know it
// before.
func prepareLogKey(io console, folder *config.Folder, dir string) error {
	vkey, err := wire.NextLogKey(folder, time.Now())
	if err != nil {
		return err
	}
	if *io.json {
		return showJSON(io, struct {
			Key string `json:"next_key"`
		}{vkey})
	}
	tellf(io.out, "%s\n", vkey)
	tellf(io.err, "That line is the public key under which the log will go on. Give it to the log's witnesses, in a file:\n  lethe witness --key witness.key --log log.pub --log FILE STATE\nOnce they know it: lethe keys rotate --log %s\n", dir)
	return nil
}

// rotateLogKey has the log go on under another key.
func rotateLogKey(ctx context.Context, io console, folder *config.Folder, dir string, yes bool, a wire.Action) error {
	// Told before anybody is asked.
	if err := wire.MayAct(folder); err != nil {
		return err
	}
	if !yes {
		tellf(io.out, "The log ends a shard and goes on in another, under a key of its own. The key that signs it now is destroyed.\n")
		if folder.Witnesses != "" {
			tellf(io.out, "Its witnesses must know the new key: lethe keys rotate --log --prepare %s shows it.\n", dir)
		}
		err := confirmed(ctx, io, io.in, "rotate?", &stream.Fault{Code: "keys.unconfirmed", Msg: "nothing was changed: nobody said yes", Hint: "lethe keys rotate --log --yes " + dir})
		if err != nil {
			return interrupted(ctx, err, "nothing was changed", "lethe keys rotate --log "+dir)
		}
	}
	var err error
	if a.Actor, err = operator(io.env); err != nil {
		return err
	}
	log, err := actionLog(io, dir)
	if err != nil {
		return err
	}
	vkey, err := wire.RotateLog(ctx, folder, log, a)
	if err != nil {
		return err
	}
	origin, _, _ := strings.Cut(vkey, "+")
	if *io.json {
		return showJSON(io, struct {
			Origin string `json:"origin"`
			Key    string `json:"key"`
		}{origin, vkey})
	}
	tellf(io.out, "the log goes on as %s\nnext: give %s to whoever verifies the log, or proofs of what comes now; the old one verifies the log still\n      back up %s: the key that was there signs no more\n",
		origin, folder.Rel(folder.PublicKeyFile()), folder.Rel(folder.Keys))
	return nil
}
