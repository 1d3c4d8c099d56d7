package sqlite

import (
	"errors"
	"fmt"
	"log/slog"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lethe/connectors"
	"lethe/stream"
)

const (
	defaultChunk = 10_000
	maxChunk     = 1_000_000
	defaultPoll  = 2 * time.Second
)

// settings are a source's options, checked.
type settings struct {
	path         string
	tables       []string
	cursor       map[string]string
	cursorColumn string
	poll         time.Duration
	deletes      time.Duration
	chunk        int
}

func openSource(env connectors.Env, cfg connectors.Config) (stream.Source, error) {
	set, err := configure(env.Name, cfg)
	if err != nil {
		return nil, err
	}
	if env.Log == nil {
		env.Log = slog.New(slog.DiscardHandler)
	}
	if env.Now == nil {
		env.Now = time.Now
	}
	s := &Source{env: env, set: set, complete: func(float64) {}}
	if env.Gauge != nil {
		s.complete = env.Gauge("sqlite_complete_timestamp_seconds", "Unix time up to which every change was found, deletes too.")
	}
	return s, nil
}

func configure(name string, cfg connectors.Config) (settings, error) {
	set := settings{
		tables:       cfg.List("tables"),
		cursor:       cfg.Map("cursor"),
		cursorColumn: cfg.Text("cursor_column"),
		poll:         cfg.Duration("poll"),
		deletes:      cfg.Duration("deletes"),
		chunk:        int(cfg.Number("chunk_rows")),
	}
	var faults []error
	bad := func(option, msg, hint string) {
		faults = append(faults, &stream.Fault{Code: "sqlite.option", Path: "sources." + name + "." + option, Msg: msg, Hint: hint})
	}
	if cfg.Text("path") == "" {
		bad("path", "path is missing", "path: ./shop.db")
	} else if p, err := filepath.Abs(cfg.Text("path")); err != nil {
		bad("path", err.Error(), "")
	} else {
		set.path = p
	}
	if set.poll == 0 {
		set.poll = defaultPoll
	}
	if set.chunk == 0 {
		set.chunk = defaultChunk
	}
	if set.poll < 0 || set.deletes < 0 {
		bad("poll", "a time is below zero", "poll: 2s")
	}
	if set.chunk < 1 || set.chunk > maxChunk {
		bad("chunk_rows", fmt.Sprintf("%d is not between 1 and %d", set.chunk, maxChunk), fmt.Sprintf("chunk_rows: %d", defaultChunk))
	}
	for _, pattern := range set.tables {
		if _, err := path.Match(pattern, ""); err != nil {
			bad("tables", fmt.Sprintf("%q: %v", pattern, err), "tables: [customer, order_*]")
		}
	}
	return set, errors.Join(faults...)
}

// selects reports whether the table is one to read.
func (s settings) selects(table string) bool {
	if len(s.tables) == 0 {
		return true
	}
	for _, pattern := range s.tables {
		if matches(pattern, table) {
			return true
		}
	}
	return false
}

// matches compares as SQLite compares names: without regard to ASCII case.
func matches(pattern, table string) bool {
	ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(table))
	return ok && err == nil
}

// cursorOf is the cursor column that the options name for a table; "" for none.
func (s settings) cursorOf(table string) string {
	for t, c := range s.cursor {
		if strings.EqualFold(t, table) {
			return c
		}
	}
	return s.cursorColumn
}

// fit says what the options name that the database does not have.
func (s settings) fit(name string, tables []*table) []error {
	var faults []error
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.name
	}
	slices.Sort(names)
	bad := func(code, option, msg, hint string) {
		faults = append(faults, &stream.Fault{Code: code, Path: "sources." + name + "." + option, Msg: msg, Hint: hint})
	}
	has := "this database has " + strings.Join(names, ", ")
	for _, pattern := range s.tables {
		if !slices.ContainsFunc(names, func(n string) bool { return matches(pattern, n) }) {
			bad("sqlite.table", "tables", fmt.Sprintf("no table %q in %s", pattern, s.path), has)
		}
	}
	for want, column := range s.cursor {
		var found *table
		for _, t := range tables {
			if strings.EqualFold(want, t.name) {
				found = t
			}
		}
		if found == nil {
			bad("sqlite.table", "cursor."+want, fmt.Sprintf("no table %q in %s", want, s.path), has)
		} else if found.column(column) < 0 {
			bad("sqlite.cursor", "cursor."+want, fmt.Sprintf("table %s has no column %q", found.name, column), "it has "+strings.Join(found.columnNames(), ", "))
		}
	}
	if s.cursorColumn != "" && len(tables) > 0 {
		with := slices.ContainsFunc(tables, func(t *table) bool { return t.column(s.cursorColumn) >= 0 })
		if !with {
			bad("sqlite.cursor", "cursor_column", fmt.Sprintf("no table has a column %q", s.cursorColumn), "leave cursor_column out: tables without a cursor are compared whole")
		}
	}
	return faults
}
