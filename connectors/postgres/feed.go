package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pglogrepl"

	"lethe/stream"
)

// A batch is given at the latest when it has this many records or bytes.
const (
	batchRecords = 1000
	batchBytes   = 1 << 20
)

// postgresEpoch is 2000-01-01 in milliseconds since 1970.
const postgresEpoch = 946684800000

// feed turns the stream into batches. One goroutine uses it.
type feed struct {
	ses  *session
	line *line
	emit func(stream.Batch) error
	snap *snapshot

	// What is being gathered.
	pos     position // after the last record in it
	moved   bool     // pos is beyond what was given
	records []stream.Record
	arena   []byte
	changes int
	schemas []stream.Schema
	void    []stream.Void

	given    position // where the last batch led
	beat     time.Time
	beatNow  bool          // the server waits for us to move
	tip      pglogrepl.LSN // the log's end when reading began
	caughtUp bool          // told since the last time there was more

	shapes   map[uint32]*shape
	told     map[string]*stream.Schema // last announced, by stream
	progress []byte                    // pos.Snapshot as JSON; nil when it changed

	// The transaction that is being read.
	inTx    bool
	xid     uint32
	commit  pglogrepl.LSN
	ms      int64
	ordinal uint64
	skip    uint64 // records of it that were given before
	mark    uint64 // number of the low watermark in it, 0 if none
	behind  bool   // it is the message behind the rows that were read

	debts debts

	row     rowChange
	scratch []byte
}

func newFeed(ses *session, l *line, pos position, emit func(stream.Batch) error) *feed {
	given := pos
	given.Snapshot = pos.Snapshot.clone()
	return &feed{ses: ses, line: l, emit: emit, pos: pos, given: given, tip: ses.system.XLogPos,
		void: ses.void, beat: ses.now(), debts: newDebts(pos.Snapshot.Owed), shapes: map[uint32]*shape{}, told: map[string]*stream.Schema{}}
}

func (f *feed) close() {
	if f.snap != nil {
		f.snap.stop()
	}
}

// run reads until the connection or the context ends.
func (f *feed) run(ctx context.Context) error {
	f.ses.owed(float64(len(f.debts.rows)))
	f.startSnapshot(ctx)
	tick := time.NewTicker(f.ses.set.heartbeat)
	defer tick.Stop()
	var items []byte
	for {
		var failed chan error
		if f.snap != nil {
			failed = f.snap.failed
		}
		select {
		case err := <-failed:
			return err
		case err := <-f.ses.altered:
			return err
		default:
		}
		next, err := f.line.inbox.take(items)
		if err != nil {
			return err
		}
		if len(next) > 0 {
			items = next
			if err := f.items(ctx, items); err != nil {
				return err
			}
			continue
		}
		if err := f.ask(ctx); err != nil {
			return err
		}
		if err := f.drained(); err != nil {
			return err
		}
		var again <-chan time.Time
		if len(f.debts.rows) > 0 && f.debts.round == nil {
			again = time.After(roundEvery)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-failed:
			return err
		case err := <-f.ses.altered:
			return err
		case <-f.line.inbox.more:
		case <-again:
		case <-tick.C:
		}
	}
}

// drained gives what is there when nothing more is. A transaction's rest is on
// its way, so it is waited for.
func (f *feed) drained() error {
	if f.inTx {
		return nil
	}
	caughtUp := f.snap == nil && f.pos.End >= f.tip && !f.debts.waiting()
	due := f.moved && (f.beatNow || f.ses.now().Sub(f.beat) >= f.ses.set.heartbeat)
	if len(f.records) == 0 && len(f.void) == 0 && !due && (!caughtUp || f.caughtUp) {
		return nil
	}
	return f.give(caughtUp)
}

// items handles what was taken from the inbox.
func (f *feed) items(ctx context.Context, items []byte) error {
	for len(items) > 0 {
		n := binary.BigEndian.Uint32(items)
		item := items[4 : 4+n]
		items = items[4+n:]
		lsn, msg := binary.BigEndian.Uint64(item[1:]), item[9:]
		if item[0] == itemKeepalive {
			f.keepalive(pglogrepl.LSN(lsn), msg[0] == 1)
			continue
		}
		if err := f.message(ctx, lsn, msg); err != nil {
			return err
		}
	}
	return nil
}

// keepalive moves the position over log that holds nothing for us, so that the
// slot can move on. Where a transaction is still to be read again from its
// middle, there is none.
func (f *feed) keepalive(lsn pglogrepl.LSN, asked bool) {
	if f.inTx || f.pos.End == 0 || lsn <= f.pos.End {
		return
	}
	f.advance(lsn, lsn)
	f.beatNow = f.beatNow || asked
}

// advance notes that everything before end was read.
func (f *feed) advance(commit, end pglogrepl.LSN) {
	f.pos.Commit, f.pos.Ordinal, f.pos.End = commit, 0, end
	f.moved = true
	if seen := f.pos.Snapshot.Seen; len(seen) > 0 {
		f.pos.Snapshot.Seen = slices.DeleteFunc(seen, func(s seenTable) bool { return s.Upto <= end })
		f.progress = nil
	}
}

