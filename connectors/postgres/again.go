package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"lethe/stream"
)

// known is a stream that was read, and from where. What differs later says that
// changes may be missing: then its table is read again, after a record that
// empties the stream downstream (op t), so that rows of before do not stay.
type known struct {
	Stream string   `json:"stream"`
	Table  uint32   `json:"table"` // 0 once the table has another name
	Entry  string   `json:"entry"` // the way of its changes
	Leaves []string `json:"leaves,omitempty"`
	Again  int64    `json:"again,omitempty"` // number under which its rows were given
}

// broken says why changes of t may be missing, given the way on which they come
// now, or why all its rows are needed once more. It is empty if neither is so.
func (k *known) broken(t *table, entry string, again int64) string {
	switch {
	case k.Again < again:
		return "it is masked otherwise, and all its rows are needed again"
	case k.Table != t.oid:
		return "another table has its name now"
	case k.Entry != entry:
		return "its publication was altered, and changes may be missing"
	case t.brought != "":
		return "partition " + t.brought + " came with rows"
	}
	return ""
}

// knownAs finds what is known of a table: of its stream, or of the table under
// the name that it had.
func knownAs(list []known, name string, oid uint32) *known {
	if i := slices.IndexFunc(list, func(k known) bool { return k.Stream == name }); i >= 0 {
		return &list[i]
	}
	if i := slices.IndexFunc(list, func(k known) bool { return k.Table == oid }); i >= 0 {
		return &list[i]
	}
	return nil
}

// knownNow is what is known of a table from here on.
func (ses *session) knownNow(t *table, f *facts) known {
	name := ses.set.stream(t)
	k := known{Stream: name, Table: t.oid, Entry: f.entry(ses.set, t), Again: ses.again(name)}
	for i := range t.leaves {
		k.Leaves = append(k.Leaves, t.leaves[i].place())
	}
	return k
}

// brought looks into partitions that were not there before: rows that one had
// when it was attached were never published as the table's. One that was made as a
// partition has none, but for rows of that same transaction, of which nobody can
// tell. Who may not read a partition asks the table for its rows.
func (ses *session) brought(ctx context.Context, f *facts, list []known) error {
	for _, t := range f.selected {
		k := knownAs(list, ses.set.stream(t), t.oid)
		if k == nil || k.Table != t.oid {
			continue
		}
		for _, l := range t.leaves {
			if slices.Contains(k.Leaves, l.place()) {
				continue
			}
			oid := strconv.FormatUint(uint64(l.oid), 10)
			from := "ONLY " + quoteIdent(l.schema, l.name) + " WHERE true"
			if !l.mayRead {
				from = t.sql() + " WHERE tableoid = " + oid
			}
			rows, err := query(ctx, ses.side, "SELECT EXISTS (SELECT FROM "+from+" AND age(xmin) >= age($1::xid))", l.attached)
			if err != nil {
				return fmt.Errorf("partition %s.%s: %w", l.schema, l.name, err)
			}
			if rows[0][0] == "t" {
				t.brought = l.schema + "." + l.name
			}
		}
	}
	return nil
}

// reconcile forgets what was read of tables that are not selected any more, or
// whose changes may be missing: they are read again. It returns the snapshots
// that will not be finished.
func (ses *session) reconcile(p *progress, f *facts) (void []stream.Void) {
	again := func(oid uint32) {
		if t := p.part(oid); t != nil && t.ID != "" {
			void = append(void, stream.Void{Stream: t.Stream, Snapshot: t.ID})
		}
		p.forget(oid)
		p.wipe(oid)
	}
	selected := func(oid uint32) bool {
		return slices.ContainsFunc(f.selected, func(t *table) bool { return t.oid == oid })
	}
	for _, oid := range p.begun() {
		if !selected(oid) {
			again(oid)
		}
	}
	for _, t := range f.selected {
		now := ses.knownNow(t, f)
		k := knownAs(p.Known, now.Stream, t.oid)
		if k != nil {
			if why := k.broken(t, now.Entry, now.Again); why != "" && ses.readsAgain(k, t, now.Stream, why) {
				again(t.oid)
			}
		}
		p.know(now)
	}
	ses.gone(p.Known, f)
	p.Owed = slices.DeleteFunc(p.Owed, func(o owedRow) bool { return !selected(o.Table) })
	p.Wipe = slices.DeleteFunc(p.Wipe, func(oid uint32) bool {
		return !slices.ContainsFunc(f.tables, func(t *table) bool { return t.oid == oid })
	})
	ses.known = slices.Clone(p.Known)
	return void
}

