package main

import (
	"errors"
	"slices"
	"strings"

	"lethe/cmd/internal/config"
	"lethe/masking"
)

// streamInTurn is what a new epoch of the masking keys means for a stream.
type streamInTurn struct {
	Connection string `json:"connection"`
	Stream     string `json:"stream"`
	// Again says that the key of its rows is masked with a key of the epoch: all
	// rows are read again.
	Again bool `json:"again"`
	// Fields are those that become something else than before, the key's too.
	Fields []string `json:"fields"`
	// Opens are those of them whose values of before can still be opened.
	Opens []string `json:"opens,omitempty"`
}

// rotationOf says what a new epoch means for each stream of the folder that it
// means anything for.
func rotationOf(folder *config.Folder) ([]streamInTurn, error) {
	out := []streamInTurn{}
	var errs []error
	for _, c := range folder.Connections {
		p, err := folder.Compile(c.Name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, s := range p.Streams {
			in := streamInTurn{Connection: c.Name, Stream: s.Name}
			for _, f := range s.Plan.Fields {
				if !f.Keyed() {
					continue
				}
				in.Fields = append(in.Fields, f.Path)
				in.Again = in.Again || slices.ContainsFunc(s.Plan.Key, func(k string) bool { return masking.EscapeName(k) == f.Path })
				if spec, _ := masking.Lookup(f.Operator); spec.Traits(f.Params).Reversible {
					in.Opens = append(in.Opens, f.Path)
				}
			}
			if len(in.Fields) > 0 {
				out = append(out, in)
			}
		}
	}
	return out, errors.Join(errs...)
}

// showRotation says what a new epoch means to a person.
func showRotation(io console, meant []streamInTurn, epoch string) {
	var again, apart, opens []streamInTurn
	for _, s := range meant {
		if s.Again {
			again = append(again, s)
		} else {
			apart = append(apart, s)
		}
		if len(s.Opens) > 0 {
			opens = append(opens, s)
		}
	}
	tellf(io.out, "A new epoch of the masking keys follows epoch %s.\n", epoch)
	if len(meant) == 0 {
		tellf(io.out, "No field of this folder is masked with a key: it changes nothing now.\n")
	}
	showTurned(io, again, func(s streamInTurn) []string { return s.Fields },
		"The key of these is masked with it. A new generation of each begins: all rows are read again from the source, and each table is empty in the lake until they are there:")
	showTurned(io, apart, func(s streamInTurn) []string { return s.Fields },
		"Rows of these that are in the lake stay as they are. Their fields do not join with rows that come after the switch, neither of the same table nor of another:")
	showTurned(io, opens, func(s streamInTurn) []string { return s.Opens },
		"Values of these that were masked before can be opened for as long as the keyring has epoch "+epoch+":")
	tellf(io.out, "\nWho runs this workspace now goes on in epoch %s until run is started again.\n", epoch)
}

func showTurned(io console, list []streamInTurn, fields func(streamInTurn) []string, what string) {
	if len(list) == 0 {
		return
	}
	tellf(io.out, "\n")
	io.out.Write([]byte(what + "\n"))
	for _, s := range list {
		tellf(io.out, "  %s: %s (%s)\n", s.Connection, s.Stream, strings.Join(fields(s), ", "))
	}
}
