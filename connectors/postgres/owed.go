package postgres

import (
	"encoding/binary"
	"maps"
	"slices"
	"time"
)

// maxOwed is how many rows are owed at most before their table is read again.
const maxOwed = 1000

// owedRow is a row that was given under a new key without the values that the
// server left out: downstream knows them under the old key only.
type owedRow struct {
	Table uint32   `json:"table"`
	Key   []string `json:"key"` // values, in the order of the table's columns
	XID   uint32   `json:"xid"` // the last transaction that changed it
}

// debts are the rows that are owed. What a row lacks was read by nobody at the
// moment of its change, and the table may have another row under its key by now,
// even one that the same transaction put there. So the row is read as a whole,
// then a message goes into the log, and when the stream has come to it without a
// change of that row, what was read is what the row is at that place. It is given
// there (op r). A change meanwhile makes the reading void, and it is done again.
type debts struct {
	rows  map[string]owedRow // by shape.rowID
	round *round             // rows that were read, nil if none
	last  uint32             // table of the last round
	next  time.Time          // no round begins before
	since time.Time          // since when rows are owed that nobody can see yet
	again []uint32           // tables that owe too much: they are read again
	told  []uint32           // tables of which the log tells that they stay incomplete
}

// owedWait is how long the end of what is there is not told because of rows that
// are owed and not visible: their commit may wait for a standby for ever.
const owedWait = time.Second

func newDebts(rows []owedRow) debts {
	d := debts{rows: map[string]owedRow{}}
	for _, o := range rows {
		id := rowID(nil, o.Table)
		for _, v := range o.Key {
			id = appendID(id, []byte(v))
		}
		d.rows[string(id)] = o
	}
	return d
}

func rowID(dst []byte, table uint32) []byte { return binary.BigEndian.AppendUint32(dst, table) }

func appendID(dst, v []byte) []byte {
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(v))), v...)
}

// rowID appends what tells a row of this table from all others.
func (s *shape) rowID(dst []byte, row []column) []byte {
	dst = rowID(dst, s.table)
	for _, i := range s.key {
		dst = appendID(dst, row[i].text)
	}
	return dst
}

// list is for the position, in an order of its own.
func (d *debts) list() []owedRow {
	var out []owedRow
	for _, id := range slices.Sorted(maps.Keys(d.rows)) {
		out = append(out, d.rows[id])
	}
	return out
}

// waiting reports whether rows are owed that are about to come.
func (d *debts) waiting() bool {
	return len(d.rows) > 0 && (d.since.IsZero() || time.Since(d.since) < owedWait)
}

// touch makes void what was read of a row.
func (d *debts) touch(id []byte) {
	if d.round != nil {
		delete(d.round.rows, string(id))
	}
}

// forget drops all rows of a table.
func (d *debts) forget(table uint32) {
	maps.DeleteFunc(d.rows, func(_ string, o owedRow) bool { return o.Table == table })
	d.void(table)
}

// void makes void what was read of a table.
func (d *debts) void(table uint32) {
	if d.round != nil && d.round.table == table {
		clear(d.round.rows)
	}
}

// account notes what a change means for what is owed. Doing it again for a
// transaction that is read again changes nothing.
func (f *feed) account(sh *shape, r *rowChange, moved bool) {
	d := &f.debts
	if len(sh.key) == 0 || !moved && len(d.rows) == 0 {
		return
	}
	if moved || r.op == msgDelete {
		f.scratch = sh.rowID(f.scratch[:0], r.old)
		f.settled(f.scratch)
	}
	if r.op == msgDelete {
		return
	}
	f.scratch = sh.rowID(f.scratch[:0], r.new)
	d.touch(f.scratch)
	_, owed := d.rows[string(f.scratch)]
	switch left := slices.ContainsFunc(r.new, func(c column) bool { return c.state == colUnchanged }); {
	case !left:
		f.settled(f.scratch)
	case !moved && !owed || slices.Contains(d.again, sh.table):
	case !owed && len(d.rows) >= maxOwed:
		f.owesTooMuch(sh)
	default:
		o := owedRow{Table: sh.table, XID: f.xid}
		for _, i := range sh.key {
			o.Key = append(o.Key, string(r.new[i].text))
		}
		d.rows[string(f.scratch)] = o
		f.owes()
	}
}

// settled notes that nothing is owed of a row any more.
func (f *feed) settled(id []byte) {
	f.debts.touch(id)
	if _, ok := f.debts.rows[string(id)]; ok {
		delete(f.debts.rows, string(id))
		f.owes()
	}
}

// owes notes that what is owed changed.
func (f *feed) owes() {
	f.progress = nil
	f.ses.owed(float64(len(f.debts.rows)))
}

// owesTooMuch has a table read again as a whole once the transaction is over.
func (f *feed) owesTooMuch(sh *shape) {
	d := &f.debts
	if !f.ses.set.snapshot || !f.ses.knows(sh.table) {
		if !slices.Contains(d.told, sh.table) {
			d.told = append(d.told, sh.table)
			f.ses.log.Warn("rows that got another key stay without the large values that did not change", "stream", sh.stream,
				"hint", "ALTER TABLE "+quoteIdent(sh.at, sh.name)+" REPLICA IDENTITY FULL;")
		}
		return
	}
	d.forget(sh.table)
	d.again = append(d.again, sh.table)
	f.pos.Snapshot.forget(sh.table)
	f.owes()
	f.ses.log.Info("many rows got another key: the table is read again", "stream", sh.stream)
}
