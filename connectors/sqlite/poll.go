package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lethe/stream"
)

// reader is one Read.
type reader struct {
	source  *Source
	emit    func(stream.Batch) error
	db      *database
	st      *state
	digests *digester

	at    place
	moved bool // at.Tables changed since the last batch
	again bool // the streams are still to be truncated
	void  []stream.Void

	told    map[string]string // shape of each stream as told, to see changes
	schemas []stream.Schema   // to tell with the next batch
	warned  map[string]bool   // streams whose doubled keys were logged
	given   map[string]bool   // streams that were begun

	version    int64         // of the database at the last poll
	compared   int64         // of the database at the last comparison
	due        time.Time     // of the next comparison
	comparing  bool          // in this poll
	comparison time.Duration // what this poll's comparisons took

	// When the last poll began, and the last one that missed nothing, in ms; 0
	// before the first. What a poll finds was not there then.
	polled, complete int64

	out     outbox
	tails   tails
	scratch []byte
	records []stream.Record
}

func (r *reader) close() {
	if r.db != nil {
		r.db.end()
		_ = r.db.close()
	}
	_ = r.st.close()
}

// poll gives what changed since the last poll, and tells that it has caught up.
func (r *reader) poll(ctx context.Context) error {
	r.out.reset()
	if r.db.replaced() {
		if err := r.reopen(ctx); err != nil {
			return err
		}
	}
	now := r.source.env.Now()
	version, err := r.db.version(ctx)
	if err != nil {
		return fmt.Errorf("poll: %w", err)
	}
	overdue := !now.Before(r.due)
	if version == r.version && (version == r.compared || !overdue) {
		r.seen(now, version == r.compared)
		return r.caughtUp()
	}
	r.comparing, r.comparison = overdue, 0
	if err := r.read(ctx, now); err != nil {
		return err
	}
	r.version = version
	if overdue {
		r.compared, r.due = version, r.source.env.Now().Add(r.rest())
	}
	r.seen(now, overdue)
	return r.caughtUp()
}

// seen notes that a poll which began then is done; complete says that deleted
// and late rows were looked for too, or that nobody wrote.
func (r *reader) seen(began time.Time, complete bool) {
	r.polled = began.UnixMilli()
	if complete {
		r.complete = r.polled
		r.source.complete(float64(r.complete) / 1000)
	}
}

// rest is the time until the next comparison. Where the options leave it open,
// comparing takes at most a quarter of the time.
func (r *reader) rest() time.Duration {
	if r.source.set.deletes > 0 {
		return r.source.set.deletes
	}
	return max(3*r.comparison-r.source.set.poll, 0)
}

// reopen follows the path to the file that lies there now.
func (r *reader) reopen(ctx context.Context) error {
	db, err := openDatabase(ctx, r.source.env.Name, r.source.set.path, r.source.env.Now)
	if err != nil {
		return err
	}
	_ = r.db.close()
	r.db, r.version, r.compared = db, 0, 0
	return nil
}

func (r *reader) read(ctx context.Context, now time.Time) error {
	env := r.source.env
	r.db.schema = 0
	if err := r.db.begin(ctx); err != nil {
		return err
	}
	defer r.db.end()
	tables, err := r.db.catalog(ctx, env.Name, r.source.set)
	if err != nil {
		return err
	}
	tables = slices.DeleteFunc(tables, r.waits)
	if err := r.notice(tables); err != nil {
		return err
	}
	tables = append(tables, r.dropped(tables)...)
	ms := now.UnixMilli()
	if err := r.begin(tables, ms); err != nil {
		return err
	}
	for _, t := range tables {
		if err := r.empty(t, ms); err != nil {
			return fmt.Errorf("empty %s: %w", t.name, err)
		}
		r.tails = newTails(env.Name, t.name, ms)
		if err := r.table(ctx, t, ms); err != nil {
			return fmt.Errorf("poll %s: %w", t.name, err)
		}
	}
	return nil
}

