// Package invent draws values that look like those of persons: names, addresses,
// telephone numbers, mail addresses, companies. What they are made of is data, in
// lists of a version that never changes, so that the same draws give the same
// value in every build (L6).
//
// It knows no key and nothing of the values that it stands in for: who calls it
// gives the draws. It allocates nothing per value.
package invent

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed lists1.txt
var lists1 string

// Versions is how many versions of the lists there are; the first is 1.
const Versions = 1

// Kinds are what can be drawn.
func Kinds() []string {
	return []string{"person", "given_name", "family_name", "address", "street", "city", "postcode", "email", "phone", "company"}
}

// Lists are all lists of one version.
type Lists struct {
	locales []locale
	unions  []union
}

// locale is the lists of one country.
type locale struct {
	name  string
	lists []list
}

// union is a locale that is one of others, drawn for each value.
type union struct {
	name string
	of   []string
}

// list is what one of is drawn.
type list struct {
	name  string
	items []item
	told  bool // a draw of it tells something of a person
}

// item is a line of a list, and its second form, which may be missing.
type item struct{ first, second []part }

// part is a text, or a draw of another list.
type part struct {
	text   string // with $ % ^ in it
	list   int    // -1 for a text
	second bool
}

// Load returns the lists of a version.
//
// L6: revisions that were kept name it, and lists never change.
func Load(version int) (*Lists, error) {
	if version != 1 {
		return nil, fmt.Errorf("no lists of version %d: there are 1 to %d", version, Versions)
	}
	return read(lists1)
}

// Locales are the names of the locales that every version has, unions first.
func Locales() []string {
	return []string{"any", "eu", "th", "sg", "de", "fr", "ie", "se", "gb", "us"}
}

// told are the lists whose draws must not be of the record: what is drawn of the
// others says nothing by itself.
func told(name string) bool {
	return slices.Contains([]string{"given_name", "family_name", "street", "city", "postcode", "core", "phone"}, name)
}

// read reads lists as the head of their file says.
func read(text string) (*Lists, error) {
	all := &Lists{}
	var common []string
	for n, line := range strings.Split(text, "\n") {
		var err error
		switch line = strings.TrimSpace(line); {
		case line == "" || line[0] == '#':
		case line[0] == '=':
			name, of, _ := strings.Cut(line[1:], ":")
			all.unions = append(all.unions, union{strings.TrimSpace(name), strings.Fields(of)})
		case line[0] == '[':
			all.locales = append(all.locales, locale{name: strings.Trim(line, "[]")})
		case len(all.locales) == 0:
			common = append(common, line)
		default:
			err = all.locales[len(all.locales)-1].add(line)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	for i := range all.locales {
		if err := all.locales[i].complete(common); err != nil {
			return nil, fmt.Errorf("locale %s: %w", all.locales[i].name, err)
		}
	}
	return all, nil
}

// complete adds the lists that a locale has none of its own of.
func (l *locale) complete(common []string) error {
	var own []string
	for _, x := range l.lists {
		if len(x.items) > 0 {
			own = append(own, x.name)
		}
	}
	for _, line := range common {
		if name, _, _ := strings.Cut(line, ":"); !slices.Contains(own, name) {
			if err := l.add(line); err != nil {
				return err
			}
		}
	}
	for _, x := range l.lists {
		if len(x.items) == 0 {
			return fmt.Errorf("no list %s", x.name)
		}
	}
	return nil
}

// add reads a line of a list.
func (l *locale) add(line string) error {
	name, rest, ok := strings.Cut(line, ":")
	if !ok {
		return fmt.Errorf("no list is named")
	}
	n := l.find(name)
	for _, text := range strings.Split(rest, ";") {
		var it item
		first, second, _ := strings.Cut(strings.TrimSpace(text), "|")
		var errs [2]error
		it.first, errs[0] = l.parts(first)
		it.second, errs[1] = l.parts(second)
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
		l.lists[n].items = append(l.lists[n].items, it)
	}
	return nil
}

// find returns the number of a list, which it makes if it is new.
func (l *locale) find(name string) int {
	i := slices.IndexFunc(l.lists, func(x list) bool { return x.name == name })
	if i < 0 {
		i = len(l.lists)
		l.lists = append(l.lists, list{name: name, told: told(name)})
	}
	return i
}

// parts takes a text apart at its draws of other lists.
func (l *locale) parts(text string) ([]part, error) {
	var all []part
	for text != "" {
		before, rest, found := strings.Cut(text, "{")
		if before != "" {
			all = append(all, part{text: before, list: -1})
		}
		if text = ""; found {
			name, after, closed := strings.Cut(rest, "}")
			if !closed {
				return nil, fmt.Errorf("a brace is not closed")
			}
			name, second := strings.CutPrefix(name, "~")
			all = append(all, part{list: l.find(name), second: second})
			text = after
		}
	}
	return all, nil
}
