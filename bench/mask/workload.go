package main

import (
	"slices"
	"strings"

	"lethe/masking"
	"lethe/rules/schema"
	"lethe/stream"
)

// workloads are the sides of ours that were asked for.
func workloads(o options) ([]side, error) {
	var sides []side
	rows, err := schema.ParseRows(rowSchema)
	if err != nil {
		return nil, err
	}
	for _, w := range []struct {
		name     string
		shapes   []shape
		shuffled bool
		schema   *masking.RowSchema
	}{
		{"customers", []shape{customers(false)}, false, nil},
		{"schema", []shape{customers(false)}, false, rows},
		{"library", []shape{customers(false)}, false, nil},
		{"names", []shape{customers(true)}, false, nil},
		{"mixed", mixed(), true, nil},
	} {
		if o.only != "" && !slices.Contains(strings.Split(o.only, ","), w.name) {
			continue
		}
		var plans []masking.Plan
		for _, s := range w.shapes {
			p := s.plan()
			p.Schema = w.schema
			plans = append(plans, p)
		}
		x, err := newOurs(w.name, events(1, o.records, w.shapes, w.shuffled), plans)
		if err != nil {
			return nil, err
		}
		pass := x.pass
		if w.name == "library" {
			l, err := newByLibrary(x)
			if err != nil {
				return nil, err
			}
			pass = l.pass
		}
		sides = append(sides, side{w.name, len(x.records), x.bytes, pass})
	}
	if len(sides) == 0 {
		return nil, &stream.Fault{Code: "bench.workload", Path: "--only", Msg: "there is no such workload", Hint: "choose of customers,schema,library,names,mixed"}
	}
	return sides, nil
}
