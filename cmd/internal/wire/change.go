package wire

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"lethe/masking"
	"lethe/rules"
	"lethe/stream"
)

// inForcePath is the file that names the revision under which a connection last
// ran.
func (w *Workspace) inForcePath(connection string) string {
	return filepath.Join(w.folder.State, "revisions", connection+inForceSuffix)
}

const inForceSuffix = ".inforce"

// checkChanges refuses policies that cannot take effect in place. A changed key
// or label would split a stream's rows between two topics or two keys: that
// needs all rows again, under a new generation of the masked topic. A changed
// class would leave raw records behind in the topic of the old one, whichever
// connection of the source changed it.
func (w *Workspace) checkChanges() error {
	files, err := filepath.Glob(w.inForcePath("*"))
	if err != nil {
		return err
	}
	var errs []error
	classes := make(map[string]stream.Class) // of streams, as they were
	for _, file := range files {
		id, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		before, err := w.kept(string(id))
		if err != nil {
			return err
		}
		for _, s := range before.Streams {
			classes[s.Name] = w.higher(classes[s.Name], s.Class)
		}
		c, ok := w.folder.Connection(strings.TrimSuffix(filepath.Base(file), inForceSuffix))
		if !ok || string(id) == w.programs[c.Name].Revision {
			continue
		}
		now := w.programs[c.Name]
		w.log.Info("policy changed: rows that are in the sink keep their masks", "connection", c.Name, "from", short(string(id)), "to", short(now.Revision))
		for _, s := range now.Streams {
			if old, ok := before.Stream(s.Name); ok {
				errs = append(errs, changed(c.Policy, *old, s))
			}
		}
	}
	return errors.Join(errors.Join(errs...), w.checkClasses(classes))
}

// checkClasses holds the classes of streams against what they were.
func (w *Workspace) checkClasses(before map[string]stream.Class) error {
	var errs []error
	for _, src := range w.folder.Sources {
		for name, now := range w.classes(src.Name) {
			if was, ok := before[name]; ok && was != now {
				errs = append(errs, newGeneration(name, "its class from "+string(was)+" to "+string(now)))
			}
		}
	}
	return errors.Join(errs...)
}

// higher gives the higher of two classes, declared ones too; "" is below all.
func (w *Workspace) higher(a, b stream.Class) stream.Class {
	if slices.Index(w.order, a) > slices.Index(w.order, b) {
		return a
	}
	return b
}

func newGeneration(at, what string) error {
	return &stream.Fault{Code: "run.new_generation", Path: at,
		Msg:  "the policy changes " + what + ": rows before and after would not be one table",
		Hint: "name source and connection anew in lethe.yaml (such as crm-2): all rows are read again under the new policy"}
}

func short(revision string) string { return revision[:min(12, len(revision))] }

// changed says what of a stream cannot change in place; nil if nothing did.
func changed(policy string, old, now rules.Stream) error {
	at := filepath.Base(policy) + ": " + now.Name
	switch {
	case old.Label != now.Label:
		return newGeneration(at, "its label from "+string(old.Label)+" to "+string(now.Label))
	case !slices.Equal(old.Plan.Key, now.Plan.Key) || !reflect.DeepEqual(keyFields(old.Plan), keyFields(now.Plan)):
		return newGeneration(at, "how its key "+strings.Join(now.Plan.Key, ", ")+" is masked")
	}
	return nil
}

// keyFields are the decisions about the columns of the key.
func keyFields(p masking.Plan) []masking.Field {
	var out []masking.Field
	for _, f := range p.Fields {
		if slices.Contains(p.Key, f.Path) {
			out = append(out, f)
		}
	}
	return out
}
