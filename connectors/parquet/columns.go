package parquet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/parquet/file"

	"lethe/connectors/parquet/internal/rows"
	"lethe/stream"
	"lethe/stream/disk"
)

// columnsDir holds what names and types the columns of a topic's objects have.
const columnsDir = "_columns"

// column is how a column of one name and type is stored. It never changes: the
// same batch gives the same object under any owner (L6).
type column struct {
	Name   string `json:"name"`    // true name
	Type   string `json:"type"`    // in the stream's schema
	Stored string `json:"stored"`  // Parquet name
	As     string `json:"as_type"` // of the Parquet column: Type, or a wider one
}

// register knows the columns of a topic. Its n files are created once each, so
// that all owners of all partitions, on all machines, decide one after the other.
type register struct {
	n       int
	by      map[[2]string]column // by name and type
	owner   map[string]string    // true name, by Parquet name as readers fold it
	present map[string]string    // the widest type so far, by Parquet name
}

func newRegister() *register {
	r := &register{by: make(map[[2]string]column), owner: make(map[string]string), present: make(map[string]string)}
	for _, name := range rows.Reserved {
		r.owner[identifier(name)] = "\x00" + name // no column has such a name
	}
	return r
}

// suffix is what a Parquet name has behind the true name, where that was taken or the type
// is another.
var suffix = regexp.MustCompile(`^(_[1-9][0-9]*)?(__v[1-9][0-9]*)?$`)

// named reports whether the Parquet name is one of the true name's own: the register lies
// where who has no key may write (L4).
func (c column) named() bool {
	rest, ok := strings.CutPrefix(c.Stored, printable(c.Name))
	return ok && suffix.MatchString(rest)
}

func (r *register) add(c column) {
	r.by[[2]string{c.Name, c.Type}] = c
	r.owner[identifier(c.Stored)] = c.Name
	r.present[c.Stored] = c.As
}

// decide says how a column that is not known yet is stored. Objects of a topic
// have the same Parquet name only where all of them hold the same true name, and
// types that a reader of all of them makes one: the first type keeps the name,
// a wider one widens it, and any other becomes <name>__v2, then __v3.
func (r *register) decide(name string, typ stream.Type) (column, error) {
	free := func(stored string) bool {
		owner, taken := r.owner[identifier(stored)]
		return !taken || owner == name
	}
	first := printable(name)
	base := first
	for n := 2; !free(base); n++ {
		base = first + "_" + strconv.Itoa(n)
	}
	for n := 1; ; n++ {
		c := column{Name: name, Type: typ.String(), Stored: base, As: typ.String()}
		if n > 1 {
			c.Stored += "__v" + strconv.Itoa(n)
		}
		if !free(c.Stored) {
			continue
		}
		before, ok := r.present[c.Stored]
		if !ok {
			return c, nil
		}
		was, err := stream.ParseType(before)
		if err != nil {
			return column{}, fmt.Errorf("column %q: %w", c.Stored, err)
		}
		if wide, ok := rows.Widen(was, typ); ok {
			c.As = wide.String()
			return c, nil
		}
	}
}

// columns says how the fields are stored in objects of topic, and makes durable
// what it decides, before an object shows it.
func (s *sink) columns(topic string, fields []stream.Field) ([]column, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.registers[topic]
	if r == nil {
		r = newRegister()
		if err := s.store.begin(topic, r); err != nil {
			return nil, err
		}
		s.registers[topic] = r
	}
	for {
		added, err := r.decided(fields)
		if err != nil {
			return nil, err
		}
		if len(added) == 0 {
			break
		}
		if err := s.store.extend(topic, r, added); err != nil {
			return nil, err
		}
	}
	out := make([]column, len(fields))
	for i, f := range fields {
		out[i] = r.by[keyOf(f)]
	}
	return out, nil
}

// decided are the columns that fields need and r lacks.
func (r *register) decided(fields []stream.Field) ([]column, error) {
	next := r
	var added []column
	for _, f := range fields {
		if _, known := next.by[keyOf(f)]; known {
			continue
		}
		if next == r {
			next = &register{by: maps.Clone(r.by), owner: maps.Clone(r.owner), present: maps.Clone(r.present)}
		}
		c, err := next.decide(keyOf(f)[0], f.Type)
		if err != nil {
			return nil, err
		}
		next.add(c)
		added = append(added, c)
	}
	return added, nil
}

