package rules

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"lethe/masking"
	"lethe/rules/schema"
	"lethe/stream"
)

// Forms of a kept revision. A build reads every form that it lists here, since
// records are masked under the revision of their time.
const (
	keptFirst = 1 // under the first epoch of the masking keys
	keptEpoch = 2 // names another one
)

// Revision is a program as workers use it: what is to be done, and no longer why.
// It is kept with the data, so that packs, elements and rules of another build
// change nothing about records of its time (L6).
type Revision struct {
	ID      string   // SHA-256 in hex of its canonical bytes
	Epoch   string   // of the keys that it masks with
	Streams []Stream // by name, without Decisions

	versions map[string]string // of operators that look something up, in the build that wrote it
}

// Stream returns what becomes of a stream.
func (r *Revision) Stream(name string) (*Stream, bool) {
	for i := range r.Streams {
		if r.Streams[i].Name == name {
			return &r.Streams[i], true
		}
	}
	return nil, false
}

// Masks reports whether this build masks as the one that wrote the revision did. An
// operator that finds by other rules, or by another model, gives other bytes for the
// same record (L6), so that it is a fault to mask under the revision here. Its plans
// may still be looked at.
func (r *Revision) Masks() error {
	is := map[string]string{}
	for i := range r.Streams {
		note(is, r.Streams[i].Plan)
	}
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if r.versions[name] != is[name] {
			return &stream.Fault{Code: CodeOther, Path: "revision " + r.ID, Exit: stream.ExitEnvironment,
				Msg: fmt.Sprintf("operator %s of this build (%s) is not the one that it was compiled with (%s): the same record would give other bytes",
					name, is[name], cmp.Or(r.versions[name], "unnamed")),
				Hint: "let the build that compiled it mask what is left (lethe run --once), then start this one"}
		}
	}
	return nil
}

// Codes of the faults of kept revisions. They never change.
const (
	CodeDamaged = "rules.revision_damaged" // not the bytes that its id names
	CodeNewer   = "rules.revision_newer"   // written by a build that knows more
	CodeOther   = "rules.revision_other"   // an operator of this build gives other results
)

// kept is a revision as it is written. Packs and elements decided when it was
// compiled and are not asked again; they are named because the id answers for
// them.
type kept struct {
	V          int           `json:"v"`
	Source     string        `json:"source"`
	Connection string        `json:"connection"`
	Purpose    string        `json:"purpose"`
	Epoch      string        `json:"epoch,omitempty"` // in form keptEpoch
	Packs      []keptPack    `json:"packs"`
	Elements   []keptElement `json:"elements"`
	Streams    []keptStream  `json:"streams"`
	// Versions are those of the operators that have one, by name.
	Versions map[string]string `json:"versions,omitempty"`
}

type keptPack struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // of what it says, in canonical form
}

type keptElement struct {
	Name   string       `json:"name"`
	Class  stream.Class `json:"class"`
	Normal string       `json:"normal"`
	Log2   int          `json:"log2"`
}

type keptStream struct {
	Name    string       `json:"name"`
	Class   stream.Class `json:"class"`
	Label   stream.Label `json:"label"`
	Topic   string       `json:"topic"`
	Subject keptSubject  `json:"subject"`
	Key     []string     `json:"key"`
	Schema  string       `json:"schema"` // as [schema.ParseRows] reads it, "" for none
	Fields  []keptField  `json:"fields"`
	Rows    []keptColumn `json:"rows"`
}

type keptSubject struct {
	Column string `json:"column"` // "" for none
	Domain string `json:"domain"`
	// Left out where there is none, so that a revision without one is what it was.
	Also       string `json:"also,omitempty"`
	AlsoDomain string `json:"also_domain,omitempty"`
}

type keptField struct {
	Path     string         `json:"path"`
	Operator string         `json:"operator"`
	Params   masking.Params `json:"params"`
	Domain   string         `json:"domain"`
	Normal   string         `json:"normal"`
	Special  bool           `json:"special"`
	Apart    bool           `json:"apart"`
	Erasable bool           `json:"erasable"`
	Type     string         `json:"type"`
	Nullable bool           `json:"nullable"`
	Required bool           `json:"required"`
}

type keptColumn struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Nullable bool   `json:"nullable"`
}

// keep writes all that decides about a byte in canonical form.
//
// L6: the id is the hash of decisions, not of files, so that equal revisions mask
// equally on every machine, and a comment changes nothing.
func (c *compiler) keep(p *Program) (id string, data []byte, err error) {
	all := kept{V: keptFirst, Source: c.env.Source, Connection: c.env.Connection, Purpose: c.env.Purpose,
		Packs: []keptPack{}, Elements: []keptElement{}, Streams: []keptStream{}, Versions: map[string]string{}}
	if c.env.Epoch != "" && c.env.Epoch != stream.FirstEpoch {
		// L6: a revision and the epoch that it masks in go together.
		all.V, all.Epoch = keptEpoch, c.env.Epoch
	}
	for _, pack := range c.packs {
		b, err := stream.Canonical(pack)
		if err != nil {
			return "", nil, fmt.Errorf("revision: pack %s: %w", pack.Name, err)
		}
		all.Packs = append(all.Packs, keptPack{pack.Name, digest(b)})
	}
	used := map[string]bool{}
	for _, s := range p.Streams {
		for _, d := range s.Decisions {
			used[d.Element] = true
		}
		all.Streams = append(all.Streams, keepStream(s))
		note(all.Versions, s.Plan)
	}
	for _, name := range c.table.Names() {
		if e := c.table.byName[name]; used[name] {
			all.Elements = append(all.Elements, keptElement{e.Name, e.Class, e.Normal, e.Log2})
		}
	}
	if data, err = stream.Canonical(all); err != nil {
		return "", nil, fmt.Errorf("revision: %w", err)
	}
	return digest(data), data, nil
}

