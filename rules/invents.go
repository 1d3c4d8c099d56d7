package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lethe/masking"
)

// kindsOfFake are the kinds of what operator fake invents.
func kindsOfFake() []string {
	spec, _ := masking.Lookup("fake")
	i := slices.IndexFunc(spec.Params, func(p masking.Param) bool { return p.Name == "kind" })
	return spec.Params[i].OneOf
}

// invents finds what operator fake invents where the rule does not say it: what the
// element does.
func (c *compiler) invents(f *field, d *Decision, r rule) {
	if d.Operator != "fake" || d.Params["kind"] != nil {
		return
	}
	kind := "person" // so that no other fault follows
	if e, _ := c.table.Lookup(f.element); e.Fake != "" {
		kind = e.Fake
		d.Because = append(d.Because, fmt.Sprintf("what is invented is of kind %s, as element %s says", kind, e.Name))
	} else {
		c.faultAt(c.place(r), CodeParams, fmt.Sprintf("nobody said what fake invents for %s%s", f.id(), aboutShort(f)), "write {fake: {kind: person}}, with one of: "+strings.Join(kindsOfFake(), " "))
	}
	if d.Params = maps.Clone(d.Params); d.Params == nil {
		d.Params = masking.Params{}
	}
	d.Params["kind"] = kind
}
