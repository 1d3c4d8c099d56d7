package rules

import (
	"fmt"
	"strings"

	"lethe/rules/strict"
)

// rule is an operation of the policy and the path where it stands.
type rule struct {
	op   operation
	at   string // path in the policy file; "" for the unwritten default
	kind string // in words
}

// defaultRule decides where nothing else does (L1).
func (c *compiler) defaultRule() rule {
	if d := c.policy.Mask.Default; d != nil {
		return rule{op: *d, at: "mask.default", kind: "the default"}
	}
	return rule{op: operation{Name: "redact"}, kind: "the default, which is not written,"}
}

// candidates are the rules that speak about a field, the most specific first.
// The last is the default.
func (c *compiler) candidates(f *field) []rule {
	m := c.policy.Mask
	var all []rule
	if o, ok := m.Fields.Get(f.id()); ok {
		all = append(all, rule{o, "mask.fields." + f.id(), "the field's own rule"})
	}
	if f.element != "" {
		if o, ok := m.Elements.Get(f.element); ok {
			all = append(all, rule{o, "mask.elements." + f.element, "the rule for element " + f.element})
		}
		for family := parent(f.element); family != ""; family = parent(family) {
			if o, ok := m.Elements.Get(family + ".*"); ok {
				all = append(all, rule{o, "mask.elements." + family + ".*", "the rule for element family " + family + ".*"})
			}
		}
	}
	if f.class != "" {
		if o, ok := m.Classes.Get(string(f.class)); ok {
			all = append(all, rule{o, "mask.classes." + string(f.class), "the rule for class " + string(f.class)})
		}
	}
	if e, ok := widest(c, m.Fields, f, "mask.fields."); ok {
		all = append(all, rule{e.Value, "mask.fields." + e.Key, "the rule for fields " + e.Key})
	}
	return append(all, c.defaultRule())
}

func parent(element string) string {
	if i := strings.LastIndexByte(element, '.'); i > 0 {
		return element[:i]
	}
	return ""
}

// widest finds the entry with a wildcard that fits a field: the one with most
// characters beside the stars. Two that are equally long must agree.
func widest[T any](c *compiler, m strict.Map[T], f *field, section string) (strict.Entry[T], bool) {
	var best strict.Entry[T]
	found, rival := false, ""
	for _, e := range m.Entries {
		if !strings.Contains(e.Key, "*") || !fits(e.Key, f.id()) {
			continue
		}
		if section != declaredSection { // used where a decision needs it
			c.used[section+e.Key] = true
		}
		n, b := literals(e.Key), literals(best.Key)
		switch {
		case !found || n > b:
			best, found, rival = e, true, ""
		case n == b && fmt.Sprint(e.Value) != fmt.Sprint(best.Value):
			rival = e.Key
		}
	}
	if rival != "" {
		c.fault(section+rival, CodeAmbiguous, fmt.Sprintf("%s fits %q and %q equally, and they disagree", f.id(), best.Key, rival),
			"name the field itself: "+f.id())
	}
	return best, found
}

func literals(pattern string) int { return len(pattern) - strings.Count(pattern, "*") }

// fits reports whether <stream>/<path> fits a pattern in which a star stands for
// any characters but the slash.
func fits(pattern, id string) bool {
	ps, pp, ok := strings.Cut(pattern, "/")
	s, p, _ := strings.Cut(id, "/")
	return ok && glob(ps, s) && glob(pp, p)
}

func glob(pattern, s string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == s
	}
	if !strings.HasPrefix(s, head) {
		return false
	}
	s = s[len(head):]
	parts := strings.Split(rest, "*")
	last := parts[len(parts)-1]
	for _, part := range parts[:len(parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return len(s) >= len(last) && strings.HasSuffix(s, last)
}
