package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"lethe/cmd/internal/config"
	"lethe/rules"
	"lethe/rules/strict"
	"lethe/stream"
)

// nearestField is the hint about a field that no connection carries: the one
// that is near, or the fields of its stream, or the streams.
func nearestField(views []connectionView, field string) string {
	name, _, _ := strings.Cut(field, "/")
	var all, own, names []string
	for _, v := range views {
		for _, s := range v.Streams {
			names = append(names, s.Name)
			for _, d := range s.Fields {
				all = append(all, s.Name+"/"+d.Path)
				if s.Name == name {
					own = append(own, d.Path)
				}
			}
		}
	}
	slices.Sort(names)
	slices.Sort(own)
	names, own = slices.Compact(names), slices.Compact(own)
	if len(own) > 0 {
		_, path, _ := strings.Cut(field, "/")
		if near, ok := strict.Nearest(path, own); ok {
			return `did you mean "` + name + "/" + near + `"?`
		}
		return name + " has: " + strings.Join(own, ", ")
	}
	if near, ok := strict.Nearest(field, all); ok {
		return `did you mean "` + near + `"?`
	}
	return "write STREAM/PATH; streams are: " + strings.Join(names, ", ")
}

// draftOf is a connection with faults as far as it could be decided.
func draftOf(c config.Connection, env rules.Env) connectionView {
	v := connectionView{Name: c.Name}
	for _, d := range rules.Draft(env) {
		if n := len(v.Streams); n == 0 || v.Streams[n-1].Name != d.Stream {
			v.Streams = append(v.Streams, streamView{Name: d.Stream})
		}
		s := &v.Streams[len(v.Streams)-1]
		s.Fields = append(s.Fields, viewField(d))
	}
	return v
}

// showFaulty explains a field where there are faults, and tells those about it.
func showFaulty(io console, folder *config.Folder, views []connectionView, field string, err error) error {
	name, path, _ := strings.Cut(field, "/")
	contract := folder.Rel(folder.ContractFile(name)) + ":"
	var own []error
	others := 0
	for _, f := range stream.Faults(err) {
		inside := strings.HasPrefix(f.Path, contract) && strings.HasSuffix(f.Path, "("+path+")")
		if inside || slices.Contains(strings.FieldsFunc(f.Path+" "+f.Msg, func(r rune) bool { return strings.ContainsRune(" :;,", r) }), field) {
			own = append(own, f)
			continue
		}
		others++
	}
	decided := !slices.ContainsFunc(views, func(v connectionView) bool { return len(v.Streams) == 0 })
	found := slices.ContainsFunc(views, func(v connectionView) bool {
		return slices.ContainsFunc(v.Streams, func(s streamView) bool {
			return s.Name == name && slices.ContainsFunc(s.Fields, func(d fieldView) bool { return d.Path == path })
		})
	})
	if len(views) == 0 || !found && !decided {
		return err // the field may be of a connection that nobody could decide about
	}
	if *io.json && own != nil {
		return errors.Join(own...)
	}
	if why := showWhy(io, views, field); why != nil || *io.json {
		return errors.Join(append([]error{why}, own...)...)
	}
	if others > 0 {
		tellf(io.out, "elsewhere: %s, which lethe check %s tells\n", count(others, "fault"), folder.Dir)
	}
	return errors.Join(own...)
}

// showWhy tells why a field is treated as it is, in every connection that
// carries it.
func showWhy(io console, views []connectionView, field string) error {
	type why struct {
		Connection string `json:"connection"`
		fieldView
	}
	var found []why
	for _, v := range views {
		for _, s := range v.Streams {
			for _, d := range s.Fields {
				if s.Name+"/"+d.Path == field {
					found = append(found, why{v.Name, d})
				}
			}
		}
	}
	if found == nil {
		return &stream.Fault{Code: "check.no_field", Msg: fmt.Sprintf("no connection carries %q", field),
			Hint: nearestField(views, field)}
	}
	if *io.json {
		return showJSON(io, found)
	}
	for i, w := range found {
		if i > 0 {
			fmt.Fprintln(io.out)
		}
		tellf(io.out, "%s in %s: %s\n", field, w.Connection, w.Operator)
		for _, b := range w.Because {
			tellf(io.out, "  %s\n", b)
		}
	}
	return nil
}
