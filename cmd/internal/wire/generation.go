package wire

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	"lethe/cmd/internal/config"
	"lethe/masking"
	"lethe/rules"
)

// place compiles the policy of a connection for where it is to work: in the epoch
// of the keys that is in force, and into masked topics of their generation. before
// is the revision in force, nil without one.
//
// Rows under two keys, or of two labels, would not be one table. So where the way a
// stream's key is masked changes, or its label, a new generation of its masked topic
// begins, and all its rows are read again. What the generation is follows from the
// revision in force alone, so that it is the same on every machine.
func (w *Workspace) place(c config.Connection, before *rules.Revision) error {
	env, err := w.folder.Env(c.Name)
	if err != nil {
		return err
	}
	env.Epoch = w.keys.Epoch()
	if before != nil {
		// Where the keyring is older than the epoch in force, it would be taken back.
		if _, err := w.keys.In(before.Epoch); err != nil {
			return err
		}
		if env.Generations, err = w.generations(c, before, env.Epoch); err != nil {
			return err
		}
	}
	p, err := rules.Compile(env)
	if err != nil {
		return err
	}
	w.programs[c.Name] = p
	if before != nil && p.Revision != before.ID {
		w.log.Info("policy or keys changed: rows that are in the sink keep their masks", "connection", c.Name, "from", short(before.ID), "to", short(p.Revision), "keys", env.Epoch)
	}
	return nil
}

// generations are those of a connection's masked topics, by stream.
func (w *Workspace) generations(c config.Connection, before *rules.Revision, epoch string) (map[string]int, error) {
	// As it will be kept, so that like is compared with like.
	p := w.programs[c.Name]
	now, err := rules.Restore(p.Revision, p.Kept)
	if err != nil {
		return nil, err
	}
	out := make(map[string]int)
	for _, s := range now.Streams {
		old, ok := before.Stream(s.Name)
		if !ok {
			continue
		}
		_, generation, _ := w.base.Topics.Generation(old.Topic)
		if why := remade(*old, s, before.Epoch != epoch); why != "" {
			generation++
			w.log.Warn("a new generation of a stream begins: all its rows are read again", "connection", c.Name, "stream", s.Name,
				"generation", generation, "because", why)
		}
		out[s.Name] = generation
	}
	return out, nil
}

// remade says why rows of a stream from before and after are not of one table;
// rotated says that the epoch of the keys changes. It is empty if they are.
func remade(old, now rules.Stream, rotated bool) string {
	was, is := keyFields(old.Plan), keyFields(now.Plan)
	switch key := strings.Join(now.Plan.Key, ", "); {
	case old.Label != now.Label:
		return "its label changes from " + string(old.Label) + " to " + string(now.Label)
	case !slices.Equal(old.Plan.Key, now.Plan.Key) || !reflect.DeepEqual(was, is):
		return "its key " + key + " is masked otherwise"
	case rotated && slices.ContainsFunc(is, masking.Field.Keyed):
		return "its key " + key + " is masked under a new epoch of the keys"
	}
	return ""
}

// keyFields are the decisions about the columns of the key.
func keyFields(p masking.Plan) []masking.Field {
	var out []masking.Field
	for _, f := range p.Fields {
		if slices.ContainsFunc(p.Key, func(k string) bool { return masking.EscapeName(k) == f.Path }) {
			out = append(out, f)
		}
	}
	return out
}

// again names the streams whose rows are needed once more where a connection's
// revision follows another: those that go to another masked topic.
func (w *Workspace) again(from, to string) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lookup)
	defer cancel()
	before, err := w.store.find(ctx, from)
	if err != nil {
		return nil, err
	}
	now, err := w.store.find(ctx, to)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range now.Streams {
		if old, ok := before.Stream(s.Name); ok && old.Topic != s.Topic {
			names = append(names, s.Name)
		}
	}
	return names, nil
}

// findMasked lists the masked topics of each connection: those of its streams, and
// their earlier generations that the brokers hold, which the sinks finish.
func (w *Workspace) findMasked(ctx context.Context) error {
	held, err := w.base.Cluster.TopicNames(ctx)
	if err != nil {
		return err
	}
	w.masked = make(map[string][]string)
	for _, c := range w.folder.Connections {
		topics := make(map[string]bool)
		for _, s := range w.programs[c.Name].Streams {
			topics[s.Topic] = true
			name, _, _ := w.base.Topics.Generation(s.Topic)
			for topic := range held {
				if of, _, ok := w.base.Topics.Generation(topic); ok && of == name {
					topics[topic] = true
				}
			}
		}
		w.masked[c.Name] = slices.Sorted(maps.Keys(topics))
	}
	return nil
}
