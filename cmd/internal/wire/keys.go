package wire

import (
	"context"
	"fmt"

	"lethe/cmd/internal/config"
	"lethe/masking"
	"lethe/masking/keyring/file"
	"lethe/stream"
)

// MaskedKeys tells what the keys of rows become: the masked form of each key,
// by the key itself, and the masked topic of the stream. Only who holds the
// folder's keys can ask.
func MaskedKeys(f *config.Folder, connection, streamName string, keys []string) (masked map[string]string, topic string, err error) {
	p, err := f.Compile(connection)
	if err != nil {
		return nil, "", err
	}
	s, ok := p.Stream(streamName)
	if !ok {
		return nil, "", fmt.Errorf("connection %s carries no stream %s", connection, streamName)
	}
	keyring, err := file.Open(f.Keys)
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	rewriter, err := masking.Compile(s.Plan, ring{keyring, cover{folder: f, keys: keyring}.opened(ctx)})
	if err != nil {
		return nil, "", err
	}
	masked = make(map[string]string)
	for _, k := range keys {
		// A delete holds nothing but its key.
		r := stream.Record{Stream: streamName, Key: []byte(k), Value: []byte(`{"before":` + k + `,"after":null,"op":"d"}`)}
		var out stream.Masked
		if err := rewriter.Process(&r, &out); err != nil {
			return nil, "", fmt.Errorf("mask a key of %s: %w", streamName, err)
		}
		rewriter.Finish()
		masked[k] = string(out.Key)
	}
	return masked, s.Topic, nil
}
