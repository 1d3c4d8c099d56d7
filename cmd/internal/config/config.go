// Package config reads a folder: lethe.yaml, and the policies and contracts that
// it names.
//
// Its words are those of lethe.yaml (source, sink, connection) and of the
// connectors' option lists. It opens no source and starts nothing. Files are
// decoded by rules/strict, so an unknown key, a wrong type or an unset variable
// is told with file, line and path, and every fault is told at once.
//
// Promise: L7 unprintable: a fault names keys and variables, never their values.
package config

import (
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"lethe/connectors"
	"lethe/rules/strict"
	"lethe/stream"
)

// Names of the files of a folder.
const (
	FileName  = "lethe.yaml"
	Contracts = "contracts"   // directory of <stream>.odcs.yaml
	PublicKey = "log.pub"     // verifier key of the audit log
	Policy    = "policy.yaml" // of connections that name no other

	LogKeyName = "log.key" // signer key of the audit log, in the keyring's directory
	// NextLogKeyName is the signer key that the log goes on under next, where one was made.
	NextLogKeyName = "log.next.key"
)

// Defaults of what lethe.yaml leaves out.
const (
	DefaultPartitions = 8
	DefaultMaxRecord  = 16 << 20
	DefaultRawMaxAge  = 7 * 24 * time.Hour
	// DefaultKeep is for the embedded broker, which holds an index of what it
	// keeps in memory. Brokers that are named keep for ever.
	DefaultKeep = time.Hour
)

// Folder is a folder as it was read. Paths are absolute.
type Folder struct {
	Dir       string // as it was given, for messages
	Root      string
	Workspace string

	Brokers    []string // empty: the embedded broker
	Partitions int32    // of each data topic
	MaxRecord  int64    // bytes
	RawMaxAge  time.Duration
	// GivenUp are former sources and connections for which nothing is kept.
	GivenUp []string
	Keep    time.Duration // of what nobody has to read any more, raw records apart; 0 for ever

	Keys  string // directory of the file keyring
	Cover string // directory of the cover of subjects' keys
	Log   string // directory of the audit log
	State string // directory of what this machine keeps between runs
	// Witnesses is the file of the policy that the log's checkpoints are cosigned under;
	// "" for none.
	Witnesses string
	Metrics   string // address to listen on; "" for none

	Sampling Sampling
	Index    Index  // of subjects
	Mirror   Mirror // of the audit log; without a bucket there is none
	Reveal   Reveal // nobody may, unless lethe.yaml says who

	SIEM []SIEM // where audit events go

	Sources     []Source
	Sinks       []Sink
	Connections []Connection

	// Doc places faults in lethe.yaml.
	Doc *strict.Doc
}

// Source is a source of lethe.yaml.
type Source struct {
	Name      string
	Connector connectors.Connector
	Config    connectors.Config
}

// Sink is a sink of lethe.yaml.
type Sink struct {
	Name      string
	Connector connectors.Connector
	Config    connectors.Config
	Region    string
	Clearance []stream.Label
}

// Connection is a connection of lethe.yaml.
type Connection struct {
	Name     string
	From, To string // a source and a sink
	Purpose  string
	Policy   string // file
}

// Source returns the source called name.
func (f *Folder) Source(name string) (Source, bool) {
	for _, s := range f.Sources {
		if s.Name == name {
			return s, true
		}
	}
	return Source{}, false
}

// Sink returns the sink called name.
func (f *Folder) Sink(name string) (Sink, bool) {
	for _, s := range f.Sinks {
		if s.Name == name {
			return s, true
		}
	}
	return Sink{}, false
}

// Connection returns the connection called name.
func (f *Folder) Connection(name string) (Connection, bool) {
	for _, c := range f.Connections {
		if c.Name == name {
			return c, true
		}
	}
	return Connection{}, false
}

// Roots is the directory of the cover's root keys. It is the keyring's, so that
// whoever backs that up apart has no cover without having both.
func (f *Folder) Roots() string { return filepath.Join(f.Keys, "subjects") }

// PublicKeyFile is where the verifier key of the folder's log is.
func (f *Folder) PublicKeyFile() string { return filepath.Join(f.Root, PublicKey) }

// Rel is a path as a person would write it from where the folder was named.
func (f *Folder) Rel(path string) string {
	rel, err := filepath.Rel(f.Root, path)
	if err != nil {
		return path
	}
	return filepath.Join(f.Dir, rel)
}

// Load reads lethe.yaml of dir. env gives the value of ${NAME}. The error joins
// every fault of the file; policies and contracts are read by [Folder.Rules].
func Load(dir string, env func(string) (string, bool)) (*Folder, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	name := filepath.Join(dir, FileName)
	data, err := ReadFile(name, filepath.Join(root, FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &stream.Fault{Code: "config.no_folder", Path: name, Msg: "there is no " + FileName,
			Hint: "lethe init " + dir, Exit: stream.ExitInput}
	}
	if err != nil {
		return nil, err
	}
	f := &Folder{Dir: dir, Root: root}
	return f, f.decode(name, data, env)
}

// Check tells the faults of data as lethe.yaml of dir; any variable is set.
func Check(dir string, data []byte) error {
	root, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	f := &Folder{Dir: dir, Root: root}
	return f.decode(FileName, data, func(string) (string, bool) { return "set", true })
}

func (f *Folder) decode(name string, data []byte, env strict.Lookup) (err error) {
	in := file{
		Keyring:    keyring{File: "./keys", Cover: "./subjects"},
		Audit:      audit{Log: "./log"},
		State:      "./state",
		Partitions: DefaultPartitions,
		MaxRecord:  DefaultMaxRecord,
		RawMaxAge:  DefaultRawMaxAge,
	}
	if env == nil {
		env = func(string) (string, bool) { return "", false }
	}
	f.Doc, err = strict.Decode(name, data, env, &in)
	return errors.Join(err, in.into(f))
}
