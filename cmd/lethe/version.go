package main

import (
	"context"
	"runtime"
	"runtime/debug"

	"lethe/cmd/internal/wire"
)

const versionUsage = `usage: lethe version [--json]

Says which build this is. Receipts in the audit log name the build that wrote
them by the same SHA-256.

  --json   print it as JSON
`

func version(_ context.Context, io console, args []string) error {
	f := newFlags(versionUsage)
	f.JSON()
	if _, err := f.parse(io, args); err != nil {
		return err
	}
	hash, err := wire.BuildID()
	if err != nil {
		return err
	}
	out := struct {
		Version  string `json:"version"`
		Build    string `json:"build"` // SHA-256 of the executable
		Go       string `json:"go"`
		Platform string `json:"platform"`
	}{"unknown", hash, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		out.Version = info.Main.Version
	}
	if *io.json {
		return showJSON(io, out)
	}
	tellf(io.out, "lethe %s\nbuild %s\n%s %s\n", out.Version, out.Build, out.Go, out.Platform)
	return nil
}
