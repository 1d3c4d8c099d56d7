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
// element, a backslash before a dot, bracket or backslash of a name.
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
				return nil, errors.New("a bracket that was not opened")
			}
			if c == '\\' {
				if rest = rest[1:]; rest == "" || !strings.ContainsRune(`.[]\`, rune(rest[0])) {
					return nil, errors.New(`a backslash goes before . [ ] or \`)
				}
				c = rest[0]
			}
			name.WriteByte(c)
			rest = rest[1:]
			plain = true
		}
		if !plain {
			return nil, errors.New("an empty name")
		}
		steps = append(steps, step{name: name.String()})
		for strings.HasPrefix(rest, "[") {
			if !strings.HasPrefix(rest, "[]") {
				return nil, errors.New("want [] for every array element")
			}
			steps = append(steps, step{element: true})
			rest = rest[2:]
		}
		if rest == "" {
			return steps, nil
		}
		if rest[0] != '.' {
			return nil, errors.New("want a dot after []")
		}
		rest = rest[1:]
	}
}

// EscapeName writes a member's name as a path names it.
func EscapeName(name string) string { return conform.EscapeName(name) }

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
