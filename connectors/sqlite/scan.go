package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
)

// tableScan is one table in one poll.
type tableScan struct {
	*reader
	t    *table
	id   int64 // number of the stream in the state
	rows int64 // of the stream in the state when the poll began
	keep bool  // hold the view from chunk to chunk
	view int   // that the scan of all rows began in
	left bool  // a row was left out: the view changed, and it may have been met twice

	began, since int64 // the poll, and the one before that would have found it; ms
}

// changed is when a row that this poll found was written, in ms: as its cursor
// says, where that is a time between the polls, and otherwise the earliest that
// can be, so that a lag is never told too small. row may be nil.
func (s *tableScan) changed(row []driver.Value) int64 {
	if row != nil && s.t.cursor >= 0 {
		if at := s.t.timeOf(row[s.t.cursor]); at > s.since && at <= s.began {
			return at
		}
	}
	if s.since == 0 {
		return s.began // since the process before this one: nobody knows
	}
	return s.since
}

// top is the highest cursor of this moment. It is taken before the rows are
// read: what is written meanwhile is at or above it.
func (s *tableScan) top(ctx context.Context) (mark, error) {
	m := mark{Column: s.t.cursorName()}
	if s.t.cursor < 0 {
		return m, nil
	}
	if err := s.db.begin(ctx); err != nil {
		return m, err
	}
	v, err := s.db.one(ctx, "SELECT max("+quote(m.Column)+") FROM main."+quote(s.t.name))
	if err != nil {
		return m, fmt.Errorf("highest cursor: %w", err)
	}
	m.Value = newDatum(v)
	return m, nil
}

// recent reads rows at or above the highest cursor seen.
func (s *tableScan) recent(ctx context.Context, seen driver.Value) error {
	column := quote(s.t.cols[s.t.cursor].field.Name)
	clear(s.digests.copies)
	look := &lookup{st: s.st, id: s.id, seen: map[identity]bool{}}
	sel := selection{t: s.t, cols: s.t.all(), where: column + " >= ? OR " + column + " IS NULL", args: []driver.Value{seen}}
	err := s.each(ctx, sel, func(_, row []driver.Value) error { return s.consider(row, look) })
	if err != nil {
		return err
	}
	return s.flush()
}

// whole reads all rows and compares them with the state. Rows of the state that
// it did not meet are gone, if all was read in one view.
func (s *tableScan) whole(ctx context.Context) error {
	sel := selection{t: s.t, cols: s.t.all()}
	if err := s.db.begin(ctx); err != nil {
		return err
	}
	s.view = s.db.view
	if s.rows == 0 {
		return s.first(ctx, sel)
	}
	err := s.eachShard(func(x *index) error {
		err := s.each(ctx, sel, func(_, row []driver.Value) error { return s.consider(row, x) })
		if err != nil || s.db.view != s.view {
			return err
		}
		return s.sweep(x)
	})
	if err != nil {
		return err
	}
	if s.db.view != s.view {
		return s.compare(ctx)
	}
	return nil
}

// compare reads keys and cursors of all rows in one view: rows that the state
// does not know are late, rows that only the state knows are gone. A table
// without a key is read whole, for its rows are their own keys.
func (s *tableScan) compare(ctx context.Context) error {
	began := s.source.env.Now()
	defer func() { s.comparison += s.source.env.Now().Sub(began) }()
	s.since = s.complete
	return s.eachShard(func(x *index) error {
		s.db.pause()
		s.keep = true
		var err error
		if len(s.t.key) == 0 {
			err = s.each(ctx, selection{t: s.t, cols: s.t.all()}, func(_, row []driver.Value) error { return s.consider(row, x) })
		} else {
			err = s.late(ctx, x)
		}
		s.keep = false
		s.db.pause()
		if err != nil {
			return err
		}
		return s.sweep(x)
	})
}

// eachShard has a part of the state's index at a time compared with the rows, and
// gives what came of it.
func (s *tableScan) eachShard(fn func(x *index) error) error {
	shards := shardsFor(s.rows)
	for shard := range shards {
		x, err := s.st.index(s.id, shard, shards, s.rows)
		if err != nil {
			return err
		}
		clear(s.digests.copies)
		if err := fn(x); err != nil {
			return err
		}
	}
	return s.flush()
}

// wipe gives a delete for each row of a table that was dropped.
func (s *tableScan) wipe() error {
	return s.eachShard(s.sweep)
}

