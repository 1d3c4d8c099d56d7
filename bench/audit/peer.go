package main

import (
	"bufio"
	"context"
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"

	"lethe/stream/disk"
)

// batch is how many entries the peer syncs at once: as many as the follower at most.
const batch = 1024

var errEnough = errors.New("enough entries")

// appendTlog appends the first n entries of a topic to a tree that package tlog computes,
// and syncs entries and tiles after each batch.
func appendTlog(ctx context.Context, dir string, m *made, n int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(dir, "entries"))
	if err != nil {
		return err
	}
	defer file.Close()
	entries := bufio.NewWriter(file)
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = stored[x]
		}
		return out, nil
	})
	size, synced := int64(0), int64(0)
	sync := func() error {
		if err := errors.Join(entries.Flush(), file.Sync()); err != nil {
			return err
		}
		for _, t := range tlog.NewTiles(8, synced, size) {
			data, err := tlog.ReadTileData(t, read)
			if err != nil {
				return err
			}
			if err := disk.Replace(filepath.Join(dir, filepath.FromSlash(t.Path())), data, 0o644); err != nil {
				return err
			}
		}
		synced = size
		return nil
	}
	err = m.Read(ctx, 0, func(_ int64, entry []byte) error {
		more, err := tlog.StoredHashes(size, entry, read)
		if err != nil {
			return err
		}
		stored = append(stored, more...)
		if _, err := entries.Write(entry); err != nil {
			return err
		}
		if size++; size-synced == batch {
			err = sync()
		}
		if err == nil && size == int64(n) {
			err = errEnough
		}
		return err
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return errors.Join(err, sync())
}