// note adds the versions of the operators that a plan uses, as this build has
// them.
func note(versions map[string]string, p masking.Plan) {
	for _, f := range p.Fields {
		if spec, ok := masking.Lookup(f.Operator); ok && spec.Version() != "" {
			versions[f.Operator] = spec.Version()
		}
	}
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func keepStream(s Stream) keptStream {
	k := keptStream{Name: s.Name, Class: s.Class, Label: s.Label, Topic: s.Topic, Subject: keptSubject(s.Plan.Subject),
		Key: append([]string{}, s.Plan.Key...), Fields: []keptField{}, Rows: []keptColumn{}}
	if s.Plan.Schema != nil {
		k.Schema = s.Plan.Schema.Text
	}
	for _, f := range s.Plan.Fields {
		k.Fields = append(k.Fields, keptField{f.Path, f.Operator, written(f), f.Domain, f.Normal, f.Special, f.Apart, f.Erasable, f.Type.String(), f.Nullable, f.Required})
	}
	for _, f := range s.Rows.Fields {
		k.Rows = append(k.Rows, keptColumn{f.Name, f.Type.String(), f.Nullable})
	}
	return k
}

// written are a field's parameters with those that the policy left out, so that
// another build's defaults change nothing.
func written(f masking.Field) masking.Params {
	all := maps.Clone(f.Params)
	if all == nil {
		all = masking.Params{}
	}
	spec, _ := masking.Lookup(f.Operator)
	for _, p := range spec.Params {
		if _, said := all[p.Name]; said {
			continue
		}
		all[p.Name] = p.Default
		if spec.Check(all) != nil { // a default that stands for none
			delete(all, p.Name)
		}
	}
	return all
}

// Restore reads what [Program.Kept] held. Bytes that are not those which id names
// are refused, and so is a form that this build does not know (L1).
func Restore(id string, data []byte) (*Revision, error) {
	if digest(data) != id {
		return nil, &stream.Fault{Code: CodeDamaged, Path: "revision " + id, Exit: stream.ExitEnvironment,
			Msg: "its kept plan is not the one that was announced: its hash differs", Hint: "restore it from a backup"}
	}
	var form struct {
		V int `json:"v"`
	}
	if err := json.Unmarshal(data, &form); err != nil {
		return nil, fmt.Errorf("revision %s: %w", id, err)
	}
	if form.V != keptFirst && form.V != keptEpoch {
		return nil, &stream.Fault{Code: CodeNewer, Path: "revision " + id, Exit: stream.ExitEnvironment,
			Msg: fmt.Sprintf("its kept plan has form %d, this build reads up to %d", form.V, keptEpoch), Hint: "run the build that wrote it, or a newer one"}
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var all kept
	if err := dec.Decode(&all); err != nil {
		return nil, fmt.Errorf("revision %s: %w", id, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("revision %s: something follows it", id)
	}
	if (all.V == keptEpoch) != (all.Epoch != "") {
		return nil, fmt.Errorf("revision %s: form %d does not go with epoch %q", id, all.V, all.Epoch)
	}
	r := &Revision{ID: id, Epoch: cmp.Or(all.Epoch, stream.FirstEpoch), versions: all.Versions}
	for _, k := range all.Streams {
		s, err := k.restore()
		if err != nil {
			return nil, fmt.Errorf("revision %s: stream %s: %w", id, k.Name, err)
		}
		r.Streams = append(r.Streams, s)
	}
	return r, nil
}

func (k keptStream) restore() (Stream, error) {
	s := Stream{Name: k.Name, Class: k.Class, Label: k.Label, Topic: k.Topic,
		Plan: masking.Plan{Stream: k.Name, Key: k.Key, Subject: masking.Subject(k.Subject)}, Rows: stream.Schema{Stream: k.Name, Key: k.Key}}
	if k.Schema != "" {
		rows, err := schema.ParseRows(k.Schema)
		if err != nil {
			return s, err
		}
		s.Plan.Schema = rows
	}
	for _, f := range k.Fields {
		var t stream.Type // zero for what lies inside a column
		if f.Type != "" {
			var err error
			if t, err = stream.ParseType(f.Type); err != nil {
				return s, err
			}
		}
		s.Plan.Fields = append(s.Plan.Fields, masking.Field{Path: f.Path, Operator: f.Operator, Params: f.Params, Domain: f.Domain,
			Normal: f.Normal, Special: f.Special, Apart: f.Apart, Erasable: f.Erasable, Type: t, Nullable: f.Nullable, Required: f.Required})
	}
	for _, c := range k.Rows {
		t, err := stream.ParseType(c.Type)
		if err != nil {
			return s, err
		}
		s.Rows.Fields = append(s.Rows.Fields, stream.Field{Name: c.Name, Type: t, Nullable: c.Nullable})
	}
	return s, nil
}
