package main

import (
	"context"

	"lethe/cmd/internal/wire"
	"lethe/stream"
)

const proveUsage = `usage: lethe prove [--topic NAME] [--partition N] [--offset N] [--file FILE] [--row N] [--since FILE] [--coverage RANGE]... [--out FILE] [DIR] > FILE.tlog-proof

Writes a proof bundle of one masked record, or of one row of a file, to standard
output: a few KB that anyone checks with log.pub and nothing else. It shows that the
operator committed to the claim that this record was produced under a policy revision,
a key epoch and by a build, at its place of a batch; the record is in it, masked.

  --topic NAME     a masked topic
  --partition N    as _lethe_partition of a row has it
  --offset N       as _lethe_offset has it
  --file FILE      a Parquet file of a lake
  --row N          of that file, from 0
  --since FILE     a checkpoint that whoever checks remembers: the bundle shows that
                   the log extends it

With --coverage it writes a statement, signed by the log's key, of what became of what
was ingested in a range, as lethe verify --coverage tells it:

  --coverage RANGE   of times, or of a source's positions; .. is all
  --out FILE         .json (RFC 8785, signed) or .cbor (COSE_Sign1)

That somebody made it is in the log. lethe verify checks it.
`

func proveRecord(ctx context.Context, io console, args []string) error {
	f := newFlags(proveUsage)
	var in wire.Proving
	f.StringVar(&in.Topic, "topic", "", "")
	partition := f.Int("partition", -1, "")
	f.Int64Var(&in.Offset, "offset", -1, "")
	f.StringVar(&in.File, "file", "", "")
	f.Int64Var(&in.Row, "row", -1, "")
	since := f.String("since", "", "")
	out := f.String("out", "", "")
	var ranges []string
	f.Func("coverage", "", func(s string) error { ranges = append(ranges, s); return nil })
	dir, err := f.parse(io, args)
	if err != nil {
		return err
	}
	if len(ranges) > 0 {
		return proveCoverage(ctx, io, dir, *out, ranges)
	}
	record, row := in.Topic != "" && *partition >= 0 && in.Offset >= 0, in.File != "" && in.Row >= 0
	if record == row {
		return &stream.Fault{Code: "prove.flags", Msg: "it needs --topic, --partition and --offset of a record, or --file and --row, or --coverage and --out", Hint: "lethe prove --file lake/FILE.parquet --row 0 " + dir + " > row.tlog-proof"}
	}
	in.Partition = int32(*partition)
	if *since != "" {
		if in.Since, err = given(*since); err != nil {
			return err
		}
	}
	folder, by, log, err := acting(io, dir)
	if err != nil {
		return err
	}
	bundle, err := wire.Prove(ctx, folder, log, by, in)
	if err != nil {
		return err
	}
	if _, err := unfitted(io.out).Write(bundle); err != nil {
		return err
	}
	tellf(io.err, "next: lethe verify FILE.tlog-proof --key %s\n", folder.Rel(folder.PublicKeyFile()))
	return nil
}
