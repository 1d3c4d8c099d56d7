package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lethe/audit/verify"
	"lethe/cmd/internal/config"
	"lethe/connectors/parquet"
	"lethe/stream"
)

const verifyUsage = `usage: lethe verify [--key FILE] [--log DIR] [--lake DIR]... [--checkpoint FILE] [--policy FILE] [--fresh TIME] [--running] [--state FILE] [--builds FILE] [--coverage RANGE]... [--show] [--json] [DIR | BUNDLE | STATEMENT]

Checks offline that nothing in the audit log was changed or dropped, that every
chain of receipts is unbroken and its counts add up, and that the files in the
lake are those that the receipts name. It needs the public key alone, no server
and no lethe.yaml: give --key and --log to check copies.

  --key FILE          verifier key, by default log.pub of DIR
  --log DIR           the log, by default that of DIR
  --lake DIR          a lake to check as well, by default the lakes of DIR; with
                      --key and --log and no lake, files are not checked
  --checkpoint FILE   a checkpoint of the same log that you kept: shows that the
                      log was not rolled back or forked since
  --policy FILE       witnesses that must have cosigned the checkpoint (C2SP
                      tlog-policy): shows that the log was not forked for you,
                      nor rolled back until the times that are told
  --fresh TIME        with --policy: cosignatures older than this do not count, such
                      as 1h; an old checkpoint was cosigned, too, when it was new
  --builds FILE       builds that may have worked, as sha256sum prints them
  --coverage RANGE    say what became of what was ingested in a range of times, such as
                      2026-11-01..2026-11-30, or of a source's positions, such as
                      crm:FROM..TO; an end may be left out, and .. is all
  --running           lethe run is at work here, so the lake may be ahead of the
                      log: say how far, instead of finding fault with it
  --json              print the report as JSON

Of a proof bundle, which lethe prove makes, it says what the operator committed to:

  --key FILE          verifier key
  --policy FILE       witnesses that must have cosigned its checkpoint
  --fresh TIME        with --policy: cosignatures older than this do not count
  --state FILE        a checkpoint that you remember: the log must extend it
  --builds FILE       builds that may have worked, as sha256sum prints them
  --show              show the masked record, too

Of a coverage statement, which lethe prove --coverage makes, it checks the signature:

  --key FILE          verifier key
  --log DIR           the log: count again, as far as the statement's checkpoint goes

Exit code 1 means that something is wrong, or not finished: rows that readers see
and no receipt vouches for, or that a receipt names and readers do not see. Records
in quarantine are told, and are nothing wrong: they are accounted for.
`

// verifyFlags are what a person gave lethe verify.
type verifyFlags struct {
	log, checkpoint string
	lakes, ranges   []string
	running         bool
	window          *verify.Window
	proofFlags
}

func verifyLog(ctx context.Context, io console, args []string) error {
	f := newFlags(verifyUsage)
	f.JSON()
	var in verifyFlags
	f.BoolVar(&in.running, "running", false, "")
	f.StringVar(&in.key, "key", "", "")
	f.StringVar(&in.log, "log", "", "")
	f.StringVar(&in.checkpoint, "checkpoint", "", "")
	f.StringVar(&in.policy, "policy", "", "")
	f.Func("fresh", "", func(s string) (err error) {
		if in.fresh, err = time.ParseDuration(s); err != nil || in.fresh <= 0 {
			return errors.New("a time is written as 90m or 24h")
		}
		return nil
	})
	f.StringVar(&in.state, "state", "", "")
	f.StringVar(&in.builds, "builds", "", "")
	f.BoolVar(&in.show, "show", false, "")
	f.Func("lake", "", func(s string) error { in.lakes = append(in.lakes, s); return nil })
	f.Func("coverage", "", func(s string) error { in.ranges = append(in.ranges, s); return nil })
	dir, err := f.parse(io, args)
	if err != nil {
		return err
	}
	if err := in.read(); err != nil {
		return err
	}
	if in.window, err = windowOf(in.ranges); err != nil {
		return err
	}
	proof := isProof(dir)
	statement := !proof && isStatement(dir)
	if err := in.fits(dir, proof, statement); err != nil {
		return err
	}
	if proof {
		return verifyProof(io, dir, in.proofFlags)
	} else if statement {
		return verifyStatement(ctx, io, dir, in.log, in.proofFlags)
	}
	if info, err := os.Stat(dir); err == nil && info.Mode().IsRegular() {
		return &stream.Fault{Code: "verify.input", Path: dir, Msg: "neither a proof bundle nor a coverage statement, whole", Hint: "do not rely on it; lethe prove makes both, and a folder is verified by its name"}
	}
	if err := in.unused(dir); err != nil {
		return err
	}
	return verifyFolder(ctx, io, dir, in)
}

