package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"

	modernc "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// session is one connection to a database file, used by one goroutine. It speaks
// to the driver without database/sql: PRAGMA data_version means something on one
// connection only, and rows come without a conversion of each value.
type session struct{ conn driver.Conn }

// open opens a file with URI parameters such as mode=ro.
func open(path string, params url.Values) (*session, error) {
	u := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: params.Encode()}
	c, err := (&modernc.Driver{}).Open(u.String())
	if err != nil {
		return nil, err
	}
	return &session{conn: c}, nil
}

func (s *session) close() error {
	if s == nil || s.conn == nil {
		return nil
	}
	err := s.conn.Close()
	s.conn = nil
	return err
}

// statement is a prepared statement.
type statement struct {
	stmt driver.Stmt
	args []driver.NamedValue
	row  []driver.Value
}

func (s *session) prepare(query string) (*statement, error) {
	st, err := s.conn.Prepare(query)
	if err != nil {
		return nil, err
	}
	return &statement{stmt: st}, nil
}

func (p *statement) close() error { return p.stmt.Close() }

func (p *statement) bind(args []driver.Value) []driver.NamedValue {
	p.args = p.args[:0]
	for i, a := range args {
		p.args = append(p.args, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return p.args
}

// run executes the statement and says how many rows it changed.
func (p *statement) run(ctx context.Context, args ...driver.Value) (int64, error) {
	res, err := p.stmt.(driver.StmtExecContext).ExecContext(ctx, p.bind(args))
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// errStop ends each without an error.
var errStop = errors.New("stop")

// each calls fn with every row of the result. The row's slice is reused.
func (p *statement) each(ctx context.Context, fn func(row []driver.Value) error, args ...driver.Value) error {
	rows, err := p.stmt.(driver.StmtQueryContext).QueryContext(ctx, p.bind(args))
	if err != nil {
		return err
	}
	defer rows.Close()
	if n := len(rows.Columns()); len(p.row) != n {
		p.row = make([]driver.Value, n)
	}
	for i := 0; ; i++ {
		if i&0xff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := rows.Next(p.row); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := fn(p.row); errors.Is(err, errStop) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// exec runs a statement once.
func (s *session) exec(ctx context.Context, query string, args ...driver.Value) (int64, error) {
	p, err := s.prepare(query)
	if err != nil {
		return 0, err
	}
	defer p.close()
	return p.run(ctx, args...)
}

// query runs a query once.
func (s *session) query(ctx context.Context, query string, fn func(row []driver.Value) error, args ...driver.Value) error {
	p, err := s.prepare(query)
	if err != nil {
		return err
	}
	defer p.close()
	return p.each(ctx, fn, args...)
}

// one returns the first value of the first row; nil if there is none.
func (s *session) one(ctx context.Context, query string, args ...driver.Value) (driver.Value, error) {
	var v driver.Value
	err := s.query(ctx, query, func(row []driver.Value) error { v = row[0]; return errStop }, args...)
	return v, err
}

// integer is one for integers.
func (s *session) integer(ctx context.Context, query string, args ...driver.Value) (int64, error) {
	v, err := s.one(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	i, ok := v.(int64)
	if !ok && v != nil {
		return 0, fmt.Errorf("%s: not an integer", query)
	}
	return i, nil
}

// code is SQLite's primary result code of err; 0 if it is not SQLite's.
func code(err error) int {
	var e *modernc.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// busy reports whether somebody else held the database, which passes.
func busy(err error) bool {
	c := code(err)
	return c == lib.SQLITE_BUSY || c == lib.SQLITE_LOCKED
}
