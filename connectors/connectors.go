// Package connectors speaks to outside systems, one folder per system, as
// source, sink or both.
//
// Its words are the Airbyte protocol's: spec, check, discover, read, stream,
// catalog. It knows no masking, no policy and no other connector, and does not
// read the environment: settings come through [Config] alone.
//
// Each connector has the same five files, absent rather than empty:
// <name>.go (its [Connector]), config.go, source.go, sink.go, position.go.
package connectors

import (
	"log/slog"
	"time"

	"lethe/stream"
)

// Type is the type of an option.
type Type string

// Types of options and what the file may hold for them.
const (
	Text     Type = "text"
	Path     Type = "path"   // a file or directory, relative to the folder; or a URL
	Secret   Type = "secret" // text that is never shown
	Number   Type = "number" // a whole number
	Flag     Type = "flag"
	Duration Type = "duration" // 10s, 5m
	List     Type = "list"     // of text
	Map      Type = "map"      // of text by name
	Size     Type = "size"     // bytes: 128MiB
)

// Option is one setting of a connector. The options give the documentation, the
// check of the file and the defaults.
type Option struct {
	Name     string
	Type     Type
	Required bool
	Default  any // of the Go type that Config returns for Type; nil for its zero value
	Help     string
}

// Connector is a system that Lethe can read or write.
type Connector struct {
	Name   string
	Help   string // one sentence
	Source []Option
	Sink   []Option
	// OpenSource and OpenSink are nil where the system cannot be one. They
	// check the configuration and do not connect yet.
	OpenSource func(Env, Config) (stream.Source, error)
	OpenSink   func(Env, Config) (stream.Sink, error)
	// Keyless says what is less than one may expect of a stream (schema.table)
	// without a primary key, and what mends it; nil where that changes nothing.
	Keyless func(stream string) (msg, hint string)
}

// Env is what a connector may use of the process it runs in.
type Env struct {
	Workspace string
	Name      string // of the source or sink in lethe.yaml
	StateDir  string // an own directory for state between runs
	Seal      stream.Seal
	Secret    func(name string) ([]byte, error) // 32-byte keys, such as file-salt
	Log       *slog.Logger
	// Gauge registers a metric lethe_<name>{source or sink} and returns its
	// setter.
	Gauge func(name, help string) func(float64)
	// Now is the clock.
	Now func() time.Time
	// Begin reports whether a stream that was never read may be; nil: any may. One
	// that may not waits: nothing of it is given, and nothing is lost, since it is
	// read from its beginning once it may. One that was begun is read on in any case.
	Begin func(stream string) bool
	// Again gives a number for a stream of which all rows are to be given once
	// more: a greater one each time, 0 where they never were; nil: none ever are. A
	// source keeps in its position the number under which it reads a stream. Where
	// that is less, it empties the stream (op t) and gives all its rows.
	Again func(stream string) int64
}

// MayBegin is what Begin says, or true without one.
func (e Env) MayBegin(stream string) bool { return e.Begin == nil || e.Begin(stream) }

// ReadAgain is what Again gives, or 0 without one.
func (e Env) ReadAgain(stream string) int64 {
	if e.Again == nil {
		return 0
	}
	return e.Again(stream)
}

// Config holds a connector's options, checked against its [Option] list and
// filled up with defaults: string (a path is
// absolute), stream.Value (secret), int64, bool,
// time.Duration, []string, map[string]string.
type Config map[string]any

// Text returns a text option.
func (c Config) Text(name string) string { s, _ := c[name].(string); return s }

// Secret returns a secret option.
func (c Config) Secret(name string) stream.Value { v, _ := c[name].(stream.Value); return v }

// Number returns a number or a size in bytes.
func (c Config) Number(name string) int64 { n, _ := c[name].(int64); return n }

// Flag returns a flag.
func (c Config) Flag(name string) bool { b, _ := c[name].(bool); return b }

// Duration returns a duration.
func (c Config) Duration(name string) time.Duration { d, _ := c[name].(time.Duration); return d }

// List returns a list of text.
func (c Config) List(name string) []string { l, _ := c[name].([]string); return l }

// Map returns a map of text.
func (c Config) Map(name string) map[string]string { m, _ := c[name].(map[string]string); return m }
