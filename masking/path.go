package masking

import (
	"errors"
	"strings"

	"lethe/masking/conform"
)

// step is one step of a path: into a member, or into every element of an array.
type step struct {
	name    string
	element bool
}

// parsePath takes a path apart: members joined by dots, [] for every array
// element, a backslash before a dot, bracket or backslash of a name. Beside an error
// it gives the steps before what cannot be read.
func parsePath(path string) ([]step, error) {
	var steps []step
	var name strings.Builder
	rest := path
	for {
		var plain bool
		name.Reset()
		for len(rest) > 0 && rest[0] != '.' && rest[0] != '[' {
			c := rest[0]
			if c == ']' {
				return steps, errors.New("a bracket was not opened")
			}
			if c == '\\' {
				if rest = rest[1:]; rest == "" || !strings.ContainsRune(`.[]\`, rune(rest[0])) {
					return steps, errors.New(`a backslash goes before . [ ] or \`)
				}
				c = rest[0]
			}
			name.WriteByte(c)
			rest = rest[1:]
			plain = true
		}
		if !plain {
			return steps, errors.New("a name is empty")
		}
		steps = append(steps, step{name: name.String()})
		for strings.HasPrefix(rest, "[") {
			if !strings.HasPrefix(rest, "[]") {
				return steps, errors.New("[] stands for every element, single ones cannot be named")
			}
			steps = append(steps, step{element: true})
			rest = rest[2:]
		}
		if rest == "" {
			return steps, nil
		}
		if rest[0] != '.' {
			return steps, errors.New("a dot belongs after []")
		}
		rest = rest[1:]
	}
}

// EscapeName writes a member's name as a path names it.
func EscapeName(name string) string { return conform.EscapeName(name) }

// Column takes the column off a path and says whether the path goes inside it.
// Beside an error it is the column as far as the path can be read, or empty.
func Column(path string) (column string, inside bool, err error) {
	steps, err := parsePath(path)
	if len(steps) > 0 {
		column = steps[0].name
	}
	return column, len(steps) > 1, err
}

// lastName is the name of the member that a path ends with.
func lastName(path string) string {
	steps, err := parsePath(path)
	if err != nil {
		return "" // Compile says so
	}
	name := ""
	for _, s := range steps {
		if !s.element {
			name = s.name
		}
	}
	return name
}