// fits refuses what nothing would be held against: who gave it would believe that
// something was.
func (in *verifyFlags) fits(path string, bundle, statement bool) error {
	if in.fresh > 0 && in.policy == "" {
		return &stream.Fault{Code: "verify.flags", Path: path, Msg: "--fresh is about the cosignatures of witnesses, and none are named", Hint: "add --policy FILE"}
	}
	if !bundle && !statement {
		return nil
	}
	what, hint := "a proof bundle", "lethe verify "+path+" --key log.pub; --state FILE is a checkpoint that you remember"
	if statement {
		what, hint = "a coverage statement", "lethe verify "+path+" --key log.pub --log DIR"
	}
	for _, flag := range []struct {
		name          string
		given, counts bool // counts: of a statement, too
	}{
		{"--checkpoint", in.checkpoint != "", false}, {"--log", in.log != "", true}, {"--lake", in.lakes != nil, false},
		{"--running", in.running, false}, {"--coverage", in.ranges != nil, false},
	} {
		if flag.given && !(statement && flag.counts) {
			return &stream.Fault{Code: "verify.flags", Path: path, Msg: flag.name + " is of a log, and this is " + what, Hint: hint}
		}
	}
	return nil
}

// verifyFolder checks a log, and the lakes whose receipts it holds.
func verifyFolder(ctx context.Context, io console, dir string, in verifyFlags) error {
	if err := directories(in.lakes); err != nil {
		return err
	}
	if in.key == "" || in.log == "" {
		folder, err := verified(io, dir)
		if err != nil {
			return err
		}
		in.key = cmp.Or(in.key, folder.Rel(folder.PublicKeyFile()))
		in.log = cmp.Or(in.log, folder.Rel(folder.Log))
		if in.lakes == nil {
			if in.lakes, err = lakesOf(folder); err != nil {
				return err
			}
		}
	}
	opts := verify.Options{Log: in.log, Lakes: in.lakes, Running: in.running, Witnesses: in.witnesses, Since: in.since, Builds: in.list, Coverage: in.window}
	var err error
	if opts.PublicKey, err = in.publicKey(in.key); err != nil {
		return err
	}
	if in.checkpoint != "" {
		if opts.Remembered, err = given(in.checkpoint); err != nil {
			return err
		}
	}
	if !exists(filepath.Join(in.log, "checkpoint")) {
		return noLog(io, in.log, dir)
	}
	report, err := verify.Run(ctx, opts)
	if err != nil {
		return verifyFault(err, in.key, in.checkpoint)
	}
	if *io.json {
		err = showJSON(io, report)
	} else {
		showReport(io, report)
	}
	if err == nil && !report.OK() {
		return errShown
	}
	return err
}

// verifyFault says why a check could not be made.
func verifyFault(err error, key, checkpoint string) error {
	var boundary *verify.BoundaryError
	switch {
	case errors.Is(err, verify.ErrKey):
		return &stream.Fault{Code: "verify.key", Path: key, Msg: err.Error(), Hint: "give the log.pub that lethe init made: lethe verify --key log.pub"}
	case errors.Is(err, verify.ErrRemembered):
		return &stream.Fault{Code: "verify.checkpoint", Path: checkpoint, Msg: err.Error(), Hint: "give a copy of the file checkpoint that was in the log's directory"}
	case errors.As(err, &boundary):
		return boundaryFault(boundary)
	}
	return err
}

// noLog says why there is nothing to check.
func noLog(io console, log, dir string) error {
	msg, hint := "there is no log here, or it has no checkpoint yet", "give the directory of a log: it has a file checkpoint"
	if exists(filepath.Join(dir, config.FileName)) {
		hint = "lethe run " + dir
		if folder, err := verified(io, dir); err == nil && exists(filepath.Join(folder.State, "broker")) {
			msg, hint = "there is no log here, though this folder was run", "restore "+log+" from its backup; else lethe run "+dir+" writes it anew from the broker, as far as that keeps the entries,\nand only a checkpoint that you kept shows that none is missing: lethe verify --checkpoint FILE"
		}
	}
	return &stream.Fault{Code: "verify.no_log", Path: log, Msg: msg, Hint: hint}
}

// verified reads the folder; what is only needed to run, such as the variables
// of a source, may be missing.
func verified(io console, dir string) (*config.Folder, error) {
	folder, err := config.Load(dir, anySet(io.env))
	if errors.Is(err, fs.ErrNotExist) || slices.ContainsFunc(stream.Faults(err), func(f *stream.Fault) bool { return f.Code == "config.no_folder" }) {
		return nil, &stream.Fault{Code: "config.no_folder", Path: filepath.Join(dir, config.FileName), Msg: "there is no " + config.FileName,
			Hint: "lethe verify --key log.pub --log DIR --lake DIR"}
	}
	return folder, err
}

