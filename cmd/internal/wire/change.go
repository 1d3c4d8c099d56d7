package wire

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"lethe/cmd/internal/config"
	"lethe/rules"
	"lethe/stream"
)

// checkChanges places the policies where they are to work, and refuses those that
// cannot take effect in place. A changed class would leave raw records behind in the
// topic of the old one, whichever connection of the source changed it.
func (w *Workspace) checkChanges(ctx context.Context) error {
	var errs []error
	classes := make(map[string]stream.Class)   // of streams, as they were
	before := make(map[string]*rules.Revision) // in force, by connection
	for _, src := range w.folder.Sources {
		inForce, err := w.base.Announced(ctx, src.Name)
		if err != nil {
			return err
		}
		w.seen[src.Name] = inForce
		for _, connection := range slices.Sorted(maps.Keys(inForce)) {
			r, err := w.store.find(ctx, inForce[connection])
			if err != nil {
				return err
			}
			for _, s := range r.Streams {
				classes[s.Name] = w.higher(classes[s.Name], s.Class)
			}
			if c, ok := w.folder.Connection(connection); ok && c.From == src.Name {
				before[connection] = r
			}
		}
	}
	for _, c := range w.folder.Connections {
		errs = append(errs, w.place(c, before[c.Name]))
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

// checkClasses holds the classes of streams against what they were.
func (w *Workspace) checkClasses(before map[string]stream.Class) error {
	var errs []error
	for _, src := range w.folder.Sources {
		for name, now := range w.classes(src.Name) {
			if was, ok := before[name]; ok && was != now {
				source, _, _ := strings.Cut(name, ".")
				errs = append(errs, &stream.Fault{Code: "run.new_class", Path: name,
					Msg:  "the policy changes its class from " + string(was) + " to " + string(now) + ": its records of before are in the raw topic of the old one",
					Hint: Anew(source) + " under the new policy"})
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

func short(revision string) string { return revision[:min(12, len(revision))] }
