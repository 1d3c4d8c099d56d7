package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"lethe/stream"
)

const (
	stateFile = "sqlite-state.db"
	endless   = int64(math.MaxInt64)
)

// state is the local database of what was given. A row of live stands for a row
// of the source as batch n left it; undo holds what batch n replaced, was being
// the batch that had left it so. Together they lead back to any batch from floor
// on:
//
//	live rows newer than the position go; of undo, what came after the position
//	and was there at it, returns.
//
// Batches that were undone are made again, perhaps otherwise, and with the same
// numbers. So each undo begins a branch with a new identity, and branch says
// from which number to which the positions of an identity can be led back to.
//
// Errors are not wrapped with %w: a lock on the state is no reason to poll again.
type state struct {
	*session
	path        string
	identity    string // of the present branch
	incarnation uint32
	n, floor    uint64
	streams     map[string]int64
	counts      map[int64]int64 // rows of live by stream, of those asked for

	insert, keep, update, touch, remove, lookup, sealed *statement
}

const stateSchema = `
CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, identity TEXT NOT NULL,
	incarnation INTEGER NOT NULL, n INTEGER NOT NULL, floor INTEGER NOT NULL);
CREATE TABLE branch (identity TEXT PRIMARY KEY, low INTEGER NOT NULL, high INTEGER NOT NULL);
CREATE TABLE stream (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE live (stream INTEGER NOT NULL, k BLOB NOT NULL, d BLOB NOT NULL, s BLOB NOT NULL, n INTEGER NOT NULL,
	PRIMARY KEY (stream, k)) WITHOUT ROWID;
CREATE TABLE undo (n INTEGER NOT NULL, stream INTEGER NOT NULL, k BLOB NOT NULL, d BLOB NOT NULL, s BLOB NOT NULL,
	was INTEGER NOT NULL, PRIMARY KEY (n, stream, k)) WITHOUT ROWID;
`

// openState opens the state of a directory, or makes an empty one.
func openState(dir string) (*state, error) {
	if dir == "" {
		return nil, stateFault("state", errors.New("there is no directory for it"))
	}
	path := filepath.Join(dir, stateFile)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, stateFault(path, err)
	}
	// SQLite gives the WAL the permissions of the database.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, stateFault(path, err)
	}
	if err := f.Close(); err != nil {
		return nil, stateFault(path, err)
	}
	// A killed process loses nothing of a WAL that is not synced; a machine that
	// loses power may, and the position then tells that the state is behind.
	s, err := open(path, url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)",
		"cache_size(-65536)", "wal_autocheckpoint(8000)"}})
	if err != nil {
		return nil, stateFault(path, err)
	}
	st := &state{session: s, path: path, streams: map[string]int64{}, counts: map[int64]int64{}}
	if err := st.load(context.Background()); err != nil {
		s.close()
		return nil, stateFault(path, err)
	}
	return st, nil
}

func stateFault(path string, err error) error {
	return &stream.Fault{Code: "sqlite.state", Path: path, Msg: fmt.Sprintf("the state of the source cannot be used: %v", err),
		Hint: "another process may hold it; if it is damaged, delete it: the source then gives every row once more", Exit: stream.ExitEnvironment}
}

func (st *state) load(ctx context.Context) error {
	made, err := st.integer(ctx, `SELECT count(*) FROM sqlite_schema`)
	if err != nil {
		return err
	}
	if made == 0 {
		err := st.within(ctx, func() error {
			if _, err := st.exec(ctx, stateSchema); err != nil {
				return err
			}
			identity := rand.Text()
			if _, err := st.exec(ctx, `INSERT INTO meta VALUES (1, 1, ?, 0, 0, 0)`, identity); err != nil {
				return err
			}
			_, err := st.exec(ctx, `INSERT INTO branch VALUES (?, 0, ?)`, identity, endless)
			return err
		})
		if err != nil {
			return err
		}
	}
	var version int64
	err = st.query(ctx, `SELECT version, identity, incarnation, n, floor FROM meta`, func(row []driver.Value) error {
		version, _ = row[0].(int64)
		st.identity, _ = row[1].(string)
		incarnation, _ := row[2].(int64)
		n, _ := row[3].(int64)
		floor, _ := row[4].(int64)
		st.incarnation, st.n, st.floor = uint32(incarnation), uint64(n), uint64(floor)
		return nil
	})
	if err != nil {
		return err
	}
	if version != 1 {
		return fmt.Errorf("version %d is of another release", version)
	}
	err = st.query(ctx, `SELECT id, name FROM stream`, func(row []driver.Value) error {
		name, _ := row[1].(string)
		st.streams[name], _ = row[0].(int64)
		return nil
	})
	if err != nil {
		return err
	}
	return st.prepareAll()
}

func (st *state) prepareAll() error {
	for _, p := range []struct {
		to    **statement
		query string
	}{
		{&st.insert, `INSERT INTO live (stream, k, d, s, n) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`},
		{&st.keep, `INSERT OR IGNORE INTO undo (n, stream, k, d, s, was) SELECT ?, stream, k, d, s, n FROM live WHERE stream = ? AND k = ?`},
		{&st.update, `UPDATE live SET d = ?, n = ? WHERE stream = ? AND k = ?`},
		{&st.touch, `UPDATE live SET d = ? WHERE stream = ? AND k = ?`},
		{&st.remove, `DELETE FROM live WHERE stream = ? AND k = ?`},
		{&st.lookup, `SELECT d FROM live WHERE stream = ? AND k = ?`},
		{&st.sealed, `SELECT s FROM live WHERE stream = ? AND k = ?`},
	} {
		var err error
		if *p.to, err = st.prepare(p.query); err != nil {
			return err
		}
	}
	return nil
}

