package masking

import (
	"lethe/stream"
)

// stride is what the walk needs of a node's member, all of it in one place. It is
// immutable once compiled.
type stride struct {
	node   *node
	typ    *stream.Type // strings are of this type; nil if it is any
	slot   int32        // counts what is done with a value that it takes
	act    action       // what that is: one of those that take any scalar as it is
	takes  kinds        // which scalars are of the node's type
	digits uint8        // of kindNumber: integers of so many
	ruled  bool         // the node has rules
	leads  uint8        // as the node's
}

func strideOf(n *node) stride {
	s := stride{node: n, slot: n.slot, act: n.act, ruled: n.rules != nil, leads: n.leads}
	const most = 18 // digits of an integer that needs no other look
	switch n.act {
	case actKeep, actKeepScalar, actDrop, actNull, actRedact, actMask:
		s.accept(&n.typ, most)
		if n.nullable {
			s.takes |= kindNull
		}
	case actScalar:
		s.act, s.takes, s.digits = actKeep, n.kinds&^kindLogName, most
	case actBefore, actAfter:
		s.act, s.takes = actKeep, kindNull
	}
	return s
}

// accept says which scalars are of type t.
func (s *stride) accept(t *stream.Type, most uint8) {
	switch t.Base {
	case 0, stream.JSON:
		s.takes, s.digits = kindString|kindNumber|kindBool, most
		if t.Base == 0 {
			s.takes |= kindNull
		}
	case stream.String:
		s.takes = kindString
	case stream.Int:
		s.takes, s.digits = kindNumber, uint8((t.Bits-1)*3/10) // a digit is more than three bits
	case stream.Bool:
		s.takes = kindBool
	case stream.Array:
	default:
		s.takes, s.typ = kindString, t
	}
}

// accepts reports whether the stride takes the scalar src[i:end] as it is, which is no
// number but a plain integer, and no string with escapes. If it does not, that is
// to be found out by a closer look.
func (s *stride) accepts(src []byte, i, end int) bool {
	switch src[i] {
	case '"':
		return s.takes&kindString != 0 && (s.typ == nil || textFits(src[i+1:end-1], s.typ))
	case 't', 'f':
		return s.takes&kindBool != 0
	case 'n':
		return s.takes&kindNull != 0
	}
	return s.takes&kindNumber != 0 && end-i <= int(s.digits)
}
