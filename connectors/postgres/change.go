package postgres

import (
	"bytes"

	"lethe/stream"
)

// change turns an insert, update or delete into its records.
func (f *feed) change(msg []byte, lsn uint64) error {
	r := &f.row
	if err := decodeRow(msg, r); err != nil {
		return err
	}
	sh, err := f.shape(r.table)
	if err != nil {
		return err
	}
	if r.oldKind != 0 && len(r.old) != len(sh.cols) || r.op != msgDelete && len(r.new) != len(sh.cols) || !f.inTx {
		return errMessage
	}
	skip, err := f.leaveOut(sh)
	if err != nil {
		return err
	}
	start := len(f.records)
	o := origin{ms: f.ms, xid: f.xid, lsn: lsn}
	moved := false
	switch {
	case r.op == msgInsert:
		f.record(sh, 'c', nil, r.new, &o, skip)
	case r.op == msgDelete:
		f.record(sh, 'd', r.old, nil, &o, skip)
	default:
		if r.oldKind != 0 {
			sh.fill(r.new, r.old, r.oldKind == 'O')
		}
		moved = f.keyChanged(sh, r)
		switch {
		case moved:
			// A key is a row's name downstream: the old one goes, a new one comes.
			f.record(sh, 'd', r.old, nil, &o, skip)
			f.record(sh, 'c', nil, r.new, &o, skip)
		case r.oldKind == 'O':
			f.record(sh, 'u', r.old, r.new, &o, skip)
		default:
			f.record(sh, 'u', nil, r.new, &o, skip)
		}
	}
	if !skip {
		f.account(sh, r, moved)
	}
	if len(f.records) == start {
		return nil
	}
	f.changes++
	f.within()
	return f.full()
}

// within moves the position behind the records of a transaction that goes on.
func (f *feed) within() {
	f.pos.Commit, f.pos.Ordinal, f.pos.End = f.commit, f.ordinal, 0
}

// leaveOut says whether the changes of a table are not for the caller, and
// announces the table's shape if they are.
func (f *feed) leaveOut(sh *shape) (bool, error) {
	if !sh.published {
		return true, nil
	}
	if f.snap != nil && f.snap.whole[sh.table] {
		// The snapshot of a table without a key is still to be read and will
		// show this change: its low watermark comes after this transaction.
		return true, nil
	}
	for i := range f.pos.Snapshot.Seen {
		if s := &f.pos.Snapshot.Seen[i]; s.Table == sh.table && f.commit < s.Upto && s.Shows.shows(f.xid) {
			return true, nil
		}
	}
	return false, f.tell(&sh.schema)
}

// keyChanged reports whether an update gave the row another key.
func (f *feed) keyChanged(sh *shape, r *rowChange) bool {
	if r.oldKind == 0 || len(sh.key) == 0 {
		return false
	}
	f.scratch = sh.appendKey(f.scratch[:0], r.old)
	n := len(f.scratch)
	f.scratch = sh.appendKey(f.scratch, r.new)
	return !bytes.Equal(f.scratch[:n], f.scratch[n:])
}

// record appends one record, unless it is to be left out or was given before.
func (f *feed) record(sh *shape, op byte, before, after []column, o *origin, skip bool) {
	ordinal := f.ordinal
	f.ordinal++
	if skip || ordinal < f.skip {
		return
	}
	start := len(f.arena)
	dst := f.arena
	if after != nil {
		dst = sh.appendKey(dst, after)
	} else {
		dst = sh.appendKey(dst, before)
	}
	value := len(dst)
	dst = append(dst, `{"before":`...)
	if before == nil {
		dst = append(dst, "null"...)
	} else {
		dst = sh.appendRow(dst, before, identified(sh))
	}
	dst = append(dst, `,"after":`...)
	rec := stream.Record{Stream: sh.stream, Time: o.ms,
		Seq: stream.NewSeq(f.pos.Incarnation, uint64(f.commit), ordinal)}
	if after == nil {
		dst = append(dst, "null"...)
	} else {
		dst = sh.appendRow(dst, after, nil)
		rec.Unchanged = sh.unchanged(after)
	}
	dst = sh.appendTail(dst, op, o)
	if value > start {
		rec.Key = dst[start:value:value]
	}
	rec.Value = dst[value:len(dst):len(dst)]
	f.arena = dst
	f.records = append(f.records, rec)
}

// identified says which columns the row before has: all of them under FULL, else
// those of the replica identity; the server fills the others with null.
func identified(sh *shape) []bool {
	if sh.full {
		return nil
	}
	return sh.identity
}

// truncate gives one record for each table that was emptied.
func (f *feed) truncate(msg []byte, lsn uint64) error {
	c := cursor{b: msg[1:]}
	n := int(c.u32())
	c.u8()
	for range n {
		table := c.u32()
		if c.bad {
			return errMessage
		}
		sh, err := f.shape(table)
		if err != nil {
			return err
		}
		skip, err := f.leaveOut(sh)
		if err != nil {
			return err
		}
		if !skip {
			f.debts.forget(table)
			f.owes()
		}
		if skip || f.ordinal < f.skip {
			f.ordinal++
			continue
		}
		f.empty(sh, &origin{ms: f.ms, xid: f.xid, lsn: lsn})
		f.within()
	}
	return f.full()
}

// empty gives the record that says that a stream has no rows.
func (f *feed) empty(sh *shape, o *origin) {
	start := len(f.arena)
	f.arena = append(f.arena, `{"before":null,"after":null`...)
	f.arena = sh.appendTail(f.arena, 't', o)
	f.records = append(f.records, stream.Record{Stream: sh.stream, Kind: stream.KindTruncate, Time: o.ms,
		Value: f.arena[start:len(f.arena):len(f.arena)],
		Seq:   stream.NewSeq(f.pos.Incarnation, uint64(f.commit), f.ordinal)})
	f.ordinal++
	f.changes++
}
