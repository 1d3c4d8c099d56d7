// Package strict decodes the YAML files of a folder into Go structs and forgives
// nothing: an unknown key, a wrong type, a duplicate key, an unset variable are
// each a [stream.Fault] with file, line, path and a hint, all told at once.
//
// It is the one decoder of the project. It does no I/O: bytes come in, variables
// come through a lookup function. JSON, a subset of YAML, is read as well.
//
// A struct's fields are matched by their yaml tag:
//
//	Name  string             `yaml:"name"`
//	From  string             `yaml:"from,required"`  // must be written
//	Masks strict.Map[string] `yaml:"masks"`          // keeps order and lines
//	More  strict.Map[any]    `yaml:",rest"`          // keys that no other field takes
//	Own   any                `yaml:",inline"`        // a pointer to a struct, whose keys stand beside these
//
// Fields without a tag are left alone; what a file does not say keeps the value
// that the struct held before, so defaults are written there first. Types: string,
// bool, integers, floats, [Number], time.Duration, [stream.Value], slices,
// map[string]T, [Map], pointers, structs, any, and whatever implements [Decoder].
// any becomes string, bool, int64, float64, nil, []any or map[string]any.
//
// Anchors, aliases, merge keys and further documents are refused: what a policy
// says must be readable where it stands.
//
// Promise: L7 unprintable: faults name keys and kinds of values, never a value,
// since a file may hold secrets.
package strict

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"lethe/stream"
)

// Codes of the faults that this package tells.
const (
	CodeSyntax    = "file.syntax"        // not YAML, or YAML that is refused here
	CodeUnknown   = "file.unknown_key"   // a key that nothing reads
	CodeDuplicate = "file.duplicate_key" // a key written twice
	CodeType      = "file.type"          // text where a number belongs
	CodeMissing   = "file.missing_key"   // a required key is absent
	CodeVariable  = "file.variable"      // ${NAME} without a value
	CodeMore      = "file.more_faults"   // there are more than are told
)

// Lookup gives the value of ${NAME}; false if it is not set.
type Lookup func(name string) (string, bool)

// Decode reads the YAML of data into out, a pointer to a struct. name is what
// faults call the file. With a nil lookup ${NAME} stays as it is written.
//
// The error joins every fault; [stream.Faults] takes it apart. The Doc is never
// nil, so that a caller may add faults of its own that point into the file.
func Decode(name string, data []byte, lookup Lookup, out any) (*Doc, error) {
	doc := &Doc{Name: name, lines: map[string]int{}}
	root := doc.parse(data)
	if root == nil {
		return doc, doc.err()
	}
	d := &decoder{doc: doc, lookup: lookup, root: reflect.TypeOf(out).Elem()}
	d.value(Node{d: d, n: root}, reflect.ValueOf(out).Elem())
	return doc, doc.err()
}

// Doc remembers where in a file each path stands.
type Doc struct {
	Name  string
	lines map[string]int
	found []*stream.Fault
	more  int // faults that were found beside
}

// Where is the place of a path for [stream.Fault.Path]:
// "policy.yaml:14: mask.elements.contact.email". The parts are joined by dots; a
// path that the file does not hold stands at the line of what would hold it.
func (d *Doc) Where(parts ...string) string {
	path := strings.Join(parts, ".")
	where := d.Name + ":" + strconv.Itoa(d.Line(path))
	if path == "" {
		return where
	}
	return where + ": " + path
}

// Line is the line of a path, or of the longest beginning of it that is there.
func (d *Doc) Line(path string) int {
	for p := path; p != ""; p = p[:max(strings.LastIndexAny(p, ".["), 0)] {
		if n, ok := d.lines[p]; ok {
			return n
		}
	}
	return 1
}

// Has reports whether the file holds the path.
func (d *Doc) Has(parts ...string) bool {
	_, ok := d.lines[strings.Join(parts, ".")]
	return ok
}

// Fault makes a fault about a path of the file.
func (d *Doc) Fault(path, code, msg, hint string) *stream.Fault {
	return &stream.Fault{Code: code, Path: d.Where(path), Msg: msg, Hint: hint}
}

// mostFaults is how many faults of one file are told: who wrote another file does
// not read more, and each takes memory.
const mostFaults = 100

func (d *Doc) add(f *stream.Fault) {
	if len(d.found) == mostFaults {
		d.more++
		return
	}
	d.found = append(d.found, f)
}

func (d *Doc) err() error {
	all := make([]error, len(d.found))
	for i, f := range d.found {
		all[i] = f
	}
	if d.more > 0 {
		all = append(all, &stream.Fault{Code: CodeMore, Path: d.Name, Msg: strconv.Itoa(d.more) + " more faults", Hint: "see whether it is the file that was meant"})
	}
	return errors.Join(all...)
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)$`)

// parse returns the root of the only document; nil after a fault.
func (d *Doc) parse(data []byte) *yaml.Node {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	err := dec.Decode(&doc)
	switch {
	case errors.Is(err, io.EOF):
		return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1}
	case err != nil:
		d.syntax(err)
		return nil
	}
	if err := dec.Decode(&more); err == nil {
		d.add(&stream.Fault{Code: CodeSyntax, Path: d.Name + ":" + strconv.Itoa(more.Line),
			Msg: "a second document begins", Hint: "keep one document in a file: remove the line ---"})
		return nil
	} else if !errors.Is(err, io.EOF) {
		d.syntax(err)
		return nil
	}
	root := doc.Content[0]
	// A file of comments only is a null document.
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1}
	}
	return root
}

func (d *Doc) syntax(err error) {
	m := yamlLine.FindStringSubmatch(strings.SplitN(err.Error(), "\n", 2)[0])
	path := d.Name
	if m[1] != "" {
		path += ":" + m[1]
	}
	msg := m[2]
	if strings.HasPrefix(msg, "unknown anchor") {
		// L7: an unquoted secret that begins with * reads as an alias.
		msg = "a value begins with *, which is an alias of nothing"
	}
	d.add(&stream.Fault{Code: CodeSyntax, Path: path, Msg: "not YAML: " + msg,
		Hint: "check indentation (spaces, no tabs), quotes and the colon after each key"})
}
