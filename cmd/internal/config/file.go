package config

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"lethe/connectors"
	"lethe/rules/strict"
	"lethe/stream"
)

// The structs of this file are the words of lethe.yaml.

type file struct {
	Workspace   string              `yaml:"workspace,required"`
	Kafka       kafka               `yaml:"kafka"`
	Keyring     keyring             `yaml:"keyring"`
	Audit       audit               `yaml:"audit"`
	State       string              `yaml:"state"`
	Partitions  int32               `yaml:"partitions"`
	MaxRecord   size                `yaml:"max_record"`
	RawMaxAge   time.Duration       `yaml:"raw_max_age"`
	Keep        keep                `yaml:"keep"`
	Metrics     string              `yaml:"metrics"`
	GivenUp     []string            `yaml:"given_up"`
	Reveal      reveal              `yaml:"reveal"`
	SIEM        section[feed]       `yaml:"siem"`
	Sources     section[source]     `yaml:"sources"`
	Sinks       section[sink]       `yaml:"sinks"`
	Connections section[connection] `yaml:"connections"`
}

// section is a map that may be empty, as it is while everything below it is a
// comment.
type section[T any] struct{ strict.Map[T] }

// DecodeNode implements [strict.Decoder].
func (s *section[T]) DecodeNode(n strict.Node) {
	if n.Kind() != strict.Null {
		s.Map.DecodeNode(n)
	}
}

// kafka is the word embedded, or where the brokers are.
type kafka struct{ brokers []string }

