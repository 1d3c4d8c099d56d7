package wire

import (
	"context"
	"crypto/ed25519"

	"lethe/audit"
	"lethe/cmd/internal/config"
	"lethe/masking/keyring/file"
	"lethe/stream"
	"lethe/stream/pipeline"
)

// Worker is a worker's key as the log and the keyring know it.
type Worker struct {
	audit.Worker
	Own  bool // the keyring has its private key
	Next bool // and signs with it
}

// Workers lists the workers of a folder: those that its log enrolled, in that order, and
// the keyring's own. It reads no topic.
func Workers(ctx context.Context, f *config.Folder, keys *file.Keyring) ([]Worker, error) {
	w := &Workspace{folder: f, keys: keys, base: pipeline.Base{Topics: stream.Topics{Workspace: f.Workspace}}}
	if err := w.openLogKey(); err != nil {
		return nil, err
	}
	told, err := w.recalled()
	if err == nil {
		err = w.readLog(ctx, told)
	}
	if err != nil {
		return nil, err
	}
	own, err := keys.SigningKeys(workerName)
	if err != nil {
		return nil, err
	}
	var out []Worker
	mine := make(map[string]int)
	for i, k := range own {
		pub := k.Private.Public().(ed25519.PublicKey)
		mine[audit.WorkerID(pub)] = i + 1
		if told.Workers.Of(pub) == nil {
			out = append(out, Worker{audit.Worker{ID: audit.WorkerID(pub), Key: pub}, true, i == len(own)-1})
		}
	}
	var all []Worker
	for _, k := range told.Workers.List() {
		all = append(all, Worker{*k, mine[k.ID] > 0, mine[k.ID] == len(own)})
	}
	return append(all, out...), nil
}
