package rules

import (
	"fmt"
	"slices"
	"strings"

	"lethe/masking"
	"lethe/stream"
)

// minLog2 is the least number of values, as a power of two, that an element
// needs for a deterministic operator: below it, who counts how often a result
// comes knows the value.
const minLog2 = 20

// operatorFits checks what an operator promises against what the column needs.
func (c *compiler) operatorFits(f *field, d *Decision, r rule, spec masking.Spec, t masking.Traits, allowed []string) {
	switch t := f.col.Type; {
	case f.walked || spec.Takes(t, d.Params):
	case t.Base == stream.JSON || t.Base == stream.Array:
		c.faultAt(c.place(r), CodeOperator, fmt.Sprintf("%s does not work on %s as a whole: %s", spec.Name, t, f.id()),
			"name paths inside, such as "+f.id()+"[], or use redact")
	default:
		c.faultAt(c.place(r), CodeOperator, fmt.Sprintf("%s does not work on %s: %s", spec.Name, t, f.id()), "use redact")
	}
	c.keyFits(f, r, spec, t, allowed)
	c.domainFits(f, d, r, spec, t)
	c.lengthFits(f, r)
	c.countryFits(f, r)
}

// countryFits refuses a parameter that does nothing: a country stands for the
// numbers that have no country code, which only the normal form e164 looks for.
// A rule for many elements may have it for those that are telephone numbers.
func (c *compiler) countryFits(f *field, r rule) {
	e, _ := c.table.Lookup(f.element)
	own := r.at == "mask.elements."+f.element || r.at == "mask.fields."+f.id()
	if _, said := r.op.Params["country"]; !said || !own || e.Normal == "e164" {
		return
	}
	c.faultAt(c.place(r), CodeParams, fmt.Sprintf("country does nothing for %s: its values are no telephone numbers", f.id()), "remove country, or say that it is about contact.phone")
}

// keyFits checks that rows of different keys stay different.
func (c *compiler) keyFits(f *field, r rule, spec masking.Spec, t masking.Traits, allowed []string) {
	if !f.key || t.Deterministic && !t.Collides || t.Reversible {
		return // what is reversible and gives a row two keys is under a subject's: see erasable
	}
	at := c.place(r)
	e, about := c.table.Lookup(f.element)
	keys := slices.DeleteFunc([]string{"hmac", "keep"}, func(op string) bool {
		return len(c.packs) > 0 && !slices.Contains(allowed, op) || op == "hmac" && about && min(e.Log2, log2(f.col.Type)) < minLog2
	})
	// A digest's key derives from the element, and keep needs one or a declaration.
	say := "say in the contract what it is about: letheElement id.internal if it stands for a person, id.record if not; and how keys are masked, in " + c.doc.Name +
		":\n" + block("mask", "elements", "{id.internal: {hmac: {}}, id.record: keep}")
	if len(keys) == 0 {
		hint := "leave the column out of the key at the source"
		if !about && !c.special(f.class) { // packs ask more of what nobody said anything about
			hint = say + "\nor " + hint
		}
		c.faultAt(at, CodeEmpty, fmt.Sprintf("%s is a key column, and no operator that the packs allow keeps keys apart", f.id()), hint)
		return
	}
	use := keys[0]
	if slices.Contains(keys, e.Mask) {
		use = e.Mask
	}
	if use == "hmac" {
		use = "{hmac: {}}"
	}
	hint := "use " + strings.Join(keys, " or ") + ", in " + c.doc.Name + ":\n"
	switch {
	case !about:
		hint = say
	case r.at == "mask.fields."+f.id():
		hint += block("mask", "fields", plain(f.id()), use)
	default:
		hint += block("mask", "elements", e.Name, use)
	}
	c.faultAt(at, CodeKey, fmt.Sprintf("%s on key column %s would give rows the same key", spec.Name, f.id()), hint)
}

// domainFits sees to it that the results of a digest do not tell the values:
// where there are too few of them, the subject is mixed in, if there is one.
func (c *compiler) domainFits(f *field, d *Decision, r rule, spec masking.Spec, t masking.Traits) {
	if !digests(spec, t) {
		return
	}
	at := c.place(r)
	e, ok := c.table.Lookup(f.element)
	what, bits := e.Name, e.Log2
	if own := log2(f.col.Type); own < bits {
		what, bits = f.col.Type.String(), own
	}
	few := fmt.Sprintf("%s has about 2^%d values, and 2^%d are needed", what, bits, minLog2)
	switch {
	case !ok && spec.Domain:
		c.faultAt(at, CodeDomain, fmt.Sprintf("%s on %s has no element: its key derives from one", spec.Name, f.id()), "say what the column is about: letheElement in the contract")
	case !ok || bits >= minLog2 || d.Erasable:
	case f.subject && !f.key && spec.Apart:
		d.Apart = true
		d.Because = append(d.Because, "the row's subject is mixed in, so that results join within one subject only: "+few)
	default:
		c.faultAt(at, CodeDomain, fmt.Sprintf("%s on %s is clear by counting: %s", spec.Name, f.id(), few), "use redact, null or drop; or say whose data the rows are under subjects:, and the subject is mixed in")
	}
}

// digests reports whether a result stands for its value wherever it comes, as
// that of hmac does: it comes of one key of the element, or joins. What fake invents
// is mostly such, too.
func digests(spec masking.Spec, t masking.Traits) bool {
	return (spec.Domain || t.Joinable) && !t.Clear
}

// log2 is how many values a type has, as a power of two: of dates and times of day
// those that come up.
func log2(t stream.Type) int {
	switch t.Base {
	case stream.Bool:
		return 1
	case stream.Int:
		return t.Bits
	case stream.Date, stream.TimeOfDay:
		return 16
	case stream.Decimal:
		if t.Precision > 0 {
			return t.Precision * 332 / 100 // 10 is 2^3.32
		}
	}
	return 64
}

// lengthFits checks that an operator which shows characters leaves at least half
// of some value hidden: masking refuses every row that it cannot hide.
func (c *compiler) lengthFits(f *field, r rule) {
	shown := 0
	for _, name := range []string{"keep_first", "keep_last"} {
		n, _ := r.op.Params[name].(int64)
		shown += int(min(max(n, 0), 1<<30))
	}
	what, length := "a value that nobody said anything about", anyLength
	if e, ok := c.table.Lookup(f.element); ok {
		what, length = e.Name, e.Length
	}
	if 2*shown < length {
		return
	}
	hint := "use redact"
	if most := min((length-1)/2, 4); most > 0 {
		hint = fmt.Sprintf("show fewer, such as {%s: {keep_last: %d}}, or use redact", r.op.Name, most)
	}
	c.faultAt(c.place(r), CodeLength, fmt.Sprintf("%s shows %d characters of %s, which has at most %d: at least half of a value stays hidden, so rows would be refused",
		r.op.Name, shown, what, length), hint)
}
