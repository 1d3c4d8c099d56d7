package wire

import (
	"context"

	"lethe/cmd/internal/config"
	"lethe/stream"
	"lethe/stream/kafka"
)

// undecided is the class of streams that nobody decided on, such as a table that
// was renamed while it was read.
const undecided = stream.Special

// rawTopics are a source's raw topics: one for each class of its streams, and
// that of undecided ones. There are none where no connection reads the source.
func (w *Workspace) rawTopics(source string) []string {
	classes := w.classes(source)
	if len(classes) == 0 {
		return nil
	}
	used := map[stream.Class]bool{undecided: true}
	for _, c := range classes {
		used[c] = true
	}
	var out []string
	for _, class := range w.order {
		if used[class] {
			out = append(out, w.base.Topics.Raw(class, source))
		}
	}
	return out
}

// classes gives the class of each stream of a source: the highest that a
// connection's contracts and elements give it.
func (w *Workspace) classes(source string) map[string]stream.Class {
	out := make(map[string]stream.Class)
	for _, c := range w.folder.Connections {
		if c.From != source {
			continue
		}
		for _, s := range w.programs[c.Name].Streams {
			out[s.Name] = w.higher(out[s.Name], s.Class)
		}
	}
	return out
}

// highest is the highest class among a connection's streams and of undecided
// ones: that of its quarantine.
func (w *Workspace) highest(c config.Connection) stream.Class {
	top := undecided
	for _, s := range w.programs[c.Name].Streams {
		top = w.higher(top, s.Class)
	}
	return top
}

func (w *Workspace) quarantine(c config.Connection) string {
	return w.base.Topics.Quarantine(w.highest(c).Label(), c.Name)
}

// ownTopics are those that Lethe keeps for itself. Shreds and revocations are not
// compacted: what whoever has no key writes would take the place of a record that
// counts (L4, L5).
func ownTopics(t stream.Topics, n int32) []kafka.Topic {
	return []kafka.Topic{
		{Name: t.Positions(), Partitions: n, Compact: true}, {Name: t.Revisions(), Partitions: 1, Compact: true}, {Name: t.Openings(), Partitions: 1, Compact: true},
		{Name: t.Audit(), Partitions: 1}, {Name: t.Details(), Partitions: 1}, {Name: t.Subjects(), Partitions: 1}, {Name: t.Leaves(), Partitions: n}, {Name: t.Shreds(), Partitions: 1},
		{Name: t.Revocations(), Partitions: 1},
	}
}

// prepareOwn creates the topics that Lethe keeps for itself.
func (w *Workspace) prepareOwn(ctx context.Context) error {
	t := w.base.Topics
	err := w.base.Cluster.EnsureTopics(ctx, ownTopics(t, w.base.Partitions))
	if err != nil {
		return err
	}
	if w.store, err = newRevisionStore(w.base.Cluster, t.Revisions(), w.keys); err != nil {
		return err
	}
	w.fence = &fence{cluster: w.base.Cluster, topic: t.Revocations(), byLog: w.byLog, revoked: make(map[string]bool)}
	w.shreds, err = newShredLog(w.base.Cluster, t.Shreds(), w.keys)
	return err
}

// prepareTopics creates the topics of records and begins the groups, before any
// client of a stage joins.
func (w *Workspace) prepareTopics(ctx context.Context) error {
	if err := w.findMasked(ctx); err != nil {
		return err
	}
	n := w.base.Partitions
	var topics []kafka.Topic
	for _, s := range w.folder.Sources {
		for _, raw := range w.rawTopics(s.Name) {
			topics = append(topics, kafka.Topic{Name: raw, Partitions: n})
		}
	}
	for _, c := range w.folder.Connections {
		topics = append(topics, kafka.Topic{Name: w.quarantine(c), Partitions: n})
		for _, m := range w.masked[c.Name] {
			topics = append(topics, kafka.Topic{Name: m, Partitions: n})
		}
	}
	groups := w.groups()
	for _, g := range groups {
		// Before a topic that was lost is made again, empty.
		if err := w.checkGroup(ctx, g); err != nil {
			return err
		}
	}
	if err := w.base.Cluster.EnsureTopics(ctx, topics); err != nil {
		return err
	}
	for _, g := range groups {
		if err := w.beginGroup(ctx, g); err != nil {
			return err
		}
	}
	return nil
}