// late finds rows by key and cursor alone and then reads those that differ.
func (s *tableScan) late(ctx context.Context, x *index) error {
	var anchors [][]driver.Value
	cols := s.t.brief()
	err := s.each(ctx, selection{t: s.t, cols: cols}, func(anchor, row []driver.Value) error {
		key, complete := s.key(s.t.key, func(n int) driver.Value { return row[n] })
		if complete {
			id := s.digests.key(s.t, key)
			d, f, err := x.find(id)
			if f == again {
				id = s.twin(id, func(n int) driver.Value { return row[n] })
				d, f, err = x.find(id)
			}
			if err != nil || f == elsewhere || f == again {
				return err
			}
			if f == known && (s.t.cursor < 0 || s.digests.cursor(s.t, row[len(row)-1]) == [8]byte(d[16:])) {
				return nil
			}
			x.forget(id)
		}
		anchors = append(anchors, append([]driver.Value{}, anchor...))
		return nil
	})
	if err != nil {
		return err
	}
	for _, anchor := range anchors {
		sel := selection{t: s.t, cols: s.t.all(), where: s.t.at(), args: anchor}
		if err := s.each(ctx, sel, func(_, row []driver.Value) error { return s.consider(row, x) }); err != nil {
			return err
		}
	}
	return nil
}

// sweep gives a delete for each row that the scan did not meet.
func (s *tableScan) sweep(x *index) error {
	for i, met := range x.seen {
		if met {
			continue
		}
		sealed, err := s.st.secretOf(s.id, x.ids[i])
		if err != nil {
			return err
		}
		secret, err := s.unseal(sealed)
		if err != nil {
			return err
		}
		c := change{act: gone, stream: s.id, name: s.t.stream, id: x.ids[i], at: s.changed(nil)}
		if err := s.out.addGone(secret, c, s.tails.remove); err != nil {
			return err
		}
		if s.out.full(s.source.set.chunk) {
			if err := s.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// key writes a row's key as JSON into the scratch buffer; complete is false
// where a part of it is null. value gives the n-th column of the key.
func (s *tableScan) key(cols []int, value func(n int) driver.Value) (key []byte, complete bool) {
	b := append(s.scratch[:0], '{')
	complete = len(cols) > 0
	for n, i := range cols {
		if n > 0 {
			b = append(b, ',')
		}
		v := value(n)
		complete = complete && v != nil
		b = append(b, s.t.cols[i].member...)
		b = appendValue(b, s.t.cols[i].field.Type, v)
	}
	s.scratch = append(b, '}')
	return s.scratch, complete
}

// consider compares one row with what was given of it.
func (s *tableScan) consider(row []driver.Value, k knowledge) error {
	key, complete := s.key(s.t.key, func(n int) driver.Value { return row[s.t.key[n]] })
	var id identity
	if complete {
		id = s.digests.key(s.t, key)
	} else {
		id = s.digests.content(s.t, row)
	}
	old, f, err := k.find(id)
	c := change{act: added, stream: s.id, name: s.t.stream, id: id, d: s.digests.row(s.t, row)}
	if f == again {
		s.doubled(s.t)
		if !complete || !s.keep && s.db.view != s.view {
			s.left = true
			return nil
		}
		c.id = s.twin(id, func(n int) driver.Value { return row[s.t.key[n]] })
		key, row = s.scratch, s.t.unlike(row)
		old, f, err = k.find(c.id)
	}
	if err != nil || f == elsewhere || f == again {
		return err
	}
	if f == known {
		switch {
		case old == c.d:
			return nil
		case old.sameRow(c.d):
			c.act = touched
			s.out.changes = append(s.out.changes, c)
			return nil
		}
		c.act = changed
	}
	c.at = s.changed(row)
	s.out.addRow(s.t, row, key, c, s.tails.read, s.source.env.Seal)
	return nil
}

// each reads a selection chunk by chunk. Between chunks what was found is given,
// and the view renewed where holding it would harm writers, unless it is kept.
func (s *tableScan) each(ctx context.Context, sel selection, fn func(anchor, row []driver.Value) error) error {
	var last []driver.Value
	for {
		if err := s.db.begin(ctx); err != nil {
			return err
		}
		end, err := s.chunk(ctx, sel, &last, fn)
		if err != nil {
			return err
		}
		if !s.keep {
			s.db.pause()
		}
		if s.out.full(s.source.set.chunk) {
			if err := s.flush(); err != nil {
				return err
			}
		}
		if end {
			return nil
		}
	}
}

// chunk reads rows after the anchor in last, which it moves, and reports whether
// they were the last ones.
func (s *tableScan) chunk(ctx context.Context, sel selection, last *[]driver.Value, fn func(anchor, row []driver.Value) error) (end bool, err error) {
	width, limit := len(s.t.anchor), s.source.set.chunk
	query := sel.sql(*last != nil)
	args := append([]driver.Value{}, sel.args...)
	args = append(append(args, *last...), int64(limit))
	read, size := 0, 0
	err = s.db.query(ctx, query, func(row []driver.Value) error {
		read++
		*last = append((*last)[:0], row[:width]...)
		size += bytesIn(row)
		if err := fn(row[:width], row[width:]); err != nil {
			return err
		}
		if size > heldBytes {
			return errStop
		}
		return nil
	}, args...)
	return read < limit && size <= heldBytes, err
}

// bytesIn is what the text and blobs of a row weigh.
func bytesIn(row []driver.Value) (n int) {
	for _, v := range row {
		switch v := v.(type) {
		case string:
			n += len(v)
		case []byte:
			n += len(v)
		}
	}
	return n
}
