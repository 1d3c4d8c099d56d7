package main

import (
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"
)

// report writes figures for people.
func report(out io.Writer, figures []figure) error {
	fmt.Fprintf(out, "one core of %s/%s, %s; CPU time, median\n\n", runtime.GOOS, runtime.GOARCH, runtime.Version())
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "workload\trecords/s\tns/record\tbest\tbytes\tMB/s\tallocations\tratio")
	for _, f := range figures {
		if f.Skipped != "" {
			continue
		}
		allocations := "?"
		if f.Allocations >= 0 {
			allocations = fmt.Sprintf("%.2f", f.Allocations)
		}
		fmt.Fprintf(w, "%s\t%.0f\t%d\t%d\t%d\t%.0f\t%s\t%.2f\n", f.Name, f.perSecond(), f.Record.Nanoseconds(), f.Best.Nanoseconds(), f.Bytes,
			f.perSecond()*float64(f.Bytes)/1e6, allocations, f.perSecond()/figures[0].perSecond())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, f := range figures {
		switch {
		case f.Skipped != "":
			fmt.Fprintf(out, "skipped %s: %s\n", f.Name, f.Skipped)
		case f.Note != "":
			fmt.Fprintf(out, "%s: %s\n", f.Name, f.Note)
		}
	}
	return nil
}