// keyOf is what a register knows a field by: the true name, or what JSON can
// hold of it, and the type.
func keyOf(f stream.Field) [2]string {
	name := f.Name
	if !utf8.ValidString(name) {
		name = "\x00" + strconv.QuoteToASCII(name)
	}
	return [2]string{name, f.Type.String()}
}

// extend writes the next file of a register and takes in what it is then: that
// of another owner, if it was faster.
func (s store) extend(topic string, r *register, added []column) error {
	b, err := json.Marshal(added)
	if err != nil {
		return err
	}
	err = s.create(registerName(topic, r.n+1), append(b, '\n'))
	if err != nil && !errors.Is(err, disk.ErrTaken) {
		return err
	}
	return s.register(topic, r)
}

// begin reads a register. Where there is none, the columns are those of the
// objects that readers see.
func (s store) begin(topic string, r *register) error {
	if err := s.register(topic, r); err != nil || r.n > 0 {
		return err
	}
	names, err := s.list(manifestDir, topic+"-")
	if err != nil {
		return err
	}
	slices.Sort(names)
	seen := newRegister()
	var added []column
	for _, name := range names {
		found, err := s.stored(name)
		if err != nil {
			return fmt.Errorf("columns of the object in %s: %w", filepath.Join(manifestDir, name), err)
		}
		for _, c := range found {
			if _, known := seen.by[[2]string{c.Name, c.Type}]; !known {
				seen.add(c)
				added = append(added, c)
			}
		}
	}
	if len(added) == 0 {
		return nil
	}
	return s.extend(topic, r, added)
}

// stored reads the columns of the object that a manifest lists from its footer.
func (s store) stored(manifest string) ([]column, error) {
	b, err := os.ReadFile(filepath.Join(s.dir, manifestDir, manifest))
	if err != nil {
		return nil, err
	}
	var l stream.Loaded
	if err := json.Unmarshal(b, &l); err != nil {
		return nil, err
	}
	o, err := file.OpenParquetFile(filepath.Join(s.dir, filepath.Base(l.Object)), false)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	var pairs [][2]string
	list, root := o.MetaData().KeyValueMetadata().FindValue("lethe-columns"), o.MetaData().Schema.Root()
	if list == nil {
		return nil, errors.New("no lethe-columns in its footer")
	}
	if err := json.Unmarshal([]byte(*list), &pairs); err != nil {
		return nil, err
	}
	if len(pairs) != root.NumFields() {
		return nil, fmt.Errorf("%d columns, its footer lists %d", root.NumFields(), len(pairs))
	}
	var out []column
	for i, p := range pairs[:len(pairs)-len(rows.Reserved)] {
		out = append(out, column{Name: p[0], Type: p[1], Stored: root.Field(i).Name(), As: p[1]})
	}
	return out, nil
}

func registerName(topic string, n int) string {
	return filepath.Join(columnsDir, topic+"-"+strconv.Itoa(n)+".json")
}

// register takes the files of a register into r that are not in it yet.
func (s store) register(topic string, r *register) error {
	for {
		name := registerName(topic, r.n+1)
		b, err := os.ReadFile(filepath.Join(s.dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		var added []column
		if err := json.Unmarshal(b, &added); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, c := range added {
			if _, err := stream.ParseType(c.As); err != nil {
				return fmt.Errorf("%s: column %q: %w", name, c.Name, err)
			}
			if owner, taken := r.owner[identifier(c.Stored)]; !c.named() || taken && owner != c.Name {
				return &stream.Fault{Code: "parquet.columns", Path: filepath.Join(s.dir, name), Msg: fmt.Sprintf("column %q would be stored under the name of another, %q: somebody changed the file", c.Name, c.Stored),
					Hint: "see who can write there; then remove " + filepath.Join(s.dir, columnsDir) + ", which is made anew from the objects"}
			}
			r.add(c)
		}
		r.n++
	}
}
