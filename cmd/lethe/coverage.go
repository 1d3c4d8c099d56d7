package main

import (
	"cmp"
	"fmt"

	"lethe/audit/verify"
	"lethe/stream"
)

// windowOf reads the ranges that a person gave; nil without any.
func windowOf(ranges []string) (*verify.Window, error) {
	if len(ranges) == 0 {
		return nil, nil
	}
	w, err := verify.ParseWindow(ranges...)
	if err != nil {
		return nil, &stream.Fault{Code: "verify.range", Msg: err.Error(), Hint: "--coverage 2026-11-01..2026-11-30, --coverage SOURCE:FROM..TO, or --coverage .. for all"}
	}
	return &w, nil
}

// boundaryFault says that a position is not where a part begins or ends.
func boundaryFault(b *verify.BoundaryError) error {
	return &stream.Fault{Code: "verify.boundary", Msg: b.Error() + ": positions are opaque, so a range begins where a part of the source's ingest begins, and ends where one ends",
		Hint: "lethe verify --coverage .. --json tells first and last, and of a range of times those at its ends"}
}

// showCoverage tells what became of the records of a range.
func showCoverage(io console, c *verify.Coverage) {
	said := "of all that the log tells"
	switch {
	case c.From != "" && c.To != "":
		said = "of what was ingested from " + c.From + " until before " + c.To
	case c.From != "":
		said = "of what was ingested from " + c.From + " on"
	case c.To != "":
		said = "of what was ingested before " + c.To
	}
	for _, p := range c.Positions {
		said += fmt.Sprintf(", %s from %s to %s", p.Source, cmp.Or(p.From, "its beginning"), cmp.Or(p.To, "its end"))
	}
	if len(c.Sources) == 0 {
		said += ": nothing was"
	}
	tellf(io.out, "coverage    %s\n\n", said)
	counted(io, "source\tfrom\tto\tfirst\tlast\tparts\tingested\tquarantined", len(c.Sources), func(i int) string {
		s := c.Sources[i]
		return plainf("%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d", s.Source, cmp.Or(s.From, "its beginning"), s.To, s.First, s.Last, s.Parts, s.Ingested, s.Quarantined)
	})
	var read []verify.ConnectionCoverage
	for _, x := range c.Connections {
		if !x.Empty() {
			read = append(read, x)
		}
	}
	counted(io, "connection\tclass\tin\t= delivered\t+ quarantined\t+ filtered\t+ shredded\t+ border\t+ before\t+ pending\t+ missing", len(read), func(i int) string {
		x := read[i]
		return plainf("%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d", x.Connection, classOf(x.Raw), x.Ingested, x.Delivered, x.Quarantined, x.Filtered, x.Shredded, x.Border, x.Before, x.Pending, x.Missing)
	})
	counted(io, "connection\tstream\tin\t= delivered\t+ quarantined\t+ filtered\t+ shredded\t+ open", len(c.Streams), func(i int) string {
		x := c.Streams[i]
		return plainf("%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d", x.Connection, cmp.Or(x.Stream, "(no key opens it)"), x.Ingested, x.Delivered, x.Quarantined, x.Filtered, x.Shredded, x.Open)
	})
	counted(io, "masked topic\tdelivered\t= in files\t+ border\t+ pending\t+ missing", len(c.Topics), func(i int) string {
		x := c.Topics[i]
		return plainf("%s\t%d\t%d\t%d\t%d\t%d", x.Topic, x.Delivered, x.InFiles, x.Border, x.Pending, x.Missing)
	})
	for _, s := range c.Silent {
		tellf(io.out, "silent: %s is open, and nothing of it came since %s, while others of %s went on until %s\n", s.Stream, s.Since, s.Source, s.Until)
	}
	for _, b := range c.Breaks {
		tellf(io.out, "%s: %s\n", b.Kind, b.Msg+where(b))
	}
	tellf(io.out, "coverage: %s, %s, %s\n\n", count(c.Count(verify.Gap), "gap"), count(c.Count(verify.Overlap), "overlap"), count(c.Count(verify.Orphan), "orphan"))
}
