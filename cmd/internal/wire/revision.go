package wire

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"lethe/audit"
	"lethe/masking"
	"lethe/rules"
	"lethe/stream"
)

// revision is a compiled program as workers use it.
type revision struct {
	id     string
	routes map[string]stream.Route // by stream
	rows   map[string]*stream.Schema
}

// ID implements stream.Revision.
func (r *revision) ID() string { return r.id }

// Route implements stream.Revision.
func (r *revision) Route(name string) (stream.Route, bool) {
	route, ok := r.routes[name]
	return route, ok
}

func (w *Workspace) newRevision(p *rules.Program) (*revision, error) {
	r := &revision{id: p.Revision, routes: make(map[string]stream.Route), rows: make(map[string]*stream.Schema)}
	for _, s := range p.Streams {
		rewriter, err := masking.Compile(s.Plan, w.keys)
		if err != nil {
			return nil, fmt.Errorf("stream %s: %w", s.Name, err)
		}
		rows, topic := s.Rows, s.Topic
		r.routes[s.Name] = stream.Route{Topic: topic, Label: s.Label, Rows: &rows,
			NewProcessor: func() (stream.Processor, error) { return rewriter.Clone(), nil }}
		r.rows[topic] = &rows
	}
	return r, nil
}

// bundle is everything that a program was compiled from. It is kept, since
// records before a change are masked under the revision of their time.
type bundle struct {
	Env rules.Env `json:"env"`
}

func (w *Workspace) bundlePath(id string) string {
	return filepath.Join(w.folder.State, "revisions", id+".json")
}

// revisions finds revisions of a connection by id or its first characters.
func (w *Workspace) revisions() func(connection, id string) (*revision, error) {
	var mu sync.Mutex
	known := make(map[string]*revision)
	return func(connection, id string) (*revision, error) {
		mu.Lock()
		defer mu.Unlock()
		if r := known[connection+"/"+id]; r != nil {
			return r, nil
		}
		p := w.programs[connection]
		if len(id) > len(p.Revision) || p.Revision[:len(id)] != id {
			var err error
			if p, err = w.kept(id); err != nil {
				return nil, err
			}
		}
		r, err := w.newRevision(p)
		if err == nil {
			known[connection+"/"+id] = r
		}
		return r, err
	}
}

// kept compiles an older revision from its bundle.
func (w *Workspace) kept(id string) (*rules.Program, error) {
	found, err := filepath.Glob(w.bundlePath(id + "*"))
	if err != nil || len(found) != 1 {
		return nil, fmt.Errorf("%d kept revisions begin with %s in %s: restore that folder from a backup", len(found), id, filepath.Dir(w.bundlePath("")))
	}
	b, err := os.ReadFile(found[0])
	if err != nil {
		return nil, fmt.Errorf("revision: %w", err)
	}
	var kept bundle
	if err := json.Unmarshal(b, &kept); err != nil {
		return nil, fmt.Errorf("revision %s: %w", filepath.Base(found[0]), err)
	}
	p, err := rules.Compile(kept.Env)
	if err != nil {
		return nil, fmt.Errorf("revision %s: %w", filepath.Base(found[0]), err)
	}
	if name := filepath.Base(found[0]); p.Revision+".json" != name {
		return nil, fmt.Errorf("revision %s compiles to %s: its file or the rules of this build differ", name, p.Revision)
	}
	return p, nil
}

// declare writes what must stand in the log before anything is done: the
// worker's key, and each policy revision that is new.
func (w *Workspace) declare(ctx context.Context) error {
	var entries [][]byte
	own, err := audit.LogLedger(w.logKey, fmt.Sprintf("log-%x", w.base.Now().UnixNano()))
	if err != nil {
		return err
	}
	pub := w.worker.Public().(ed25519.PublicKey)
	enrol, err := audit.Enrol(own, audit.WorkerID(pub), pub, w.base.Now())
	if err != nil {
		return fmt.Errorf("enrol worker: %w", err)
	}
	entries = append(entries, enrol)
	ledger, err := w.ledger()
	if err != nil {
		return err
	}
	write := make(map[string][]byte)
	for _, c := range w.folder.Connections {
		p := w.programs[c.Name]
		path := w.bundlePath(p.Revision)
		if _, err := os.Stat(path); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("revision: %w", err)
		}
		env, err := w.folder.Env(c.Name)
		if err != nil {
			return err
		}
		b, err := json.Marshal(bundle{Env: env})
		if err != nil {
			return fmt.Errorf("revision: %w", err)
		}
		sum := sha256.Sum256(b)
		e, err := ledger.Entry(stream.EntryPolicy, map[string]any{"connection": c.Name, "revision": p.Revision, "packs": packNames(p),
			"bundle": hex.EncodeToString(sum[:]), "time": w.base.Now().UTC().Format("2006-01-02T15:04:05Z")})
		if err != nil {
			return fmt.Errorf("policy entry: %w", err)
		}
		entries = append(entries, e)
		write[path] = b
	}
	if err := w.base.Cluster.Append(ctx, w.base.Topics.Audit(), entries); err != nil {
		return err
	}
	for path, b := range write {
		if err := keep(path, b); err != nil {
			return err
		}
	}
	for _, c := range w.folder.Connections {
		if err := keep(w.inForcePath(c.Name), []byte(w.programs[c.Name].Revision)); err != nil {
			return err
		}
	}
	return nil
}

// keep writes a file whole or not at all, and durably: it is renamed once its
// bytes are on disk, and so is the name.
func keep(path string, b []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return errors.Join(d.Sync(), d.Close())
}

func packNames(p *rules.Program) []string {
	names := make([]string, len(p.Packs))
	for i, k := range p.Packs {
		names[i] = k.Name
	}
	return names
}
