package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"lethe/stream"
)

const versionUsage = `usage: lethe version [--json]

Says which build this is. Receipts in the audit log name the build that wrote
them by the same SHA-256.

  --json   print it as JSON
`

func version(_ context.Context, io streams, args []string) error {
	f := newFlags(versionUsage)
	f.JSON()
	if _, err := f.parse(io, args); err != nil {
		return err
	}
	hash, err := buildHash()
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

// buildHash is the SHA-256 of the executable that runs, in hex.
func buildHash() (string, error) {
	name, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("executable: %w", err)
	}
	file, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("executable: %w", err)
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", fmt.Errorf("executable: %w", err)
	}
	return stream.Hash(h.Sum(nil)).String(), nil
}
