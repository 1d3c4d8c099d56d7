package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"

	"lethe/audit/verify"
	"lethe/cmd/internal/wire"
	"lethe/stream"
)

// proveCoverage writes a signed statement of a range to a file.
func proveCoverage(ctx context.Context, io console, dir, out string, ranges []string) error {
	window, err := windowOf(ranges)
	if err != nil {
		return err
	}
	form := filepath.Ext(out)
	if form != ".json" && form != ".cbor" {
		return &stream.Fault{Code: "prove.out", Path: out, Msg: "a coverage statement is a file .json or .cbor", Hint: "lethe prove --coverage .. --out coverage.json " + dir}
	}
	folder, by, log, err := acting(io, dir)
	if err != nil {
		return err
	}
	s, file, err := wire.Cover(ctx, folder, log, by, wire.Covering{Window: *window, CBOR: form == ".cbor"})
	var boundary *verify.BoundaryError
	if errors.As(err, &boundary) {
		return boundaryFault(boundary)
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, file, 0o644); err != nil {
		return environment(out, err)
	}
	showStatement(io, s)
	tellf(io.err, "next: lethe verify %s --key %s\n", out, folder.Rel(folder.PublicKeyFile()))
	return nil
}

// isStatement reports whether a path names a coverage statement.
func isStatement(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 7)
	n, _ := f.Read(head)
	return bytes.Equal(head[:n], []byte(`{"sig":`)) || n > 1 && head[0] == 0xd2 && head[1] == 0x84
}

// verifyStatement checks a statement, and with a log that the log tells the same.
func verifyStatement(ctx context.Context, io console, path, log string, in proofFlags) error {
	if in.key == "" {
		return &stream.Fault{Code: "verify.key", Path: path, Msg: "a statement is checked with the log's public key", Hint: "lethe verify " + path + " --key log.pub"}
	}
	if in.state != "" || in.show || in.builds != "" || in.policy != "" {
		return &stream.Fault{Code: "verify.flags", Path: path, Msg: "of a coverage statement --key and --log are asked, and nothing else", Hint: "lethe verify " + path + " --key log.pub --log DIR"}
	}
	raw, err := verify.ReadFile(path, verify.MaxStatement)
	if err != nil {
		return &stream.Fault{Code: "verify.input", Path: path, Msg: err.Error(), Hint: "lethe help verify"}
	}
	key, err := in.publicKey(in.key)
	if err != nil {
		return err
	}
	s, err := verify.ReadStatement(raw, key)
	var r *verify.Report
	if err == nil && log != "" {
		if !exists(filepath.Join(log, "checkpoint")) {
			return noLog(io, log, ".")
		}
		r, err = s.Recount(ctx, log, key)
	}
	switch {
	case errors.Is(err, verify.ErrKey):
		return verifyFault(err, in.key, "")
	case errors.Is(err, verify.ErrStatement), errors.Is(err, verify.ErrFalse):
		return &stream.Fault{Code: "verify.statement", Path: path, Msg: err.Error(), Hint: "do not rely on it; ask for another: lethe prove --coverage", Exit: stream.ExitFault}
	case err != nil:
		return err
	}
	if *io.json {
		return showJSON(io, s)
	}
	showStatement(io, s)
	tellf(io.out, "signed      by the log's key, at %s, by build %s\n", s.Time, s.Build)
	if r == nil {
		tellf(io.out, "statement: ok, as signed: with --log DIR it is counted again\n")
		return nil
	}
	tellf(io.out, "statement: ok, and the log of %d entries tells the same of the first %d\n", r.Size, s.State.Size)
	return nil
}

// showStatement tells what a statement says.
func showStatement(io console, s *verify.Statement) {
	x := s.State.Result
	tellf(io.out, "log         %s, %d entries\n", s.State.Origin, s.State.Size)
	showCoverage(io, &s.State.Coverage)
	tellf(io.out, "result      %d matched, %d observed without receipt, %d receipted without observation, %d excluded, %d indeterminate\n",
		x.Matched, x.Unreceipted, x.Unobserved, x.Excluded, x.Indeterminate)
	tellf(io.out, "findings    %d in the whole log\n", s.State.Findings)
}
