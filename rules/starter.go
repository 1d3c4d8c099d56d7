package rules

import (
	"fmt"
	"slices"
	"strings"

	"lethe/masking"
	"lethe/rules/packs"
	"lethe/rules/schema"
	"lethe/stream"
)

// Starter is a policy to begin with for streams of these contracts: the mildest
// operators that every named pack allows for analytics, and whose data the rows
// seem to be. Without names it lists the packs that bind everybody. A person reads it
// before it runs.
func Starter(contracts []schema.Contract, names ...string) []byte {
	t, err := LoadElements()
	if err != nil {
		panic(err) // the built-in table is part of the program, and a test loads it
	}
	named := len(names) > 0
	var sectors []string
	for _, name := range packs.Names() {
		p, _ := packs.Load(name)
		switch {
		case p.Sector != "":
			sectors = append(sectors, fmt.Sprintf("%s (%s)", name, p.Sector))
		case !named:
			names = append(names, name)
		}
	}
	var b strings.Builder
	b.WriteString("# What becomes of every field. lethe check says whether it holds, and where each\n# field may go; lethe check --explain <stream>/<column> says why.\n\n")
	fmt.Fprintf(&b, "packs: [%s]  # the laws that apply: remove the others\n# Add those that bind you: %s.\n\n", strings.Join(names, ", "), strings.Join(sectors, ", "))
	b.WriteString("# What columns are about stands in their contracts (letheElement). Here is the\n# place for paths inside of JSON columns.\n# elements:\n#   crm.public.customer/profile.phones[].number: contact.phone\n\n")
	starterSubjects(&b, t, contracts)
	starterMask(&b, t, contracts)
	return []byte(b.String())
}

func starterSubjects(b *strings.Builder, t *Elements, contracts []schema.Contract) {
	var rows, open []string
	for _, c := range contracts {
		class, key := classOf(t, c), t.subject(c)
		switch {
		case !t.personal(class):
		case key != "":
			rows = append(rows, fmt.Sprintf("  %s: {key: %s}\n", plain(c.Stream), plain(key)))
		case t.namesPersonal(c):
			// L1: rows about somebody are nobody's only if a person says so.
			open = append(open, fmt.Sprintf("#  %s: %s  # decide: no column leads to a person by its name\n", plain(c.Stream), ownPerson(c)))
		default:
			rows = append(rows, fmt.Sprintf("  %s: none  # unsure: no column leads to a person by its name\n", plain(c.Stream)))
		}
	}
	if len(rows)+len(open) == 0 {
		return
	}
	slices.Sort(rows)
	slices.Sort(open)
	b.WriteString("# Whose data a row is: the column that leads to the person. Where rows are about\n# persons whom no column names, the primary key: each row is a person of its own.\n# Where they are about nobody: none.\n")
	if len(rows) == 0 {
		b.WriteString("#")
	}
	b.WriteString("subjects:\n" + strings.Join(slices.Concat(rows, open), "") + "\n")
}

// ownPerson is the subject of rows that are a person each: the primary key.
func ownPerson(c schema.Contract) string {
	if len(c.Key) > 0 {
		return "{key: " + plain(masking.EscapeName(c.Key[0])) + "}"
	}
	return "none"
}

// namesPersonal reports whether a column is known to be about persons.
func (t *Elements) namesPersonal(c schema.Contract) bool {
	return slices.ContainsFunc(c.All(), func(col schema.Column) bool {
		e, _ := t.Lookup(col.Element)
		return t.personal(e.Class) || t.personal(col.Class)
	})
}

// classOf is the class that a stream will have.
func classOf(t *Elements, c schema.Contract) stream.Class {
	highest := c.Class
	for _, col := range c.All() {
		e, _ := t.Lookup(col.Element)
		for _, class := range []stream.Class{e.Class, col.Class} {
			if t.rank(class) > t.rank(highest) {
				highest = class
			}
		}
	}
	if highest == "" {
		return stream.PII
	}
	return highest
}

// subject guesses the column that leads to the person: the primary key if it
// stands for one, else the first column that does.
func (t *Elements) subject(c schema.Contract) string {
	inKey := func(col schema.Column) bool { return slices.Equal(c.Key, []string{col.Name}) }
	for _, col := range c.Columns {
		if inKey(col) && col.Element == "id.internal" {
			return col.Path
		}
	}
	for _, col := range c.Columns {
		if col.Element == "id.internal" {
			return col.Path
		}
	}
	table := splitName(c.Stream[strings.LastIndexByte(c.Stream, '.')+1:])
	for _, col := range c.Columns {
		if inKey(col) && t.aboutPersons(table) {
			return col.Path
		}
	}
	return ""
}

func starterMask(b *strings.Builder, t *Elements, contracts []schema.Contract) {
	operators := map[string]string{}
	var whole []string
	public := false
	for _, c := range contracts {
		for _, col := range c.All() {
			public = public || col.Class == stream.Public
			e, ok := t.Lookup(col.Element)
			if !ok {
				if col.Element != "" {
					operators[col.Element] = "redact"
				}
				continue
			}
			op := e.Mask
			if slices.Contains(c.Key, col.Name) && col.Path == masking.EscapeName(col.Name) && op != "keep" && e.Log2 >= minLog2 {
				op = "hmac" // keys of different rows must stay different
			}
			if spec, known := masking.Lookup(op); known && !spec.Takes(col.Type, nil) {
				whole = append(whole, fmt.Sprintf("    %s: redact\n", plain(c.Stream+"/"+col.Path)))
				op = "redact"
			}
			if operators[e.Name] == "" || op == "hmac" {
				operators[e.Name] = op
			}
		}
	}
	b.WriteString("# The most specific rule decides: field, element, element family, class, field with\n# a wildcard, default.\nmask:\n")
	if len(whole) > 0 {
		slices.Sort(whole)
		b.WriteString("  fields:\n" + strings.Join(whole, ""))
	}
	if len(operators) > 0 {
		b.WriteString("  elements:\n")
	}
	for _, name := range t.inOrder(operators) {
		op := operators[name]
		switch op {
		case "hmac":
			op = "{hmac: {}}"
		case "null":
			op = `"null"`
		}
		fmt.Fprintf(b, "    %s: %s\n", name, op)
	}
	if public {
		b.WriteString("  classes: {public: keep}\n")
	}
	b.WriteString("  # A column that nobody classified is redacted, and a fault of lethe check until\n  # this is written:\n  # default: redact\n")
}

// inOrder lists elements as the table does, then the others by name.
func (t *Elements) inOrder(m map[string]string) []string {
	var names, others []string
	for _, n := range t.order {
		if _, ok := m[n]; ok {
			names = append(names, n)
		}
	}
	for n := range m {
		if _, ok := t.byName[n]; !ok {
			others = append(others, n)
		}
	}
	slices.Sort(others)
	return append(names, others...)
}

// plain writes text as a YAML key or value, quoted where it must be.
func plain(s string) string {
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._/-", r)) {
			return fmt.Sprintf("%q", s)
		}
	}
	if s == "" || s[0] == '-' || s[0] >= '0' && s[0] <= '9' || slices.Contains([]string{"null", "true", "false", "no", "yes", "on", "off"}, strings.ToLower(s)) {
		return fmt.Sprintf("%q", s)
	}
	return s
}
