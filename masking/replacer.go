package masking

import (
	"slices"

	"lethe/stream"
)

// result is what a masker did with a value.
type result uint8

const (
	replaced result = iota // what stands in the value's place was written
	hidden                 // nothing was written: nothing but the constant may stand there (L1)
	ofNobody               // nothing was written: the row is about nobody, or about an erased subject (L5)
	declined               // nothing was written: stream.ReasonOperator
	abnormal               // nothing was written: stream.ReasonNormal
)

// reason is that of the rejection.
func (r result) reason() string {
	if r == abnormal {
		return stream.ReasonNormal
	}
	return stream.ReasonOperator
}

// absent is what stands where there is no value to mask.
type absent struct {
	null   string // for the null of a field of class special; "" if the masker takes it for the empty text
	empty  string // for the empty text; "" if the masker takes it for a text like any other
	nobody string // for a value of nobody, and of an erased subject; "" if it is refused
}

// standIns are what stands in f where there is no value to mask. An empty text stays
// empty, for there is nothing to hide; in class special whether there is a value at all
// may say enough. What an operator does otherwise is in its Spec.
func (s Spec) standIns(f Field) absent {
	a := absent{null: "null", empty: `""`}
	if out := s.output(f.Type); out.Base == stream.String || out.Base == 0 {
		a.null = redacted
	}
	a.nobody = a.null
	if f.Special {
		a.empty = redacted
	}
	if s.absent != nil {
		s.absent(f, &a)
	}
	return a
}

// kinds are the kinds of scalars that the operator means something for.
func (s Spec) kinds(p Params) kinds {
	takes := func(b stream.Base) bool { return s.Takes(stream.Type{Base: b}, p) }
	k := kindString | kindNull
	if takes(stream.Bool) {
		k |= kindBool
	}
	if slices.ContainsFunc([]stream.Base{stream.Int, stream.Float, stream.Decimal}, takes) {
		k |= kindNumber
	}
	return k
}

// replacer is a masker and what stands where it has nothing to mask.
type replacer struct {
	masker
	takes kinds // of scalars; others are refused
	owned bool  // nothing of a row of nobody is masked, nor shown to be empty
	absent
}

// replace appends what stands in the place of v to dst: it was replaced, or hidden, or
// is refused.
func (o *replacer) replace(dst []byte, v datum) ([]byte, result) {
	did := ofNobody
	switch {
	case o.takes&v.kind == 0:
		return dst, declined
	case v.kind == kindNull && o.null != "":
		return stand(dst, o.null)
	case o.owned && !v.row.known:
	case len(v.text) == 0 && v.kind != kindNull && o.empty != "":
		return stand(dst, o.empty)
	default:
		dst, did = o.mask(dst, v)
	}
	switch {
	case did == hidden, did == declined && v.kind == kindNull: // a null is refused by nobody
		return append(dst, redacted...), hidden
	case did != ofNobody:
		return dst, did
	case o.nobody == "":
		return dst, declined
	}
	return append(dst, o.nobody...), hidden
}

// stand appends what stands where there is no value.
func stand(dst []byte, in string) ([]byte, result) {
	if in == redacted {
		return append(dst, in...), hidden
	}
	return append(dst, in...), replaced
}
