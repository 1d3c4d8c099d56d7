package rules

import (
	"fmt"
	"slices"
	"strings"

	"lethe/rules/strict"
	"lethe/stream"
)

// hint is what to write instead of an element that is none: the one that is
// meant, if a slip of the pen or the word for it tells, and those of its family;
// where there is no such family, all families.
func (t *Elements) hint(name string) string {
	family, leaf, ok := cutLast(name)
	if !ok {
		leaf = name
	}
	same := inFamily(t.order, family)
	if near, ok := nearestLeaf(leaf, same); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if near, ok := strict.Nearest(family, t.familyNames()); ok && len(same) == 0 {
		if e, ok := nearestLeaf(leaf, inFamily(t.order, near)); ok {
			return fmt.Sprintf("did you mean %q?", e)
		}
	}
	if !ok && len(name) > 4 { // shorter words are near to too much
		if near, ok := nearestLeaf(name, t.order); ok {
			return fmt.Sprintf("did you mean %q?", near)
		}
	}
	var lines []string
	// Elsewhere the last word may be what such a column is called.
	if e, _ := t.suggest(stream.Field{Name: leaf, Type: stream.Type{Base: stream.String}}, nil); e.Name != "" {
		lines = append(lines, strings.TrimSuffix(fmt.Sprintf("did you mean %q, %s", e.Name, e.About), ", ")+"?")
	} else if all := inFamily(t.order, leaf); len(all) > 0 {
		lines = append(lines, "family "+leaf+" has: "+strings.Join(all, " "))
	}
	if len(same) > 0 {
		lines = append(lines, "family "+family+" has: "+strings.Join(same, " "))
	} else {
		alone := slices.DeleteFunc(t.Names(), func(n string) bool { return strings.Contains(n, ".") })
		lines = append(lines, "elements are: "+strings.Join(append(t.families(), alone...), " "))
	}
	return strings.Join(append(lines, "elements.yaml of the folder may add others"), "\n")
}

// nearestLeaf is the element of one family whose last word is near to leaf.
func nearestLeaf(leaf string, names []string) (string, bool) {
	byLeaf := map[string]string{}
	var leaves []string
	for _, n := range names {
		_, l, _ := cutLast(n)
		byLeaf[l] = n
		leaves = append(leaves, l)
	}
	near, ok := strict.Nearest(leaf, leaves)
	return byLeaf[near], ok
}

// cutLast cuts an element into its family and its last word.
func cutLast(name string) (family, leaf string, ok bool) {
	i := strings.LastIndexByte(name, '.')
	return name[:max(i, 0)], name[i+1:], i > 0
}

// familyNames lists the families without their stars.
func (t *Elements) familyNames() []string {
	all := t.families()
	for i := range all {
		all[i] = strings.TrimSuffix(all[i], ".*")
	}
	return slices.Compact(all)
}

// inFamily lists the names below a family.
func inFamily(names []string, family string) []string {
	var out []string
	for _, n := range names {
		if family != "" && strings.HasPrefix(n, family+".") {
			out = append(out, n)
		}
	}
	return out
}
