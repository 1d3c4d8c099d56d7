package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"lethe/cmd/internal/config"
	"lethe/masking"
	"lethe/masking/keyring/file"
	"lethe/masking/subject"
	"lethe/rules"
	"lethe/rules/strict"
	"lethe/stream"
)

// Erasure is how far an erasure is.
type Erasure struct {
	Subjects int            `json:"subjects"` // whose keys are destroyed
	Stages   subject.Stages `json:"-"`
	// FencedAt is when no worker has a key of theirs any more.
	FencedAt time.Time `json:"fenced_at"`
}

// Persons are subjects of a stream, as its rows name them.
type Persons struct {
	Stream string
	Column string // that leads to them
	Count  int    // of identifiers
	// Others are columns that led to the stream's persons under an earlier policy:
	// what was encrypted then is under their identifiers.
	Others []string
	ids    [][]byte
	// Who is meant under each policy that rows were masked by: an id has another digest
	// where its column was about another element.
	digests []subject.Digest
	known   map[subject.Digest]bool
}

// read adds who is meant under a plan; it returns the ids that can be in none of its
// rows, and why.
func (p *Persons) read(plan masking.Plan, keys masking.Keyring) (strangers map[int]string, err error) {
	who, err := masking.NewIdentifier(plan, p.Column, keys)
	if err != nil {
		return nil, err
	}
	strangers = make(map[int]string)
	for i, id := range p.ids {
		d, why := who.Digest(id)
		if why != "" {
			strangers[i] = why
		} else if !p.known[d] {
			p.known[d] = true
			p.digests = append(p.digests, d)
		}
	}
	return strangers, nil
}

// before adds who is meant under the revisions that a connection had before: what
// was encrypted then is theirs, too (L5). One that the log tells of and that is not
// kept is a fault: values would stay that nobody knows of.
func (w *Workspace) before(ctx context.Context, p *Persons, told *recollection) error {
	if p.Stream == "" {
		return nil
	}
	all, err := w.store.all(ctx)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(told.Revisions)) {
		has, err := w.store.has(ctx, id)
		if err != nil {
			return err
		}
		if !has {
			return &stream.Fault{Code: "erase.revision_lost", Path: w.store.topic + "/" + short(id), Exit: stream.ExitEnvironment,
				Msg:  "the log tells that rows were masked under this policy revision, and no plan of it is kept: whom they are about is not known, so nobody was erased",
				Hint: "restore the topic (with the embedded broker: state/) from the backup that belongs to the log"}
		}
	}
	for _, r := range all {
		s, ok := r.Stream(p.Stream)
		if !ok {
			continue
		}
		columns := s.Plan.Subject.Columns()
		if !slices.Contains(columns, p.Column) {
			p.Others = append(p.Others, columns...)
			continue
		}
		if _, err := p.read(s.Plan, w.keys); err != nil {
			return err
		}
	}
	return nil
}

