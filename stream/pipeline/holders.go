package pipeline

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream/kafka"
)

// holders are those that raw records and their keys are kept for, as the brokers
// know them: a process that does not name a source or a connection must not
// destroy what another one has still to read (L2).
type holders struct {
	*Deletion
	raw         map[string]int32  // raw topics of the workspace, and their partitions
	connections map[string]bool   // that have, or had, a mask group
	periods     map[string]string // that each source says it writes under
	read        map[int32]int64   // how far positions are read
	held        map[string]int    // looks in a row at which a source held keys
}

func (d *Deletion) holders() *holders {
	h := &holders{Deletion: d, connections: make(map[string]bool), periods: make(map[string]string), read: make(map[int32]int64), held: make(map[string]int)}
	for _, names := range d.Connections {
		for _, name := range names {
			h.connections[name] = true
		}
	}
	return h
}

// listRaw finds the raw topics of the sources that are not given up.
func (h *holders) listRaw(ctx context.Context) error {
	all, err := h.Cluster.TopicNames(ctx)
	if err != nil {
		return err
	}
	h.raw = make(map[string]int32)
	for topic, n := range all {
		source, ok := h.Topics.RawSource(topic)
		if !ok || slices.Contains(h.GivenUp, source) {
			continue
		}
		if n == 0 {
			return fmt.Errorf("topic %s: the brokers do not tell its partitions", topic)
		}
		h.raw[topic] = n
	}
	return nil
}

// places are all raw partitions.
func (h *holders) places() iter.Seq[place] {
	return func(yield func(place) bool) {
		for topic, n := range h.raw {
			for p := range n {
				if !yield(place{topic, p}) {
					return
				}
			}
		}
	}
}

// committed gives the offset that each connection committed on each raw
// partition of the source that it reads; 0 where it has committed none.
func (h *holders) committed(ctx context.Context, cl *kgo.Client) (map[reader]int64, error) {
	offsets := make(map[string]map[place]standing)
	// The groups of a source all begin before it is read: where none is new after
	// the offsets were fetched, no offset lies behind a beginning that is not seen.
	for more := true; more; {
		for name := range h.connections {
			if _, asked := offsets[name]; asked {
				continue
			}
			at, err := h.standings(ctx, cl, h.Topics.MaskGroup(name))
			if err != nil {
				return nil, err
			}
			offsets[name] = at
		}
		var err error
		if more, err = h.listConnections(ctx, cl); err != nil {
			return nil, err
		}
	}
	out := make(map[reader]int64)
	for name, at := range offsets {
		h.addReader(out, name, at)
	}
	return out, nil
}

// listConnections finds the connections that have a mask group, and says whether
// there are more than before. One that was there is asked for its offsets ever
// after: a list may lack a group while it moves between brokers.
func (h *holders) listConnections(ctx context.Context, cl *kgo.Client) (more bool, err error) {
	prefix := h.Topics.MaskGroup("")
	groups, err := kafka.Groups(ctx, cl, prefix)
	for _, group := range groups {
		name := strings.TrimPrefix(group, prefix)
		if !h.connections[name] && !slices.Contains(h.GivenUp, name) {
			h.connections[name], more = true, true
		}
	}
	return more, err
}

// addReader adds what a connection holds: all raw topics of a source of which it
// reads one.
func (h *holders) addReader(to map[reader]int64, name string, at map[place]standing) {
	sources, reads := make(map[string]bool), make(map[string]bool)
	for p := range at {
		reads[p.topic] = true
	}
	for topic := range h.raw {
		if source, _ := h.Topics.RawSource(topic); reads[topic] || slices.Contains(h.Connections[topic], name) {
			sources[source] = true
		}
	}
	for p := range h.places() {
		if source, _ := h.Topics.RawSource(p.topic); sources[source] {
			to[reader{name, p}] = at[p].offset
		}
	}
}

// readPeriods reads what sources say that they write under since it was last
// asked.
func (h *holders) readPeriods(ctx context.Context) error {
	v, err := h.voucher()
	if err != nil {
		return err
	}
	for p := range h.Partitions {
		err := h.Cluster.ReadRange(ctx, h.Topics.Positions(), p, h.read[p], func(r *kgo.Record) error {
			h.read[p] = r.Offset + 1
			source := string(r.Key)
			if strings.Contains(source, "/") || slices.Contains(h.GivenUp, source) {
				return nil // a job
			}
			var at positionRecord
			if v.open(positionAt(source), r.Value, &at) {
				h.periods[source] = at.Period
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// writers are all sources that write, or may begin to.
func (h *holders) writers() []string {
	all := make(map[string]bool)
	for _, source := range h.Sources {
		all[source] = true
	}
	for source := range h.periods {
		all[source] = true
	}
	for topic := range h.raw {
		source, _ := h.Topics.RawSource(topic)
		all[source] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// writing is the lowest period that one of the sources writes under; "" if one of
// them has not said any.
func (h *holders) writing(sources []string) string {
	lowest := ""
	for i, source := range sources {
		if at := h.periods[source]; i == 0 || at < lowest {
			lowest = at
		}
	}
	return lowest
}

// tellHeld tells once of each source for which alone keys are kept, and which
// this process does not read: another may, or nobody any more. At the turn of an
// hour sources differ for a moment.
func (h *holders) tellHeld(keys []string) {
	here := h.writing(h.Sources)
	for _, source := range h.writers() {
		if slices.Contains(h.Sources, source) || len(keys) == 0 || keys[0] >= here || h.periods[source] >= here {
			delete(h.held, source)
			continue
		}
		if h.held[source]++; h.held[source] != 2 {
			continue
		}
		h.Log.Warn("raw keys are kept for a source that is not read here: records of it may wait for them",
			"source", source, "since", h.periods[source],
			"next", "run the machine that reads it, or name it and its connections again in lethe.yaml;\n"+
				"if nobody is to read it any more, write `given_up: ["+source+"]`: what of it is not masked then never can be")
	}
}
