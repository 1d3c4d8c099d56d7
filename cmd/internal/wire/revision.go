package wire

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"lethe/masking"
	"lethe/rules"
	"lethe/stream"
)

// revision is a kept revision with its keys, as workers use it.
type revision struct {
	id     string
	keys   string                  // epoch
	routes map[string]stream.Route // by stream
	rows   map[string]*stream.Schema
}

// ID implements stream.Revision.
func (r *revision) ID() string { return r.id }

// Keys implements stream.Revision.
func (r *revision) Keys() string { return r.keys }

// Route implements stream.Revision.
func (r *revision) Route(name string) (stream.Route, bool) {
	route, ok := r.routes[name]
	return route, ok
}

func (w *Workspace) newRevision(k *rules.Revision) (*revision, error) {
	if err := k.Masks(); err != nil {
		return nil, err
	}
	// L6: in its own epoch, whichever is in force by now.
	keys, err := w.keys.In(k.Epoch)
	if err != nil {
		return nil, err
	}
	in := w.ring
	in.Keyring = keys
	r := &revision{id: k.ID, keys: k.Epoch, routes: make(map[string]stream.Route), rows: make(map[string]*stream.Schema)}
	for _, s := range k.Streams {
		compile := masking.Compile
		if w.indexed {
			compile = masking.CompileIndexed
		}
		rewriter, err := compile(s.Plan, in)
		if err != nil {
			return nil, fmt.Errorf("stream %s: %w", s.Name, err)
		}
		rows, topic := s.Rows, s.Topic
		r.routes[s.Name] = stream.Route{Topic: topic,
			NewProcessor: func() (stream.Processor, error) { return rewriter.Clone(), nil }}
		r.rows[topic] = &rows
	}
	return r, nil
}

// lookup is how long a revision is looked for.
const lookup = time.Minute

// revisions finds revisions by id or its first characters. The one in force is
// made of the same bytes as one that is found later, in whichever build (L6).
func (w *Workspace) revisions() func(id string) (*revision, error) {
	var mu sync.Mutex
	known := make(map[string]*revision)
	return func(id string) (*revision, error) {
		mu.Lock()
		defer mu.Unlock()
		for full, r := range known {
			if isNamed(full, id) {
				return r, nil
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), lookup)
		defer cancel()
		k, err := w.store.find(ctx, id)
		if err != nil {
			return nil, err
		}
		r, err := w.newRevision(k)
		if err == nil {
			known[r.id] = r
		}
		return r, err
	}
}

// declare writes what must stand in the log before anything is masked: each policy
// revision that is new.
func (w *Workspace) declare(ctx context.Context) error {
	var fresh []string // connections
	for _, c := range w.folder.Connections {
		p := w.programs[c.Name]
		has, err := w.store.has(ctx, p.Revision)
		if err != nil {
			return err
		}
		if !has {
			fresh = append(fresh, c.Name)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	_, err := w.write(ctx, nil, func(l stream.Ledger) (entries [][]byte, err error) {
		for _, name := range fresh {
			p := w.programs[name]
			e, err := l.Entry(stream.EntryPolicy, stream.PolicyEvent{Connection: name, Revision: p.Revision, Keys: w.keys.Epoch(), Packs: packNames(p), Shown: shown(p),
				Time: w.base.Now().UTC().Format(time.RFC3339)})
			if err != nil {
				return nil, fmt.Errorf("policy entry: %w", err)
			}
			entries = append(entries, e)
		}
		return entries, nil
	})
	if err != nil {
		return err
	}
	// After the entries, since what is kept is not told again; before any stage
	// runs, since a control record may only name what every worker can find.
	for _, name := range fresh {
		p := w.programs[name]
		if err := w.store.add(ctx, p.Revision, p.Kept); err != nil {
			return err
		}
	}
	return nil
}

// shown counts the fields of a policy by what it shows of them, and commits to which.
func shown(p *rules.Program) *stream.Shown {
	out := new(stream.Shown)
	var fields []stream.ShownField
	for _, s := range p.Streams {
		for _, f := range s.Plan.Fields {
			t := rules.TreatmentOf(f)
			out.Add(t)
			fields = append(fields, stream.ShownField{Stream: s.Name, Path: f.Path, Treatment: t})
		}
	}
	slices.SortFunc(fields, func(a, b stream.ShownField) int {
		return cmp.Or(strings.Compare(a.Stream, b.Stream), strings.Compare(a.Path, b.Path))
	})
	out.Sum(fields)
	return out
}

func packNames(p *rules.Program) []string {
	names := make([]string, len(p.Packs))
	for i, k := range p.Packs {
		names[i] = k.Name
	}
	return names
}