func (f *feed) message(ctx context.Context, lsn uint64, msg []byte) error {
	if len(msg) == 0 {
		return errMessage
	}
	switch msg[0] {
	case msgInsert, msgUpdate, msgDelete:
		return f.change(msg, lsn)
	case msgBegin:
		return f.begin(msg)
	case msgCommit:
		return f.end(ctx, msg)
	case msgRelation:
		return f.relation(ctx, msg)
	case msgTruncate:
		return f.truncate(msg, lsn)
	case msgLogical:
		return f.logical(msg)
	}
	return nil // types and origins: nothing that a record holds
}

func (f *feed) begin(msg []byte) error {
	c := cursor{b: msg[1:]}
	f.commit = pglogrepl.LSN(c.u64())
	f.ms = int64(c.u64())/1000 + postgresEpoch
	f.xid = c.u32()
	f.inTx, f.ordinal, f.skip, f.mark, f.behind = true, 0, 0, 0, false
	if f.pos.End == 0 && f.pos.Commit == f.commit {
		f.skip = f.pos.Ordinal
	}
	if c.bad {
		return errMessage
	}
	return nil
}

func (f *feed) end(ctx context.Context, msg []byte) error {
	c := cursor{b: msg[1:]}
	c.u8()
	commit, end := pglogrepl.LSN(c.u64()), pglogrepl.LSN(c.u64())
	if c.bad || commit != f.commit || !f.inTx {
		return errMessage
	}
	f.inTx = false
	f.advance(commit, end)
	if f.behind {
		if err := f.settle(); err != nil {
			return err
		}
	}
	f.reread(ctx)
	if err := f.ask(ctx); err != nil || f.snap == nil {
		return err
	}
	if f.mark != 0 {
		return f.chunk(ctx, f.mark)
	}
	f.snap.decoded = append(f.snap.decoded, f.xid)
	return nil
}

// logical takes note of a watermark of this session.
func (f *feed) logical(msg []byte) error {
	c := cursor{b: msg[1:]}
	c.bytes(1 + 8)
	prefix := c.text()
	content := c.bytes(int(int32(c.u32())))
	if c.bad {
		return errMessage
	}
	if prefix != watermarkPrefix {
		return nil
	}
	if r := f.debts.round; r != nil && string(content) == r.mark {
		f.behind = true
	}
	if f.snap == nil {
		return nil
	}
	if n, ok := bytes.CutPrefix(content, []byte(f.snap.mark)); ok {
		f.mark, _ = strconv.ParseUint(string(n), 10, 64)
	}
	return nil
}

func (f *feed) relation(ctx context.Context, msg []byte) error {
	m, err := decodeRelation(msg)
	if err != nil {
		return err
	}
	sh, err := f.ses.relation(ctx, &m)
	if err != nil {
		return err
	}
	signal(f.ses.look) // it comes again whenever something was altered
	f.shapes[m.table] = sh
	f.debts.void(m.table) // it was read as the table was before, or will be
	return nil
}

// shape returns the shape of a table; every change follows its relation.
func (f *feed) shape(table uint32) (*shape, error) {
	if sh := f.shapes[table]; sh != nil {
		return sh, nil
	}
	return nil, errMessage
}

// tell announces a stream's shape when it is new or another one.
func (f *feed) tell(s *stream.Schema) error {
	old := f.told[s.Stream]
	if old == s {
		return nil
	}
	if old != nil && sameSchema(old, s) {
		f.told[s.Stream] = s
		return nil
	}
	if len(f.records) > 0 { // they have the shape before
		if err := f.give(false); err != nil {
			return err
		}
	}
	f.told[s.Stream] = s
	f.schemas = append(f.schemas, *s)
	return nil
}

// full gives the batch if it is as large as one may be.
func (f *feed) full() error {
	if len(f.records) < batchRecords && len(f.arena) < batchBytes {
		return nil
	}
	return f.give(false)
}

// give hands the batch over.
func (f *feed) give(caughtUp bool) error {
	if f.progress == nil {
		f.pos.Snapshot.Owed = f.debts.list()
		b, err := json.Marshal(&f.pos.Snapshot)
		if err != nil {
			return fmt.Errorf("position: %w", err)
		}
		f.progress = b
	}
	b := stream.Batch{Records: f.records, Changes: f.changes, Schemas: f.schemas, Void: f.void, CaughtUp: caughtUp,
		Position: stream.Position{Label: f.pos.label(), State: f.pos.state(f.progress)}}
	if err := f.emit(b); err != nil {
		return &emitError{err}
	}
	f.given = f.pos
	f.given.Snapshot = f.pos.Snapshot.clone()
	clear(f.records)
	if cap(f.arena) > 8*batchBytes { // of a row that was larger than most
		f.arena = nil
	}
	f.records, f.arena, f.changes, f.schemas, f.void = f.records[:0], f.arena[:0], 0, nil, nil
	f.moved, f.beatNow, f.beat, f.caughtUp = false, false, f.ses.now(), caughtUp
	return nil
}
