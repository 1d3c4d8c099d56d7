package main

import (
	"cmp"
	"context"
	"maps"
	"path/filepath"
	"slices"

	"lethe/cmd/internal/config"
	"lethe/cmd/internal/wire"
	"lethe/masking/keyring/file"
	"lethe/stream"
	"lethe/stream/pipeline"
)

const auditUsage = `usage: lethe audit sample [--nonce TEXT] [--checkpoint FILE] [--records N] [--key FILE] [--json] [DIR]
       lethe audit new-key FILE

Masks a sample of records again, with the build that you run, and holds what comes
of it against what the receipts' build wrote, byte for byte. Which records nobody
could know before: they are drawn by a checkpoint of the log and a nonce that the
auditor gives after it. It needs raw records, which are kept for that as long as
lethe.yaml says:

  audit: {log: ./log, sampling: {window: 24h, auditor: LETHE-X25519-PUB-1-…}}

  --nonce TEXT       what the auditor gave
  --checkpoint FILE  a checkpoint of the log, such as one that witnesses cosigned; by
                     default the newest
  --records N        how many; by default 300, which finds 1 lie in 100 at 95 %
  --key FILE         open raw records with the auditor's own key, to which they are
                     encrypted as well, and not with the workspace's
  --json             print the result as JSON

audit new-key makes an auditor's key in FILE and shows the line for lethe.yaml.

Exit code 1 means that a record was masked otherwise, is missing, or is not what the
receipts' roots are over. That an audit was made is in the log.
`

func auditVerb(ctx context.Context, io console, args []string) error {
	f := newFlags(auditUsage)
	f.JSON()
	var in struct{ nonce, checkpoint, key string }
	f.StringVar(&in.nonce, "nonce", "", "")
	f.StringVar(&in.checkpoint, "checkpoint", "", "")
	records := f.Int("records", 300, "")
	f.StringVar(&in.key, "key", "", "")
	verb, words, err := f.sub(io, args, "sample", "new-key")
	if err != nil {
		return err
	}
	dir, err := f.folder(words)
	if err != nil {
		return err
	}
	switch {
	case verb == "new-key" && dir != ".":
		return newAuditorKey(io, dir)
	case verb != "sample" || in.nonce == "" || *records < 1:
		return &stream.Fault{Code: "audit.flags", Msg: "it needs sample with --nonce and at least one record, or new-key with a file", Hint: "lethe audit sample --nonce 4711 " + dir}
	}
	folder, by, log, err := acting(io, dir)
	if err != nil {
		return err
	}
	s := wire.Sampling{Nonce: in.nonce, Records: *records}
	if in.checkpoint != "" {
		if s.Checkpoint, err = given(in.checkpoint); err != nil {
			return err
		}
	}
	if in.key != "" {
		if s.Auditor, err = file.ReadAuditorKey(in.key); err != nil {
			return err
		}
	}
	found, err := wire.TakeSample(ctx, folder, log, by, s)
	if err != nil {
		return err
	}
	if *io.json {
		err = showJSON(io, found)
	} else {
		showSample(io, folder, found)
	}
	return cmp.Or(err, refuted(found))
}

// refuted is the end of an audit that found something.
func refuted(s *wire.Sample) error {
	if s.OK() {
		return nil
	}
	return errShown
}

func newAuditorKey(io console, path string) error {
	key, err := file.NewAuditorKey(path)
	if err != nil {
		return created(path, err)
	}
	tellf(io.out, "made %s: keep it where only you can read it\nbelow audit: of lethe.yaml:\n  sampling: {window: 24h, auditor: %s}\n", filepath.Clean(path), config.AuditorKeyText(key.PublicKey().Bytes()))
	return nil
}

func showSample(io console, folder *config.Folder, s *wire.Sample) {
	tellf(io.out, "log         %s, checkpoint of %d entries\nseed        %s\n", s.Origin, s.Checkpoint, s.Seed)
	tellf(io.out, "drawn       %d of %d records that are there still; receipts tell of %d\n", s.Sampled, s.Eligible, s.Masked)
	for _, build := range slices.Sorted(maps.Keys(s.Builds)) {
		same := ""
		if build == s.Build {
			same = ", which is this one: to let another build judge, compile it from the same source yourself"
		}
		tellf(io.out, "masked by   build %s: %d%s\n", build[:min(12, len(build))], s.Builds[build], same)
	}
	tellf(io.out, "again by    build %s\n\n", s.Build[:12])
	for _, r := range []pipeline.Result{pipeline.Same, pipeline.Different, pipeline.Missing, pipeline.NotProven, pipeline.Gone} {
		if n := s.Results[r]; n > 0 {
			tellf(io.out, "%8d %s\n", n, saidOf(r))
		}
	}
	for _, c := range s.Chances {
		tellf(io.out, "had %s of them been masked otherwise, this sample would have shown it with %.1f %%\n", c.Fraction, 100*c.Found)
	}
	for _, f := range s.Findings {
		erased := ""
		if f.ErasedSince {
			erased = "; subjects were erased since, whose values are masked otherwise now"
		}
		tellf(io.out, "L4 %s: record %d of %s/%d in receipt %s of %s%s\n", f.Result, f.Number, f.Topic, f.Partition, f.Entry, f.Connection, erased)
	}
	switch {
	case s.Eligible == 0 && folder.Sampling.Window == 0:
		tellf(io.out, "nothing to draw from: raw records are deleted once they are masked; write audit: {sampling: {window: 24h}} in lethe.yaml\n")
	case s.Eligible == 0:
		tellf(io.out, "nothing to draw from: no raw record is younger than %s\n", folder.Sampling.Window)
	case s.OK():
		tellf(io.out, "audit: ok\n")
	default:
		tellf(io.out, "audit: %s\n", count(len(s.Findings), "finding"))
	}
}

// saidOf says what a result means.
func saidOf(r pipeline.Result) string {
	switch r {
	case pipeline.Same:
		return "came out the same"
	case pipeline.Different:
		return "came out otherwise than what was written"
	case pipeline.Missing:
		return "are nowhere that the receipt names"
	case pipeline.NotProven:
		return "lie where records lie that are not those of the receipts"
	}
	return "are deleted: nothing can be said of them"
}
