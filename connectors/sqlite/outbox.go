package sqlite

import (
	"database/sql/driver"
	"fmt"

	"lethe/stream"
	"lethe/stream/scan"
)

// Ceilings of one batch, and of what is held before batches are given.
const (
	batchRows  = 1000
	batchBytes = 1 << 20
	heldBytes  = 16 << 20
)

// What a change does to the state.
const (
	added   = iota // a new row
	changed        // a known row with another digest
	gone           // a row that is there no more
	touched        // only the digest of the cursor differs; no record
	emptied        // every row of the stream is there no more; its record is a truncate
)

// change is a change of the state and, unless it is touched, a record.
type change struct {
	act    int
	stream int64 // number in the state
	name   string
	id     identity
	d      digest
	sealed []byte
	n      uint64 // its batch
	at     int64  // when it was made, ms
	// The record: ranges of the outbox's buffer.
	key, value span
}

type span struct{ from, to int }

// outbox holds changes until a chunk is read.
type outbox struct {
	changes []change
	records int
	buf     []byte
	secret  []byte // scratch
}

func (o *outbox) reset() { o.changes, o.records, o.buf = o.changes[:0], 0, o.buf[:0] }

func (o *outbox) full(rows int) bool { return o.records >= rows || len(o.buf) >= heldBytes }

func (o *outbox) bytes(s span) []byte {
	if s.from == s.to {
		return nil
	}
	return o.buf[s.from:s.to:s.to]
}

// put appends b to the buffer.
func (o *outbox) put(b []byte) span {
	from := len(o.buf)
	o.buf = append(o.buf, b...)
	return span{from, len(o.buf)}
}

// tails are what follows the rows in the envelopes of a table, for one poll.
type tails struct{ read, remove, truncate []byte }

func newTails(source, table string, ms int64) tails {
	end := func(op string) []byte {
		b := fmt.Appendf(nil, `,"op":"%s","ts_ms":%d,"source":{"connector":"sqlite","name":`, op, ms)
		b = scan.AppendQuoted(b, []byte(source))
		b = fmt.Appendf(b, `,"ts_ms":%d,"db":"main","schema":"main","table":`, ms)
		b = scan.AppendQuoted(b, []byte(table))
		return append(b, "}}"...)
	}
	return tails{read: end("r"), remove: end("d"), truncate: end("t")}
}

// appendRow writes a row as a JSON object.
func appendRow(b []byte, t *table, row []driver.Value) []byte {
	b = append(b, '{')
	for i, v := range row {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, t.cols[i].member...)
		b = appendValue(b, t.cols[i].field.Type, v)
	}
	return append(b, '}')
}

// addRow takes in a new or changed row. What a delete will have to say is sealed
// with a new one: the key, or the whole row where there is none.
func (o *outbox) addRow(t *table, row []driver.Value, key []byte, c change, tail []byte, seal stream.Seal) {
	if len(t.key) > 0 {
		c.key = o.put(key)
	}
	from := len(o.buf)
	o.buf = append(o.buf, `{"before":null,"after":`...)
	after := len(o.buf)
	o.buf = appendRow(o.buf, t, row)
	if c.act == added {
		form, clear := byte(sealedKey), key
		if len(t.key) == 0 {
			form, clear = sealedRow, o.buf[after:]
		}
		o.secret = append(append(o.secret[:0], form), clear...)
		c.sealed = seal.Seal(o.secret)
	}
	o.buf = append(o.buf, tail...)
	c.value = span{from, len(o.buf)}
	o.changes = append(o.changes, c)
	o.records++
}

// What a sealed value begins with.
const (
	sealedKey = 'k' // the key as JSON
	sealedRow = 'r' // the whole row as JSON, of a table without a key
)

// addGone takes in a row that is there no more; secret is what was sealed.
func (o *outbox) addGone(secret []byte, c change, tail []byte) error {
	if len(secret) == 0 || secret[0] != sealedKey && secret[0] != sealedRow {
		return fmt.Errorf("read state: a sealed key has no form")
	}
	if secret[0] == sealedKey {
		c.key = o.put(secret[1:])
	}
	from := len(o.buf)
	o.buf = append(o.buf, `{"before":`...)
	o.buf = append(o.buf, secret[1:]...)
	o.buf = append(o.buf, `,"after":null`...)
	o.buf = append(o.buf, tail...)
	c.value = span{from, len(o.buf)}
	o.changes = append(o.changes, c)
	o.records++
	return nil
}

// number gives each change its batch, counting on from n, and returns where each
// batch ends.
func (o *outbox) number(n uint64) (ends []int) {
	rows, size := 0, 0
	for i := range o.changes {
		c := &o.changes[i]
		if c.act != touched {
			more := c.value.to - c.value.from + c.key.to - c.key.from
			if rows == batchRows || rows > 0 && size+more > batchBytes {
				ends = append(ends, i)
				rows, size = 0, 0
			}
			rows++
			size += more
		}
		c.n = n + uint64(len(ends)) + 1
	}
	if rows > 0 {
		ends = append(ends, len(o.changes))
	}
	return ends
}

// batch builds the records of one batch.
func (o *outbox) batch(changes []change, incarnation uint32, into []stream.Record) []stream.Record {
	for i := range changes {
		c := &changes[i]
		if c.act == touched {
			continue
		}
		into = append(into, stream.Record{Stream: c.name, Key: o.bytes(c.key), Value: o.bytes(c.value),
			Seq: stream.NewSeq(incarnation, c.n, uint64(len(into))), Time: c.at})
	}
	return into
}
