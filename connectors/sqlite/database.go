package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"time"

	lib "modernc.org/sqlite/lib"

	"lethe/stream"
)

// maxView is how long a read transaction is held: a reader keeps the WAL from
// being checkpointed.
const maxView = 10 * time.Second

// errMoved says that the schema changed between two views of one poll.
var errMoved = errors.New("schema changed while reading")

// database is the user's database, read only.
type database struct {
	*session
	path string
	file os.FileInfo
	wal  bool
	now  func() time.Time

	viewing bool
	view    int // counts views
	began   time.Time
	schema  int64 // PRAGMA schema_version that the catalog was read at
}

// openDatabase opens the file. What is wrong with it is a Fault.
func openDatabase(ctx context.Context, source, path string, now func() time.Time) (*database, error) {
	fault := func(code, msg, hint string, exit int) error {
		return &stream.Fault{Code: code, Path: "sources." + source + ".path", Msg: msg, Hint: hint, Exit: exit}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault("sqlite.missing", fmt.Sprintf("no file %s", path), "write the path of an existing database; relative paths begin at the folder of lethe.yaml", 0)
	case err != nil:
		return nil, fault("sqlite.open", err.Error(), "", stream.ExitEnvironment)
	case info.IsDir():
		return nil, fault("sqlite.missing", fmt.Sprintf("%s is a folder", path), "write the path of the database file in it", 0)
	}
	s, err := open(path, url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)", "query_only(1)"}})
	if err == nil {
		_, err = s.integer(ctx, `SELECT count(*) FROM sqlite_schema`)
	}
	if err != nil {
		s.close()
		switch code(err) {
		case lib.SQLITE_NOTADB:
			return nil, fault("sqlite.not_a_database", fmt.Sprintf("%s is not a SQLite database, or is encrypted", path), "sqlite3 "+path+" .tables", 0)
		case lib.SQLITE_CORRUPT:
			return nil, fault("sqlite.corrupt", fmt.Sprintf("%s is damaged", path), "sqlite3 "+path+" 'PRAGMA integrity_check'", stream.ExitEnvironment)
		case lib.SQLITE_CANTOPEN, lib.SQLITE_PERM, lib.SQLITE_READONLY:
			return nil, fault("sqlite.open", fmt.Sprintf("%s cannot be opened: %v", path, err), "the user of lethe needs to read the file and, in WAL mode, to write the -shm file beside it", stream.ExitEnvironment)
		}
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	mode, err := s.one(ctx, `PRAGMA journal_mode`)
	if err != nil {
		s.close()
		return nil, fmt.Errorf("open %s: journal mode: %w", path, err)
	}
	return &database{session: s, path: path, file: info, wal: mode == "wal", now: now}, nil
}

// replaced reports whether another file lies at the path by now.
func (d *database) replaced() bool {
	info, err := os.Stat(d.path)
	return err == nil && !os.SameFile(info, d.file)
}

// version changes with every commit that somebody makes.
func (d *database) version(ctx context.Context) (int64, error) {
	return d.integer(ctx, `PRAGMA data_version`)
}

// begin opens a view: what is read until end is of one moment.
func (d *database) begin(ctx context.Context) error {
	if d.viewing {
		return nil
	}
	if _, err := d.exec(ctx, `BEGIN`); err != nil {
		return fmt.Errorf("begin view: %w", err)
	}
	d.viewing = true
	d.view++
	d.began = d.now()
	// The first read makes the view.
	schema, err := d.integer(ctx, `PRAGMA schema_version`)
	if err != nil {
		d.end()
		return fmt.Errorf("begin view: %w", err)
	}
	if d.schema != 0 && d.schema != schema {
		d.end()
		return errMoved
	}
	return nil
}

func (d *database) end() {
	if d.viewing {
		d.viewing = false
		// Nothing was written, so there is nothing that could fail to commit.
		_, _ = d.exec(context.Background(), `ROLLBACK`)
	}
}

// pause ends the view where holding it longer would harm writers; the next begin
// renews it.
func (d *database) pause() {
	if !d.wal || d.now().Sub(d.began) >= maxView {
		d.end()
	}
}