// unreadable are the faults of tables whose rows are all needed again, and that are
// read without a snapshot.
func (ses *session) unreadable(p *progress, f *facts) (faults []*stream.Fault) {
	for _, t := range f.selected {
		now := ses.knownNow(t, f)
		if k := knownAs(p.Known, now.Stream, t.oid); !ses.set.snapshot && k != nil && k.Again < now.Again {
			faults = append(faults, &stream.Fault{Code: "postgres.rows_needed", Path: now.Stream, Exit: stream.ExitInput,
				Msg:  "its key or its label is masked otherwise, so that all its rows are needed again, and snapshot: false gives none",
				Hint: "take back what was changed; or name source and connection anew in lethe.yaml"})
		}
	}
	return faults
}

// readsAgain tells that a table is read again, or that it cannot be. Without a
// snapshot only the rows of another table can go.
func (ses *session) readsAgain(k *known, t *table, name, why string) bool {
	if !ses.set.snapshot && k.Table == t.oid {
		ses.log.Warn("changes of a table are missing, and snapshot: false keeps it from being read again", "stream", name, "because", why)
		return false
	}
	ses.log.Warn("a table is read again, after a record that empties it downstream", "stream", name, "because", why)
	return true
}

// gone tells of tables that were read and are not there any more.
func (ses *session) gone(list []known, f *facts) {
	for _, k := range list {
		there := func(t *table) bool { return t.oid == k.Table || ses.set.stream(t) == k.Stream }
		if k.Table != 0 && !slices.ContainsFunc(f.tables, there) && !slices.Contains(ses.told, k.Table) {
			ses.told = append(ses.told, k.Table)
			ses.log.Warn("a table is gone: its rows stay downstream as they were", "stream", k.Stream,
				"next", "where they are to go, make a table of that name again, if only an empty one, and start run")
		}
	}
}

// errAltered says that tables or publications are other than when reading began.
var errAltered = errors.New("tables or publications were altered")

// watchTables tells of tables that streams selects and that were made since
// reading began: they are in no publication yet. Where changes of a table may be
// missing, or its updates are published and cannot be, reading begins again,
// which mends it.
func (ses *session) watchTables(ctx context.Context) {
	ses.mu.Lock()
	defer ses.mu.Unlock()
	// Whoever alters a partition may take long, and the feed needs this connection.
	if _, err := query(ctx, ses.side, "SET lock_timeout = '100ms'"); err != nil {
		return
	}
	f, err := ses.set.loadFacts(ctx, ses.side)
	if err == nil {
		err = ses.brought(ctx, f, ses.known)
	}
	if _, reset := query(ctx, ses.side, "SET lock_timeout = 0"); err != nil || reset != nil {
		return
	}
	for _, t := range f.selected {
		name := ses.set.stream(t)
		k := knownAs(ses.known, name, t.oid)
		switch {
		case k != nil && !ses.knows(t.oid) && ses.set.snapshot && !ses.mayBegin(name): // it waits
		case k != nil && k.broken(t, f.entry(ses.set, t), ses.again(name)) != "":
			select {
			case ses.altered <- errAltered:
			default:
			}
			return
		case k == nil && !slices.Contains(ses.told, t.oid):
			ses.told = append(ses.told, t.oid)
			ses.log.Warn("a table was made that streams selects: it is read from the next start on", "stream", name,
				"next", "lethe discover, so that somebody decides about its columns, and start run again")
		case k != nil:
			k.Leaves = ses.knownNow(t, f).Leaves
		}
	}
	ses.gone(ses.known, f)
}