func (st *state) close() error {
	if st == nil {
		return nil
	}
	for _, p := range []*statement{st.insert, st.keep, st.update, st.touch, st.remove, st.lookup, st.sealed} {
		if p != nil {
			_ = p.close()
		}
	}
	return st.session.close()
}

// within runs fn in one transaction.
func (st *state) within(ctx context.Context, fn func() error) error {
	if _, err := st.exec(ctx, `BEGIN IMMEDIATE`); err != nil {
		return err
	}
	err := fn()
	if err == nil {
		_, err = st.exec(ctx, `COMMIT`)
	}
	if err != nil {
		_, _ = st.exec(context.Background(), `ROLLBACK`)
	}
	return err
}

// write stores changes and the number of the last batch that they make, and
// forgets how to undo what is committed. The batches are given afterwards: the
// state may be ahead of the position, never behind.
func (st *state) write(changes []change, n, committed uint64) error {
	ctx := context.Background()
	floor := max(st.floor, min(committed, st.n))
	grown := map[int64]int64{}
	err := st.within(ctx, func() error {
		// Another process that took the state over has raised n.
		took, err := st.exec(ctx, `UPDATE meta SET n = ?, floor = ? WHERE identity = ? AND n = ?`, int64(n), int64(floor), st.identity, int64(st.n))
		if err != nil {
			return err
		}
		if took != 1 {
			return fmt.Errorf("another process took it over")
		}
		if floor > st.floor {
			for _, q := range []string{`DELETE FROM undo WHERE n <= ?`, `DELETE FROM branch WHERE high < ?`} {
				if _, err := st.exec(ctx, q, int64(floor)); err != nil {
					return err
				}
			}
		}
		for _, i := range nearby(changes) {
			more, err := st.apply(ctx, &changes[i])
			if err != nil {
				return err
			}
			grown[changes[i].stream] += more
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write state: %v", err)
	}
	st.n, st.floor = n, floor
	for id, more := range grown {
		if _, asked := st.counts[id]; asked {
			st.counts[id] += more
		}
	}
	return nil
}

// nearby orders changes by where they lie in the state: a page is then written
// once.
func nearby(changes []change) []int {
	order := make([]int, len(changes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return slices.Compare(changes[a].id[:], changes[b].id[:])
	})
	return order
}

// apply stores one change and returns by how many rows live grew.
func (st *state) apply(ctx context.Context, c *change) (int64, error) {
	n := int64(c.n)
	k := driver.Value(c.id[:])
	d := driver.Value(c.d[:])
	if c.act == touched {
		_, err := st.touch.run(ctx, d, c.stream, k)
		return 0, err
	}
	if c.act == emptied {
		if _, err := st.exec(ctx, `INSERT OR IGNORE INTO undo (n, stream, k, d, s, was) SELECT ?, stream, k, d, s, n FROM live WHERE stream = ?`, n, c.stream); err != nil {
			return 0, err
		}
		went, err := st.exec(ctx, `DELETE FROM live WHERE stream = ?`, c.stream)
		return -went, err
	}
	if c.act == added {
		done, err := st.insert.run(ctx, c.stream, k, d, c.sealed, n)
		if err != nil || done == 1 {
			return done, err
		}
		// The row was met twice in one scan, changed between: keep both steps.
	}
	if _, err := st.keep.run(ctx, n, c.stream, k); err != nil {
		return 0, err
	}
	if c.act == gone {
		done, err := st.remove.run(ctx, c.stream, k)
		return -done, err
	}
	_, err := st.update.run(ctx, d, n, c.stream, k)
	return 0, err
}

// stream is the number of a stream in the state.
func (st *state) stream(name string) (int64, error) {
	if id, ok := st.streams[name]; ok {
		return id, nil
	}
	ctx := context.Background()
	if _, err := st.exec(ctx, `INSERT INTO stream (name) VALUES (?)`, name); err != nil {
		return 0, fmt.Errorf("write state: %v", err)
	}
	id, err := st.integer(ctx, `SELECT id FROM stream WHERE name = ?`, name)
	if err != nil {
		return 0, fmt.Errorf("read state: %v", err)
	}
	st.streams[name] = id
	return id, nil
}

// count is how many rows of a stream were given and are not gone.
func (st *state) count(id int64) (int64, error) {
	if n, ok := st.counts[id]; ok {
		return n, nil
	}
	n, err := st.integer(context.Background(), `SELECT count(*) FROM live WHERE stream = ?`, id)
	if err != nil {
		return 0, fmt.Errorf("read state: %v", err)
	}
	st.counts[id] = n
	return n, nil
}

// secretOf returns what was sealed with a row.
func (st *state) secretOf(id int64, k identity) ([]byte, error) {
	var out []byte
	err := st.sealed.each(context.Background(), func(row []driver.Value) error {
		out, _ = row[0].([]byte)
		return nil
	}, id, k[:])
	if err != nil {
		return nil, fmt.Errorf("read state: %v", err)
	}
	return out, nil
}

// given is the set of streams that the state knows.
func (st *state) given() map[string]bool {
	names := make(map[string]bool, len(st.streams))
	for name := range st.streams {
		names[name] = true
	}
	return names
}