// waits reports whether a table is not to be read yet. It is told once.
func (r *reader) waits(t *table) bool {
	begun, told := r.given[t.stream]
	if begun {
		return false
	}
	may := r.source.env.MayBegin(t.stream)
	if r.given[t.stream] = may; !may && !told {
		r.source.env.Log.Warn("a table waits, unread, until somebody decided about its columns", "stream", t.stream,
			"next", "lethe discover, read its contract, and start run again")
	}
	return !may
}

// notice keeps the shapes that are new or changed, to be told before their
// records.
func (r *reader) notice(tables []*table) error {
	for _, t := range tables {
		s := t.schema()
		b, err := json.Marshal(s)
		if err != nil {
			return fmt.Errorf("shape of %s: %w", t.name, err)
		}
		if r.told[t.name] == string(b) {
			continue
		}
		r.told[t.name] = string(b)
		r.schemas = append(r.schemas, s)
		if c := r.source.set.cursorOf(t.name); c != "" && t.cursor < 0 && r.source.set.cursorColumn != c {
			r.source.env.Log.Warn("the cursor column is gone: the table is compared whole", "stream", t.stream, "column", c)
		}
	}
	return nil
}

// dropped are the selected tables that the state knows and the database does not
// have any more.
func (r *reader) dropped(tables []*table) []*table {
	var out []*table
	for _, name := range slices.Sorted(maps.Keys(r.st.streams)) {
		short := strings.TrimPrefix(name, r.source.env.Name+".main.")
		there := slices.ContainsFunc(tables, func(t *table) bool { return t.name == short })
		if !there && r.source.set.selects(short) {
			out = append(out, &table{name: short, stream: name, cursor: -1, gone: true})
			delete(r.told, short)
		}
	}
	return out
}

// begin opens a new incarnation: the rows given before are void, and a truncate
// deletes downstream what may be gone by now.
func (r *reader) begin(tables []*table, ms int64) error {
	if !r.again {
		return nil
	}
	n := r.st.n + 1
	if err := r.st.write(nil, n, r.source.committed.Load()); err != nil {
		return err
	}
	r.at.N = n
	b := stream.Batch{Void: r.void}
	for i, t := range tables {
		if t.gone {
			continue
		}
		b.Records = append(b.Records, r.truncate(t, ms, uint64(i)))
		r.readUnder(t, r.source.env.ReadAgain(t.stream))
	}
	b.Changes = len(b.Records)
	if err := r.give(b); err != nil {
		return err
	}
	r.again, r.void = false, nil
	return nil
}

// truncate is the record that empties a stream, in the batch that r.at leads to.
func (r *reader) truncate(t *table, ms int64, ordinal uint64) stream.Record {
	value := append([]byte(`{"before":null,"after":null`), newTails(r.source.env.Name, t.name, ms).truncate...)
	return stream.Record{Stream: t.stream, Kind: stream.KindTruncate, Value: value, Seq: stream.NewSeq(r.at.Incarnation, r.at.N, ordinal)}
}

// readUnder notes the number under which a table's rows are given.
func (r *reader) readUnder(t *table, again int64) {
	if r.at.Again[t.name] < again {
		r.at.Again[t.name], r.moved = again, true
	}
}

// empty empties a stream of which all rows are needed again: the state forgets
// them, and what is read next gives them.
func (r *reader) empty(t *table, ms int64) error {
	again := r.source.env.ReadAgain(t.stream)
	if t.gone || r.at.Again[t.name] >= again {
		return nil
	}
	_, begun := r.st.streams[t.stream]
	r.readUnder(t, again)
	if !begun {
		return nil
	}
	r.source.env.Log.Warn("a table is read again, after a record that empties it downstream", "stream", t.stream,
		"because", "it is masked otherwise, and all its rows are needed again")
	id, err := r.st.stream(t.stream)
	if err != nil {
		return err
	}
	n := r.st.n + 1
	if err := r.st.write([]change{{act: emptied, stream: id, n: n}}, n, r.source.committed.Load()); err != nil {
		return err
	}
	r.at.N = n
	delete(r.at.Tables, t.name)
	return r.give(stream.Batch{Records: []stream.Record{r.truncate(t, ms, 0)}, Changes: 1})
}