// given reads a file that a person named.
func given(path string) ([]byte, error) {
	b, err := verify.ReadFile(path, verify.MaxCheckpoint)
	var refused *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &stream.Fault{Code: "cli.file", Path: path, Msg: "there is no such file", Hint: "name one that is there: paths are relative to where you are"}
	case errors.As(err, &refused):
		return nil, environment(path, err)
	case err != nil:
		return nil, &stream.Fault{Code: "verify.input", Path: path, Msg: err.Error(), Hint: "lethe help verify"}
	}
	return b, nil
}

// directories refuses lakes that a person named and that are none: that their
// files are lost would be a false alarm.
func directories(lakes []string) error {
	var faults []error
	for _, lake := range lakes {
		info, err := os.Stat(lake)
		switch {
		case errors.Is(err, fs.ErrPermission):
			faults = append(faults, environment(lake, err))
		case err != nil || !info.IsDir():
			faults = append(faults, &stream.Fault{Code: "verify.input", Path: lake, Msg: "there is no such directory", Hint: "give the directory of a lake: it has a directory _manifest"})
		}
	}
	return errors.Join(faults...)
}

// lakesOf lists the directories of the folder's file sinks. One that is not there
// is listed too: it may have been taken away (L2).
func lakesOf(f *config.Folder) ([]string, error) {
	lakes := []string{}
	var faults []error
	for _, s := range f.Sinks {
		switch dir, err := lakeOf(s); {
		case err != nil:
			faults = append(faults, f.Placed(err))
		case dir != "":
			lakes = append(lakes, f.Rel(dir))
		}
	}
	return lakes, errors.Join(faults...)
}

// lakeOf is the directory of a file sink; "" for another.
func lakeOf(s config.Sink) (string, error) {
	if s.Connector.Name != parquet.Connector().Name {
		return "", nil
	}
	return parquet.Directory(s.Name, s.Config.Text("url"))
}

func showReport(io console, r *verify.Report) {
	if r.Origin != "" {
		showCounts(io, r)
	}
	if r.Coverage != nil {
		showCoverage(io, r.Coverage)
	}
	for _, n := range r.Notes {
		tellf(io.out, "note: %s\n", n.Msg+where(n))
	}
	if r.OK() {
		tellf(io.out, "verify: ok%s\n", butQuarantined(r)+but(r.Incomplete))
		return
	}
	said, other, lost := map[verify.Promise]bool{}, false, false
	for _, f := range r.Findings {
		switch f.Code {
		case verify.CodeManifestAhead, verify.CodeManifestPending:
		case verify.CodeCheckpointOrigin:
			other = true
		default:
			lost = lost || f.Code == verify.CodeObjectMissing
			said[f.Promise] = true
		}
		tellf(io.out, "%s %s: %s\n", f.Promise, f.Code, f.Msg+where(f))
	}
	if lost {
		fmt.Fprintln(io.out, "  → is there another lake, such as that of a sink that was in lethe.yaml? Name all: --lake DIR --lake DIR")
	}
	fmt.Fprintln(io.out)
	for _, promise := range slices.Sorted(maps.Keys(said)) {
		tellf(io.out, "%s\n", means(promise))
	}
	if other {
		fmt.Fprintln(io.out, "Give the log.pub that belongs to this log, or the log that belongs to this key; if they do belong together, the log is not what was written.")
	}
	if r.Incomplete.Newer+r.Incomplete.Unlisted > 0 {
		fmt.Fprintln(io.out, "Not finished, or forged: a run that was killed leaves this, and lethe run --once finishes it; --running allows it to one at work.")
	}
	tellf(io.out, "verify: %s\n", count(len(r.Findings), "finding"))
}