// Erase destroys the keys of subjects. With nil it completes erasures that a cover
// does not know.
//
//	intent → shreds → puncture, the old root key is destroyed → shred, outcome
//
// A crash leaves the intent without outcome; from the shreds on nobody gets keys
// until the puncture is made, which the next Erase does (L5). Once the intent is
// written the end of ctx does not stop it.
func Erase(ctx context.Context, f *config.Folder, log *slog.Logger, a Action, p *Persons) (*Erasure, error) {
	if p == nil {
		p = &Persons{}
	}
	w, err := openForAction(ctx, f, log)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	if _, err := (cover{folder: f}).there(); err != nil {
		return nil, err
	}
	told, err := w.knowErasures(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.before(ctx, p, told); err != nil {
		return nil, err
	}
	// One erasure at a time gives out numbers.
	_, roots, err := file.SubjectDirs(f.Cover, f.Roots())
	if err != nil {
		return nil, err
	}
	unlock, err := roots.Lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	a.Kind, a.Object, a.Subjects, a.Count = stream.ActionErase, p.Stream, p.digests, len(p.digests)
	var e *Erasure
	err = w.acting(ctx, func(ctx context.Context) error {
		b, err := w.begin(ctx, a)
		if err != nil {
			return err
		}
		ctx = context.WithoutCancel(ctx)
		if e, err = w.erase(ctx, b, p.digests); err != nil {
			return fmt.Errorf("erase: %w", err)
		}
		return b.end(ctx, stream.OutcomeDone, e.Subjects)
	})
	return e, err
}

// erase does what Erase says of digests, and of those before them that the cover
// does not know.
func (w *Workspace) erase(ctx context.Context, b *begun, digests []subject.Digest) (*Erasure, error) {
	c := cover{folder: w.folder, keys: w.keys, shreds: w.lastShred, log: w.log}
	store, err := c.store(ctx)
	if err == nil {
		err = c.begin(ctx, store)
	}
	if err != nil {
		return nil, c.fault(err)
	}
	last, err := w.lastShred(ctx)
	if err != nil {
		return nil, err
	}
	known, err := store.Last()
	if err != nil {
		return nil, c.fault(err)
	}
	if last < known {
		return nil, w.shreds.lost(known, last)
	}
	if err := w.shreds.add(ctx, last+1, digests); err != nil {
		return nil, err
	}
	e := &Erasure{}
	if err := e.Stages.Reach(subject.Restricted, w.base.Now()); err != nil {
		return nil, err
	}
	if last, err = w.lastShred(ctx); err != nil {
		return nil, err
	}
	open := w.shreds.after(known)
	if e.Subjects = len(open); e.Subjects > 0 {
		if err := store.Puncture(ctx, last, open); err != nil {
			return nil, c.fault(err)
		}
	}
	now := w.base.Now()
	for _, s := range []subject.Stage{subject.Punctured, subject.KeyDestroyed} {
		if err := e.Stages.Reach(s, now); err != nil {
			return nil, err
		}
	}
	if e.FencedAt, err = e.Stages.Fence(now); err != nil {
		return nil, err
	}
	if w.broker != nil {
		e.FencedAt = now // whoever holds the folder is its only worker
		err = e.Stages.Reach(subject.WorkersFenced, now)
	}
	if err != nil || e.Subjects == 0 {
		return e, err
	}
	return e, b.tell(ctx, stream.EntryShred, func(worker string) any {
		return stream.Shred{Of: b.id, First: stream.Int64(known + 1), Last: stream.Int64(last), Worker: worker, Time: now.UTC().Format(time.RFC3339Nano)}
	})
}

// mostLines is how many lines that name nobody are told.
const mostLines = 20

// Identify reads identifiers of subjects of a stream, one a line, as a column has them;
// "" is the one that leads to a subject, where there is one. Where policies say of
// different elements what the column is about, each line is several subjects. A line
// that can be in no row is a fault, and so are all.
func Identify(f *config.Folder, streamName, column string, ids [][]byte) (*Persons, error) {
	keys, err := file.Open(f.Keys)
	if err != nil {
		return nil, err
	}
	all, err := carriers(f, "", streamName)
	if err != nil {
		return nil, err
	}
	var columns []string
	for _, c := range all {
		columns = append(columns, c.stream.Plan.Subject.Columns()...)
	}
	slices.Sort(columns)
	columns = slices.Compact(columns)
	if column == "" && len(columns) == 1 {
		column = columns[0]
	}
	if column == "" && len(columns) > 1 {
		return nil, &stream.Fault{Code: "erase.subject", Path: streamName, Msg: "its rows are about more than one person: " + strings.Join(columns, ", "),
			Hint: "say whose identifiers these are: --subject " + strings.Join(columns, ", or --subject ")}
	}
	out := &Persons{Stream: streamName, Column: column, Count: len(ids), ids: ids, known: make(map[subject.Digest]bool)}
	var faults []error
	for _, c := range all {
		strangers, err := out.read(c.stream.Plan, keys)
		if err != nil {
			return nil, err
		}
		for _, i := range slices.Sorted(maps.Keys(strangers)) {
			if len(faults) < mostLines {
				faults = append(faults, &stream.Fault{Code: "erase.subject", Path: fmt.Sprintf("line %d", i+1),
					Msg: strangers[i] + ", as " + streamName + "/" + column + " is", Hint: "write the value as the column has it; no quotes, no list"})
			}
		}
		if faults != nil {
			return nil, errors.Join(faults...)
		}
	}
	return out, nil
}

// carrier is a connection that carries a stream.
type carrier struct {
	connection string
	stream     *rules.Stream
}

// carriers are the connections that carry a stream, or the one of that name; there is
// one at least.
func carriers(f *config.Folder, connection, streamName string) ([]carrier, error) {
	var all []carrier
	var names []string
	for _, c := range f.Connections {
		if connection != "" && c.Name != connection {
			continue
		}
		p, err := f.Compile(c.Name)
		if err != nil {
			return nil, err
		}
		for _, s := range p.Streams {
			names = append(names, s.Name)
		}
		if s, ok := p.Stream(streamName); ok {
			all = append(all, carrier{c.Name, s})
		}
	}
	if len(all) == 0 {
		return nil, &stream.Fault{Code: "cli.stream", Path: "--stream", Msg: fmt.Sprintf("no connection carries a stream %q", streamName), Hint: strict.Suggest(streamName, names)}
	}
	return all, nil
}
