package config

import (
	"fmt"
	"path/filepath"
	"slices"

	"lethe/audit/siem"
	"lethe/audit/siem/format"
	"lethe/audit/siem/transport"
	"lethe/rules/strict"
	"lethe/stream"
)

// SIEM is a destination of audit events.
type SIEM struct {
	Name      string
	Transport string
	Settings  transport.Settings
	Format    siem.Format
	Clearance []stream.Label
	Region    string
	Fields    []siem.Field
	Least     siem.Severity
}

// Personal reports whether it gets what stands for persons.
func (s SIEM) Personal() bool {
	return slices.ContainsFunc(s.Fields, func(f siem.Field) bool { return f.Label() == stream.PII.Pseudo() })
}

// feed is a destination in lethe.yaml. The settings of its transport stand beside
// what all have.
type feed struct{ keys feedKeys }

type feedKeys struct {
	Transport string   `yaml:"transport,required"`
	Format    string   `yaml:"format"`
	Clearance []string `yaml:"clearance,required"`
	Region    string   `yaml:"region"`
	Fields    []string `yaml:"fields"`
	Severity  string   `yaml:"severity"`
	Settings  any      `yaml:",inline"` // transport.Settings
}

// DecodeNode implements [strict.Decoder].
func (d *feed) DecodeNode(n strict.Node) {
	if n.Kind() == strict.Table {
		known := true
		n.Each(func(key string, v strict.Node) {
			if key != "transport" || v.Kind() != strict.Text {
				return
			}
			if s := transport.New(v.Text()); s != nil {
				d.keys.Settings = s
				return
			}
			known = false
			v.Fault("config.siem_transport", "there is no transport of that name", strict.Suggest(v.Text(), transport.Names()))
		})
		if !known {
			return // whose settings these would be is not known
		}
	}
	n.Into(&d.keys)
}

// siemInto fills in the destinations of audit events. What is no more than told to be
// wrong already is left out.
func (in *file) siemInto(f *Folder, c *checker) {
	for _, e := range in.SIEM.Entries {
		c.name("siem."+e.Key, e.Key)
		k := e.Value.keys
		settings, ok := k.Settings.(transport.Settings)
		if !ok {
			continue
		}
		at := func(key string) string { return "siem." + e.Key + "." + key }
		settings.Check(func(key, msg, hint string) { c.fault(at(key), "config.siem", msg, hint) })
		for _, p := range settings.Paths() {
			if *p != "" {
				*p = f.at(*p)
			}
		}
		s := SIEM{Name: e.Key, Transport: k.Transport, Settings: settings, Region: k.Region}
		for _, l := range k.Clearance {
			s.Clearance = append(s.Clearance, stream.Label(l))
		}
		s.Format = c.format(at("format"), k)
		if k.Transport == "email" && k.Severity == "" {
			k.Severity = siem.High.String() // people read it
		}
		s.Least = c.severity(at("severity"), k.Severity)
		s.Fields = c.fields(at, k.Fields, s.Clearance)
		if file, ok := settings.(*transport.File); ok {
			c.ownFile(at("path"), file.Path, f.SIEM)
		}
		f.SIEM = append(f.SIEM, s)
	}
}

// ownFile refuses a file that another destination writes.
func (c *checker) ownFile(path, file string, others []SIEM) {
	for _, o := range others {
		if other, ok := o.Settings.(*transport.File); ok && resolved(other.Path) == resolved(file) {
			c.fault(path, "config.siem", "it is the file of siem."+o.Name+" as well: one would write over the other", "write a path of its own")
		}
	}
}

// resolved is a path without links, as far as it is there.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if dir := filepath.Dir(path); dir != path {
		return filepath.Join(resolved(dir), filepath.Base(path))
	}
	return path
}

// format is the one that is named; syslog is RFC 5424 unless it says otherwise, and
// anything else OCSF.
func (c *checker) format(path string, k feedKeys) siem.Format {
	name := k.Format
	switch {
	case name == "" && k.Transport == "syslog":
		name = "rfc5424"
	case name == "":
		name = "ocsf"
	}
	all := format.All()
	i := slices.IndexFunc(all, func(f siem.Format) bool { return f.Name == name })
	if i < 0 {
		names := make([]string, len(all))
		for i, f := range all {
			names[i] = f.Name
		}
		c.fault(path, "config.siem_format", "there is no format of that name", strict.Suggest(name, names))
		return siem.Format{}
	}
	if !transport.Carries(k.Transport, all[i]) {
		c.fault(path, "config.siem_format", k.Transport+" takes JSON, which "+name+" is not", "write format: ocsf, ecs or json")
	}
	return all[i]
}

func (c *checker) severity(path, name string) siem.Severity {
	var names []string
	for s := siem.Informational; s <= siem.Critical; s++ {
		if s.String() == name || name == "" {
			return s
		}
		names = append(names, s.String())
	}
	c.fault(path, "config.siem_severity", "this is no severity", strict.Suggest(name, names))
	return siem.Informational
}

// fields are those that are named, or all that the clearance allows. A destination that
// may not have a field is not given less without a word.
func (c *checker) fields(at func(string) string, names []string, clearance []stream.Label) []siem.Field {
	if !slices.Contains(clearance, stream.Internal.Label()) {
		c.fault(at("clearance"), "config.siem_clearance", "audit events are internal, and this destination is not cleared for that",
			"write clearance: [internal], or [internal, pii-pseudo] for what stands for persons as well")
	}
	if names == nil {
		return siem.Allowed(clearance)
	}
	var out []siem.Field
	known := make([]string, 0, len(siem.Fields()))
	for _, f := range siem.Fields() {
		known = append(known, string(f))
	}
	for _, name := range names {
		f := siem.Field(name)
		switch {
		case !slices.Contains(known, name):
			c.fault(at("fields"), "config.siem_field", fmt.Sprintf("there is no field %q", name), strict.Suggest(name, known))
		case !siem.Cleared(clearance, f) && f.Label() != stream.Internal.Label():
			c.fault(at("fields"), "config.siem_clearance", fmt.Sprintf("field %s is %s, and the destination is not cleared for that", name, f.Label()),
				"add "+string(f.Label())+" to clearance:, or take the field out")
		default:
			out = append(out, f)
		}
	}
	return out
}