// table polls one table.
func (r *reader) table(ctx context.Context, t *table, ms int64) error {
	id, err := r.st.stream(t.stream)
	if err != nil {
		return err
	}
	rows, err := r.st.count(id)
	if err != nil {
		return err
	}
	s := &tableScan{reader: r, t: t, id: id, rows: rows, began: ms, since: r.polled}
	if t.gone {
		if _, there := r.at.Tables[t.name]; there {
			delete(r.at.Tables, t.name)
			r.moved = true
		}
		if rows > 0 {
			r.source.env.Log.Warn(fmt.Sprintf("the table is gone: its %d rows are deleted downstream", rows), "stream", t.stream,
				"next", "if it was renamed, the new name is another stream: lethe discover writes its contract")
		}
		return s.wipe()
	}
	now, err := s.top(ctx)
	if err != nil {
		return err
	}
	was, done := r.at.Tables[t.name]
	if !done {
		s.since = ms // the rows as they are at this moment
	}
	recent := done && rows > 0 && t.cursor >= 0 && was.Column == now.Column && was.Value != nil
	if recent {
		err = s.recent(ctx, was.Value.value())
	} else {
		err = s.whole(ctx)
	}
	if err == nil && recent && r.comparing {
		err = s.compare(ctx)
	}
	if err != nil {
		return err
	}
	if !done || !was.equal(now) {
		r.at.Tables[t.name] = now
		r.moved = true
	}
	return nil
}

// flush stores what the outbox holds and gives it. In this order: a crash
// between leaves the state ahead of the position, and the next Read undoes it
// (L2).
func (r *reader) flush() error {
	if len(r.out.changes) == 0 {
		return nil
	}
	before := r.st.n
	ends := r.out.number(before)
	if err := r.st.write(r.out.changes, before+uint64(len(ends)), r.source.committed.Load()); err != nil {
		return err
	}
	from := 0
	for i, end := range ends {
		r.records = r.out.batch(r.out.changes[from:end], r.at.Incarnation, r.records[:0])
		r.at.N = before + uint64(i) + 1
		if err := r.give(stream.Batch{Records: r.records, Changes: len(r.records)}); err != nil {
			return err
		}
		from = end
	}
	r.out.reset()
	return nil
}

// give emits a batch that leads to r.at.
func (r *reader) give(b stream.Batch) (err error) {
	if b.Position, err = r.at.position(); err != nil {
		return err
	}
	b.Schemas = r.schemas
	if err := r.emit(b); err != nil {
		return err
	}
	r.schemas, r.moved = nil, false
	return nil
}

// caughtUp ends a poll. A place that moved without records is a batch of its
// own; otherwise the position is the last one's.
func (r *reader) caughtUp() error {
	n, committed := r.st.n, r.source.committed.Load()
	if r.moved {
		n++
	}
	if n > r.st.n || min(committed, n) > r.st.floor {
		if err := r.st.write(nil, n, committed); err != nil {
			return err
		}
		r.at.N = n
	}
	return r.give(stream.Batch{CaughtUp: true})
}

// doubled tells once a stream that two rows have one key.
func (r *reader) doubled(t *table) {
	if !r.warned[t.name] {
		r.warned[t.name] = true
		r.source.env.Log.Warn("keys of two rows are written alike: one row goes to quarantine", "stream", t.stream,
			"next", "keep values of one type, and times in one notation, in the columns of the key")
	}
}

// unseal returns what was sealed.
func (r *reader) unseal(sealed []byte) ([]byte, error) {
	clear, err := r.source.env.Seal.Open(sealed)
	if err != nil {
		return nil, errors.New("read state: a sealed key does not open; was the keyring replaced?")
	}
	return clear, nil
}
