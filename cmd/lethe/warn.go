package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"lethe/cmd/internal/config"
	"lethe/stream"
)

// warnKeyless tells what the contracts let one expect less of, without asking a
// source: streams without a primary key, where that matters.
func warnKeyless(folder *config.Folder, views []connectionView, log *slog.Logger) {
	told := map[string]bool{}
	for _, v := range views {
		src, _ := folder.Source(v.From)
		for _, s := range v.Streams {
			if len(s.Key) > 0 || told[s.Name] || src.Connector.Keyless == nil {
				continue
			}
			told[s.Name] = true
			msg, hint := src.Connector.Keyless(strings.TrimPrefix(s.Name, v.From+"."))
			log.Warn(msg, "stream", s.Name, "hint", hint)
		}
	}
}

// questioned asks every source whether it can be read and every sink whether it
// can be written. able hears what can; log, what is less than one may expect.
func questioned(ctx context.Context, folder *config.Folder, log *slog.Logger, able func(name, can string)) error {
	var faults []error
	told := func(name, can string, err error) {
		faults = append(faults, err)
		if err == nil {
			able(name, can)
		}
	}
	for _, s := range folder.Sources {
		told(s.Name, "read", withSource(folder, s, log, func(src stream.Source) error { return src.Check(ctx) }))
	}
	for _, s := range folder.Sinks {
		told(s.Name, "written", writable(folder, s, log))
	}
	return errors.Join(faults...)
}

// showAble says that a source or sink answered well.
func (io console) showAble(name, can string) {
	if !*io.json {
		tellf(io.out, "%s: can be %s\n", name, can)
	}
}

// writable opens a sink, which says whether it can be written to.
func writable(folder *config.Folder, s config.Sink, log *slog.Logger) error {
	sink, err := s.Connector.OpenSink(s.Questions(folder.Workspace, log), s.Config)
	if err != nil {
		return folder.Placed(err)
	}
	return folder.Placed(sink.Close())
}