// DecodeNode implements [strict.Decoder].
func (k *kafka) DecodeNode(n strict.Node) {
	switch {
	case n.Kind() == strict.Text && n.Text() == "embedded":
	case n.Kind() == strict.Table:
		var in struct {
			Brokers []string `yaml:"brokers,required"`
		}
		if !n.Into(&in) {
			return
		}
		for _, b := range in.Brokers {
			if _, _, err := net.SplitHostPort(b); err != nil {
				n.Fault("config.broker", "a broker is not host:port", "write brokers: [kafka.internal:9092]")
			}
		}
		if len(in.Brokers) == 0 {
			n.Fault("config.broker", "no broker is named", "write brokers: [host:9092], or kafka: embedded")
		}
		k.brokers = in.Brokers
	default:
		hint := "write kafka: embedded, or kafka: {brokers: [host:9092]}"
		if near, ok := strict.Nearest(n.Text(), []string{"embedded"}); ok && n.Kind() == strict.Text {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		n.Fault(strict.CodeType, "want embedded or a map", hint)
	}
}

// keep is a time, or the word forever.
type keep struct {
	written bool
	d       time.Duration // 0 for ever
}

// DecodeNode implements [strict.Decoder].
func (k *keep) DecodeNode(n strict.Node) {
	if k.written = true; n.Kind() == strict.Text && n.Text() == "forever" {
		return
	}
	if n.Into(&k.d) && k.d < time.Second {
		n.Fault("config.keep", "records must be kept for at least a second", "write keep: 1h, or keep: forever")
	}
}

type keyring struct {
	File  string `yaml:"file,required"`
	Cover string `yaml:"cover"`
}

type audit struct {
	Log      string   `yaml:"log,required"`
	Witness  string   `yaml:"witnesses"` // file
	Mirror   mirror   `yaml:"mirror"`
	Sampling sampling `yaml:"sampling"`

	SubjectIndex subjectIndex `yaml:"subject_index"`
}

type connection struct {
	From    string `yaml:"from,required"`
	To      string `yaml:"to,required"`
	Purpose string `yaml:"purpose,required"`
	Policy  string `yaml:"policy"`
}

var nameForm = regexp.MustCompile(`^[a-z0-9-]{1,63}$`)

// into fills f from what was decoded and checks how its parts go together.
func (in *file) into(f *Folder) error {
	c := &checker{doc: f.Doc}
	if f.Doc.Has("workspace") {
		c.name("workspace", in.Workspace)
	}
	if in.Partitions < 1 || in.Partitions > 10_000 {
		c.fault("partitions", "config.partitions", "partitions must be between 1 and 10000", fmt.Sprintf("write partitions: %d", DefaultPartitions))
	}
	if in.RawMaxAge < time.Hour {
		c.fault("raw_max_age", "config.raw_max_age", "raw records must be kept for at least an hour", "write raw_max_age: 168h")
	}
	if in.MaxRecord < 64<<10 || in.MaxRecord > 512<<20 {
		c.fault("max_record", "config.max_record", "the largest record must be between 64KiB and 512MiB", "write max_record: 16MiB")
	}
	if _, _, err := net.SplitHostPort(in.Metrics); err != nil && in.Metrics != "" {
		c.fault("metrics", "config.metrics", "not host:port", "write metrics: 127.0.0.1:9464")
	}
	f.Workspace, f.Brokers, f.Partitions = in.Workspace, in.Kafka.brokers, in.Partitions
	f.MaxRecord, f.RawMaxAge, f.Metrics = int64(in.MaxRecord), in.RawMaxAge, in.Metrics
	if f.Keep = in.Keep.d; !in.Keep.written && len(f.Brokers) == 0 {
		f.Keep = DefaultKeep
	}
	f.Keys, f.Cover, f.Log, f.State = f.at(in.Keyring.File), f.at(in.Keyring.Cover), f.at(in.Audit.Log), f.at(in.State)
	if f.Index = in.Audit.SubjectIndex.Index; !f.Index.Written {
		f.Index.Keep = f.Keep
	}
	if f.Doc.Has("reveal") {
		in.Reveal.into(f, c)
	}
	if in.Audit.Witness != "" {
		f.Witnesses = f.at(in.Audit.Witness)
	}
	if f.Doc.Has("audit.mirror") {
		in.Audit.Mirror.into(f, c)
	}
	if f.Doc.Has("audit.sampling") {
		in.Audit.Sampling.into(f, c)
	}
	in.siemInto(f, c)
	in.endsInto(f, c)
	in.connectionsInto(f, c)
	return errors.Join(c.faults...)
}

// checker collects the faults of lethe.yaml.
type checker struct {
	doc    *strict.Doc
	faults []error
}

func (c *checker) fault(path, code, msg, hint string) {
	c.faults = append(c.faults, c.doc.Fault(path, code, msg, hint))
}

func (c *checker) name(path, s string) {
	if !nameForm.MatchString(s) {
		c.fault(path, "config.name", "this cannot be a name", "use at most 63 of a-z, 0-9 and -")
	}
}

// endsInto fills in the sources and the sinks.
func (in *file) endsInto(f *Folder, c *checker) {
	for _, e := range in.Sources.Entries {
		c.name("sources."+e.Key, e.Key)
		f.Sources = append(f.Sources, Source{Name: e.Key, Connector: e.Value.Connector, Config: f.paths(e.Value.Connector.Source, e.Value.options)})
	}
	for _, e := range in.Sinks.Entries {
		c.name("sinks."+e.Key, e.Key)
		s := Sink{Name: e.Key, Connector: e.Value.Connector, Config: f.paths(e.Value.Connector.Sink, e.Value.options), Region: e.Value.region}
		for _, l := range e.Value.clearance {
			s.Clearance = append(s.Clearance, stream.Label(l))
		}
		f.Sinks = append(f.Sinks, s)
	}
}

// connectionsInto fills in the connections, whose ends must be there.
func (in *file) connectionsInto(f *Folder, c *checker) {
	for _, e := range in.Connections.Entries {
		c.name("connections."+e.Key, e.Key)
		v := e.Value
		if !slices.Contains(in.Sources.Keys(), v.From) && v.From != "" {
			c.fault("connections."+e.Key+".from", "config.no_source", "there is no source of that name", oneOf("sources", v.From, in.Sources.Keys()))
		}
		if !slices.Contains(in.Sinks.Keys(), v.To) && v.To != "" {
			c.fault("connections."+e.Key+".to", "config.no_sink", "there is no sink of that name", oneOf("sinks", v.To, in.Sinks.Keys()))
		}
		if v.Policy == "" {
			v.Policy = Policy
		}
		f.Connections = append(f.Connections, Connection{Name: e.Key, From: v.From, To: v.To, Purpose: v.Purpose, Policy: f.at(v.Policy)})
	}
	for _, old := range in.GivenUp {
		if slices.Contains(in.Sources.Keys(), old) || slices.Contains(in.Connections.Keys(), old) {
			c.fault("given_up", "config.given_up", old+" is given up and named as well",
				"take it from one of the two: what waits of something given up can no longer be read")
		}
	}
	f.GivenUp = in.GivenUp
}

// oneOf is the hint about a name that none of a section has.
func oneOf(section, name string, names []string) string {
	if len(names) == 0 {
		return "add it below " + section + ":"
	}
	return strict.Suggest(name, names)
}

// at resolves a path against the folder.
func (f *Folder) at(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(f.Root, path)
}

// paths resolves the options that name files or directories; a URL stays.
func (f *Folder) paths(options []connectors.Option, c connectors.Config) connectors.Config {
	for _, o := range options {
		if s := c.Text(o.Name); o.Type == connectors.Path && s != "" && !strings.Contains(s, "://") {
			c[o.Name] = f.at(s)
		}
	}
	return c
}
