package broker

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// groupEntry is what recovery reads of an entry of kfake's groups.log.
type groupEntry struct {
	Type     string  `json:"type"` // commit, delete, meta, meta848, static
	Group    string  `json:"g"`
	Topic    string  `json:"t,omitempty"`
	Part     int32   `json:"p,omitempty"`
	Offset   int64   `json:"o,omitempty"`
	Epoch    int32   `json:"e,omitempty"`
	Metadata *string `json:"m,omitempty"`
	Instance string  `json:"instance,omitempty"`
}

// groups is groups.log folded: the last entry of each kind and key, as bytes.
type groups struct{ last map[groupKey][]byte }

type groupKey struct {
	kind, group, name string // name: the topic of a commit, the instance of a member
	part              int32
}

func foldGroups(raw []byte) (*groups, error) {
	gs := &groups{last: make(map[groupKey][]byte)}
	err := eachFrame(raw, func(data []byte) error {
		var e groupEntry
		if err := json.Unmarshal(data, &e); err != nil {
			return errDamaged
		}
		switch e.Type {
		case "commit":
			gs.last[groupKey{"commit", e.Group, e.Topic, e.Part}] = data
		case "delete":
			delete(gs.last, groupKey{"commit", e.Group, e.Topic, e.Part})
		case "meta", "meta848":
			gs.last[groupKey{kind: "meta", group: e.Group}] = data
		case "static":
			gs.last[groupKey{"static", e.Group, e.Instance, 0}] = data
		default:
			return errDamaged
		}
		return nil
	})
	return gs, err
}

// commit takes the offsets of a transaction whose end recovery finishes.
func (gs *groups) commit(offsets []groupOffset) error {
	for _, o := range offsets {
		data, err := json.Marshal(groupEntry{
			Type: "commit", Group: o.Group, Topic: o.Topic, Part: o.Part,
			Offset: o.Offset, Epoch: o.Epoch, Metadata: o.Metadata,
		})
		if err != nil {
			return fmt.Errorf("encode offset: %w", err)
		}
		gs.last[groupKey{"commit", o.Group, o.Topic, o.Part}] = data
	}
	return nil
}

// drop forgets what was committed for a topic.
func (gs *groups) drop(topic string) {
	maps.DeleteFunc(gs.last, func(k groupKey, _ []byte) bool { return k.kind == "commit" && k.name == topic })
}

// bytes returns groups.log with one entry per key.
func (gs *groups) bytes() []byte {
	keys := slices.SortedFunc(maps.Keys(gs.last), func(a, b groupKey) int {
		return cmp.Or(cmp.Compare(b.kind, a.kind), cmp.Compare(a.group, b.group),
			cmp.Compare(a.name, b.name), cmp.Compare(a.part, b.part))
	})
	var out []byte
	for _, k := range keys {
		out = appendFrame(out, gs.last[k])
	}
	return out
}
