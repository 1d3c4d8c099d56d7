package main

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"lethe/cmd/internal/config"
)

// warnUndecided asks the sources for their streams and holds them against the
// contracts. A stream without one is no fault: it must not keep the others from
// being read (L1).
func warnUndecided(ctx context.Context, folder *config.Folder, log *slog.Logger, next string) error {
	schemas, err := ask(ctx, folder, false)
	if err != nil {
		return err
	}
	_, contracts, err := known(folder)
	if err != nil {
		return err
	}
	for _, s := range schemas {
		if _, ok := contracts[s.Stream]; !ok {
			log.Warn("no contract: a table that run never read waits, unread. One that it has read goes to quarantine",
				"stream", s.Stream, next, "lethe discover "+folder.Dir+", then read "+folder.Rel(folder.ContractFile(s.Stream)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(contracts)) {
		source, _, _ := strings.Cut(name, ".")
		if _, ok := folder.Source(source); ok && !slices.ContainsFunc(schemas, func(s seen) bool { return s.Stream == name }) {
			log.Warn("a contract has no stream: the table is gone, or lethe.yaml does not select it", "stream", name,
				next, "correct lethe.yaml, or remove "+contracts[name].file.Name)
		}
	}
	return nil
}
