// Package index finds the receipt of a record or file in a log of millions of entries
// without reading it from its beginning.
//
// An index is a file beside the log that says in which leaf to look. It proves nothing:
// whoever looks there reads the leaf from the log, which is held against the checkpoint.
// It is made from the log alone, brought up to date whenever it is opened, and made anew
// if it is of another log, of one that was rolled back, or damaged. It holds names of
// topics, objects and workers, and numbers; no value of a record.
//
// Promise: L4 provable: an index that is not of this log is not used.
package index

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite"

	"lethe/audit"
	"lethe/stream"
)

// version is that of the tables; an index of another is made anew.
const version = "3"

const tables = `
create table at (size integer not null, root text not null);
create table topics (id integer primary key, name text not null unique);
create table outs (topic integer, part integer, first integer, last integer, leaf integer,
	primary key (topic, part, first, leaf)) without rowid;
create table objects (name text primary key, leaf integer not null) without rowid;
create table workers (name text, shard integer, leaf integer not null, primary key (name, shard)) without rowid;
create table revoked (name text primary key, leaf integer not null) without rowid;
insert into at values (0, '');
pragma user_version = ` + version

// errOther says that the file is no index of this log.
var errOther = errors.New("an index of another log, or of another version")

// Index is an open index.
type Index struct{ db *sql.DB }

// Open opens the index in the file at path, makes it if it is not there, and reads
// what the log has beyond it. Errors of the log are those of [audit.Reader].
func Open(ctx context.Context, path string, r *audit.Reader) (*Index, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	x, err := open(ctx, path, r)
	if err == nil || ctx.Err() != nil || errors.Is(err, audit.ErrDamaged) {
		return x, err
	}
	for _, file := range []string{path, path + "-journal"} {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("index: %w", err)
		}
	}
	return open(ctx, path, r)
}

func open(ctx context.Context, path string, r *audit.Reader) (*Index, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(60000)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	if err := update(ctx, db, r); err != nil {
		return nil, errors.Join(fmt.Errorf("index: %w", err), db.Close())
	}
	return &Index{db}, nil
}

// Close closes the index.
func (x *Index) Close() error { return x.db.Close() }

// update reads what the log has beyond the index, all of it or nothing.
func update(ctx context.Context, db *sql.DB, r *audit.Reader) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing once it is committed
	from, err := standing(ctx, tx, r)
	if err != nil || from == r.Size() {
		return err
	}
	if err := r.Scan(ctx, from, func(l audit.Leaf) error { return add(ctx, tx, l) }); err != nil {
		return err
	}
	root, err := r.Root(r.Size())
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `update at set size = ?, root = ?`, r.Size(), root.String()); err != nil {
		return err
	}
	return tx.Commit()
}

// standing is how much of the log the index holds.
func standing(ctx context.Context, tx *sql.Tx, r *audit.Reader) (size int64, err error) {
	var is string
	if err := tx.QueryRowContext(ctx, `pragma user_version`).Scan(&is); err != nil {
		return 0, err
	}
	if is == "0" {
		_, err := tx.ExecContext(ctx, tables)
		return 0, err
	}
	var root string
	if is != version {
		return 0, errOther
	}
	if err := tx.QueryRowContext(ctx, `select size, root from at`).Scan(&size, &root); err != nil || size == 0 {
		return 0, err
	}
	if size > r.Size() {
		return 0, errOther
	}
	// L4: the root commits to every entry that was read, and their order.
	h, err := r.Root(size)
	if err == nil && h.String() != root {
		err = errOther
	}
	return size, err
}

// add notes what an entry tells of. What is no entry lethe verify tells of.
func add(ctx context.Context, tx *sql.Tx, l audit.Leaf) error {
	e, _ := audit.ReadEntry(l.Entry, stream.EntryEnrol, stream.EntryRevoke, stream.EntryReceipt)
	switch e.Kind {
	case stream.EntryEnrol, stream.EntryRevoke:
		var b struct {
			Worker string `json:"worker"`
		}
		if json.Unmarshal(e.Body, &b) != nil || !l.SignedByLog() {
			return nil
		}
		if e.Kind == stream.EntryRevoke {
			_, err := tx.ExecContext(ctx, `insert or ignore into revoked values (?, ?)`, b.Worker, l.Index)
			return err
		}
		_, err := tx.ExecContext(ctx, `insert or ignore into workers values (?, ?, ?)`, b.Worker, l.Shard.First, l.Index)
		return err
	case stream.EntryReceipt:
		var b stream.Receipt
		if json.Unmarshal(e.Body, &b) != nil {
			return nil
		}
		for _, p := range b.Parts {
			if err := addPart(ctx, tx, l.Index, p); err != nil {
				return err
			}
		}
	}
	return nil
}

func addPart(ctx context.Context, tx *sql.Tx, leaf int64, p stream.Part) error {
	if p.Object != "" {
		if _, err := tx.ExecContext(ctx, `insert or ignore into objects values (?, ?)`, p.Object, leaf); err != nil {
			return err
		}
	}
	for _, o := range p.Out {
		if _, err := tx.ExecContext(ctx, `insert or ignore into topics (name) values (?)`, o.Topic); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `insert or ignore into outs select id, ?, ?, ?, ? from topics where name = ?`,
			o.Partition, int64(o.First), int64(o.Last), leaf, o.Topic); err != nil {
			return err
		}
	}
	return nil
}

// Record is the leaf of the receipt that tells of the record at an offset of a topic;
// fs.ErrNotExist if none does. Of receipts that overlap, which verification tells of,
// it is the first in the log among the 256 that begin nearest before the offset.
func (x *Index) Record(ctx context.Context, topic string, partition int32, offset int64) (int64, error) {
	return x.leaf(ctx, `select leaf from (select leaf, last from outs where topic = (select id from topics where name = ?) and part = ?
		and first <= ? order by first desc limit 256) where last >= ? order by leaf limit 1`, topic, partition, offset, offset)
}

// Object is the leaf of the first receipt that tells of an object; fs.ErrNotExist if
// none does.
func (x *Index) Object(ctx context.Context, name string) (int64, error) {
	return x.leaf(ctx, `select leaf from objects where name = ?`, name)
}

// Worker is the leaf of the entry by which the key of a shard enrolled a worker first
// there, and that by which the worker's key was revoked first in the log, -1 if none did;
// fs.ErrNotExist of a worker who was never enrolled in that shard.
func (x *Index) Worker(ctx context.Context, name string, shard *audit.Shard) (enrolled, revoked int64, err error) {
	if enrolled, err = x.leaf(ctx, `select leaf from workers where name = ? and shard = ?`, name, shard.First); err != nil {
		return 0, 0, err
	}
	if revoked, err = x.leaf(ctx, `select leaf from revoked where name = ?`, name); errors.Is(err, fs.ErrNotExist) {
		return enrolled, -1, nil
	}
	return enrolled, revoked, err
}

func (x *Index) leaf(ctx context.Context, query string, args ...any) (leaf int64, err error) {
	err = x.db.QueryRowContext(ctx, query, args...).Scan(&leaf)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fs.ErrNotExist
	}
	if err != nil {
		return 0, fmt.Errorf("index: %w", err)
	}
	return leaf, nil
}
