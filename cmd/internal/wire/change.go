package wire

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"

	"lethe/cmd/internal/config"
	"lethe/masking"
	"lethe/rules"
	"lethe/stream"
)

// checkChanges refuses policies that cannot take effect in place. A changed key
// or label would split a stream's rows between two topics or two keys: that
// needs all rows again, under a new generation of the masked topic. A changed
// class would leave raw records behind in the topic of the old one, whichever
// connection of the source changed it.
func (w *Workspace) checkChanges(ctx context.Context) error {
	var errs []error
	classes := make(map[string]stream.Class) // of streams, as they were
	for _, src := range w.folder.Sources {
		inForce, err := w.base.Announced(ctx, src.Name)
		if err != nil {
			return err
		}
		w.seen[src.Name] = inForce
		for _, connection := range slices.Sorted(maps.Keys(inForce)) {
			before, err := w.store.find(ctx, inForce[connection])
			if err != nil {
				return err
			}
			for _, s := range before.Streams {
				classes[s.Name] = w.higher(classes[s.Name], s.Class)
			}
			if c, ok := w.folder.Connection(connection); ok {
				errs = append(errs, w.changedPolicy(c, before))
			}
		}
	}
	parking, err := w.checkQuarantines(ctx)
	if err != nil {
		return err
	}
	return errors.Join(errors.Join(errs...), w.checkClasses(classes), parking)
}

// checkQuarantines refuses that a quarantine gets another class. It would be
// another topic: the keys that are parked in the one before would be forgotten,
// and later records of theirs delivered (L1).
func (w *Workspace) checkQuarantines(ctx context.Context) (refused, err error) {
	topics, err := w.base.Cluster.TopicNames(ctx)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, c := range w.folder.Connections {
		was, ok := w.formerQuarantine(c, topics)
		if !ok {
			continue
		}
		begun, err := w.base.Begun(ctx, c.From)
		if err != nil {
			return nil, err
		}
		if begun {
			errs = append(errs, &stream.Fault{Code: "run.new_quarantine", Path: "connections." + c.Name,
				Msg:  "the highest class of its streams would now be " + string(w.highest(c)) + ", and its quarantine is " + was + ": keys parked there would be forgotten",
				Hint: Anew(c.From) + " under the new policy"})
		}
	}
	return errors.Join(errs...), nil
}

// formerQuarantine finds a quarantine topic of a connection that is not the one
// it would have now.
func (w *Workspace) formerQuarantine(c config.Connection, topics map[string]int32) (string, bool) {
	now := w.quarantine(c)
	for _, topic := range slices.Sorted(maps.Keys(topics)) {
		if connection, ok := w.base.Topics.QuarantineConnection(topic); ok && connection == c.Name && topic != now {
			return topic, true
		}
	}
	return "", false
}

// changedPolicy tells what of a connection's policy cannot change in place.
func (w *Workspace) changedPolicy(c config.Connection, before *rules.Revision) error {
	p := w.programs[c.Name]
	if p.Revision == before.ID {
		return nil
	}
	w.log.Info("policy changed: rows that are in the sink keep their masks", "connection", c.Name, "from", short(before.ID), "to", short(p.Revision))
	now, err := rules.Restore(p.Revision, p.Kept)
	if err != nil {
		return err
	}
	var errs []error
	for _, s := range now.Streams {
		if old, ok := before.Stream(s.Name); ok {
			errs = append(errs, changed(w.folder.Rel(c.Policy), *old, s))
		}
	}
	return errors.Join(errs...)
}

// checkClasses holds the classes of streams against what they were.
func (w *Workspace) checkClasses(before map[string]stream.Class) error {
	var errs []error
	for _, src := range w.folder.Sources {
		for name, now := range w.classes(src.Name) {
			if was, ok := before[name]; ok && was != now {
				errs = append(errs, newGeneration(name, name, "its class from "+string(was)+" to "+string(now)))
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

// Anew is the hint to read a source from its beginning, under another name; "" for
// one that is not known by name.
func Anew(source string) string {
	if source != "" {
		source = " (such as " + source + "-2)"
	}
	return "name source and connection anew in lethe.yaml" + source + ": all rows are read again"
}

func newGeneration(at, streamName, what string) error {
	source, _, _ := strings.Cut(streamName, ".")
	return &stream.Fault{Code: "run.new_generation", Path: at,
		Msg:  "the policy changes " + what + ": rows before and after would not be one table",
		Hint: Anew(source) + " under the new policy"}
}

func short(revision string) string { return revision[:min(12, len(revision))] }

// changed says what of a stream cannot change in place; nil if nothing did.
func changed(policy string, old, now rules.Stream) error {
	at := policy + ": " + now.Name
	switch {
	case old.Label != now.Label:
		return newGeneration(at, now.Name, "its label from "+string(old.Label)+" to "+string(now.Label))
	case !slices.Equal(old.Plan.Key, now.Plan.Key) || !reflect.DeepEqual(keyFields(old.Plan), keyFields(now.Plan)):
		return newGeneration(at, now.Name, "how its key "+strings.Join(now.Plan.Key, ", ")+" is masked")
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
