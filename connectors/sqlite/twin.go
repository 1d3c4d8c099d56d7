package sqlite

import (
	"context"
	"database/sql/driver"
	"slices"
	"strings"

	"lethe/stream"
	"lethe/stream/scan"
)

// unlike is a value of a key that is written like another row's. It is written
// as it lies in SQLite, in an object that names the storage class: no two rows
// have the same, and no contract takes it for the value.
type unlike struct{ driver.Value }

func appendUnlike(b []byte, v driver.Value) []byte {
	switch v := v.(type) {
	case int64:
		b = appendInt(append(b, `{"integer":`...), stream.Type{Base: stream.Int}, v)
	case float64:
		b = appendFloat(append(b, `{"real":`...), stream.Type{Base: stream.String}, v)
	case string:
		b = scan.AppendQuoted(append(b, `{"text":`...), []byte(v))
	default:
		b = appendValue(append(b, `{"blob":`...), stream.Type{Base: stream.Bytes}, v)
	}
	return append(b, '}')
}

// unlike is a row with such a key.
func (t *table) unlike(row []driver.Value) []driver.Value {
	row = slices.Clone(row)
	for _, i := range t.key {
		row[i] = unlike{row[i]}
	}
	return row
}

// twin is the identity of a row whose key is written like that of the row with
// id, and leaves its own key in the scratch buffer. It is in the same shard of the
// index, so that both are met in the same pass.
func (s *tableScan) twin(id identity, value func(n int) driver.Value) identity {
	key, _ := s.key(s.t.key, func(n int) driver.Value { return unlike{value(n)} })
	own := s.digests.key(s.t, key)
	own[0] = id[0]
	return own
}

// first reads a table of which the state knows nothing.
func (s *tableScan) first(ctx context.Context, sel selection) error {
	var k knowledge = nothing{}
	if apart, err := s.apart(ctx); err != nil {
		return err
	} else if !apart {
		k = &fresh{lookup: lookup{st: s.st, id: s.id, seen: map[identity]bool{}}, out: &s.out}
	}
	clear(s.digests.copies)
	if err := s.each(ctx, sel, func(_, row []driver.Value) error { return s.consider(row, k) }); err != nil {
		return err
	}
	if err := s.flush(); err != nil || !s.left {
		return err
	}
	var err error
	if s.rows, err = s.st.count(s.id); err != nil {
		return err
	}
	return s.compare(ctx)
}

// apart reports whether different keys are surely written differently: all of one
// storage class, and no text that is read as something else.
func (s *tableScan) apart(ctx context.Context) (bool, error) {
	if len(s.t.key) == 0 {
		return true, nil
	}
	var classes []string
	for _, i := range s.t.key {
		classes = append(classes, "typeof("+quote(s.t.cols[i].field.Name)+")")
	}
	var found [][]driver.Value
	err := s.db.query(ctx, "SELECT DISTINCT "+strings.Join(classes, ", ")+" FROM main."+quote(s.t.name)+" LIMIT 2", func(row []driver.Value) error {
		found = append(found, slices.Clone(row))
		return nil
	})
	if err != nil || len(found) == 0 {
		return true, err
	}
	read := []stream.Base{stream.Bool, stream.Date, stream.TimeOfDay, stream.Timestamp, stream.TimestampTZ, stream.JSON}
	for n, i := range s.t.key {
		if found[0][n] == "text" && slices.Contains(read, s.t.cols[i].field.Type.Base) {
			return false, nil
		}
	}
	return len(found) == 1, nil
}

// fresh is the knowledge of a state that is filled by this very scan: what it
// knows was met before, and what waits in the outbox too.
type fresh struct {
	lookup
	out *outbox
}

func (k *fresh) find(id identity) (digest, finding, error) {
	if len(k.out.changes) == 0 {
		clear(k.seen)
	}
	d, f, err := k.lookup.find(id)
	if f == known {
		f = again
	}
	return d, f, err
}