// showCounts tells what the log adds up to.
func showCounts(io console, r *verify.Report) {
	tellf(io.out, "log         %s\n", r.Origin)
	if len(r.Shards) > 1 {
		tellf(io.out, "shards      %d, from %s on\n", len(r.Shards), r.Shards[0].Origin)
	}
	tellf(io.out, "tree        %d entries, root %s\n", r.Size, r.Root)
	tellf(io.out, "checkpoint  written %s", r.CheckpointFile.UTC().Format("2006-01-02 15:04:05Z"))
	if at, err := time.Parse(time.RFC3339Nano, r.LastEntry); err == nil {
		tellf(io.out, ", newest receipt %s", at.UTC().Format("2006-01-02 15:04:05Z"))
	}
	if r.Extends != nil {
		tellf(io.out, "\nextends     the remembered checkpoint of %d entries", *r.Extends)
	}
	tellf(io.out, "\nchecked     %s of %s, %s, %s, %s\n", count(int(r.Runs), "run"), count(len(r.Workers), "worker"),
		count(int(r.Chains), "chain"), count(int(r.Files), "file"), count(int(r.Rows), "row"))
	for _, w := range r.Cosigned {
		tellf(io.out, "cosigned    by witness %s at %s\n", w.Witness, w.Time.Format("2006-01-02 15:04:05Z"))
	}
	fmt.Fprintln(io.out)
	counted(io, "source\tchanges\tingested\tquarantined", len(r.Sources), func(i int) string {
		s := r.Sources[i]
		return plainf("%s\t%d\t%d\t%d", s.Source, s.Changes, s.Ingested, s.Quarantined)
	})
	read := slices.DeleteFunc(slices.Clone(r.Connections), verify.ConnectionCount.Empty)
	counted(io, "connection\tclass\tin\tdelivered\tquarantined\tfiltered\tshredded\tpending", len(read), func(i int) string {
		c := read[i]
		return plainf("%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d", c.Connection, classOf(c.Raw), c.In, c.Delivered, c.Quarantined, c.Filtered, c.Shredded, c.Pending)
	})
	counted(io, "connection\tstream\tin\t= delivered\t+ quarantined\t+ filtered\t+ shredded", len(r.Streams), func(i int) string {
		s := r.Streams[i]
		return plainf("%s\t%s\t%d\t%d\t%d\t%d\t%d", s.Connection, cmp.Or(s.Stream, "(no key opens it)"), s.In, s.Delivered, s.Quarantined, s.Filtered, s.Shredded)
	})
	counted(io, "connection\tstream\tlabel\tgeneration\tdelivered\tin files\tfiles\tpending", len(r.Topics), func(i int) string {
		s := r.Topics[i]
		return plainf("%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d", s.Connection, s.Stream, s.Label, s.Generation, s.Delivered, s.InFiles, s.Files, s.Pending)
	})
}

// classOf is the class in the name of a raw topic; a line of the table has no room
// for all of it, and a connection has one source.
func classOf(raw string) string {
	if parts := strings.Split(raw, "."); len(parts) > 3 {
		return parts[3]
	}
	return raw
}

// butQuarantined says how many records are in no lake since they went to quarantine,
// and of which streams.
func butQuarantined(r *verify.Report) string {
	n, of := int64(0), []string(nil)
	for _, c := range r.Connections {
		n += c.Quarantined
	}
	for _, s := range r.Streams {
		if s.Quarantined > 0 {
			of = append(of, fmt.Sprintf("%s of %s in %s", count(int(s.Quarantined), "record"), cmp.Or(s.Stream, "a stream that no key opens"), s.Connection))
		}
	}
	if n == 0 {
		return ""
	}
	said := ", but " + either(n == 1, "1 record is", fmt.Sprintf("%d records are", n)) + " in quarantine, not in the lake"
	if of != nil {
		said += " (" + strings.Join(of, ", ") + ")"
	}
	return said
}

// but says what an ok leaves open.
func but(i verify.Incomplete) string {
	said := ""
	if i.Newer > 0 {
		said += fmt.Sprintf(", but %s newer than the log's checkpoint and not vouched for yet", objects(i.Newer))
	}
	if i.Unlisted > 0 {
		said += fmt.Sprintf(", but %s not listed yet and not seen by readers", objects(i.Unlisted))
	}
	if said != "" {
		said += ": verify again after lethe run --once"
	}
	if i.Unchecked > 0 {
		said += fmt.Sprintf(", but %s not checked: give --lake DIR", files(i.Unchecked))
	}
	return said
}

func objects(n int64) string {
	if n == 1 {
		return "1 object is"
	}
	return fmt.Sprintf("%d objects are", n)
}

func files(n int64) string {
	if n == 1 {
		return "1 file was"
	}
	return fmt.Sprintf("%d files were", n)
}

func where(f verify.Finding) string {
	return " (" + f.Object + ", " + f.Range + ")"
}

// means says what a finding under a promise's label means.
func means(promise verify.Promise) string {
	switch promise {
	case verify.L2:
		return "L2 once is broken: records were lost, doubled or are not accounted for."
	case verify.L4:
		return "L4 provable is broken: the log or the lake is not what was written; do not rely on it."
	}
	return string(promise) + " is broken."
}

// counted is a table and the empty line after it; nothing without rows.
func counted(io console, head string, n int, row func(int) string) {
	if n > 0 {
		table(io, head, n, row)
		fmt.Fprintln(io.out)
	}
}
