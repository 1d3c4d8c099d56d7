package rows

import "lethe/stream"

// Widen is the type that holds the values of a and of b, and that readers give
// to a column which is a in one object and b in another; false if there is none.
// Types that are stored as text are one: b then.
func Widen(a, b stream.Type) (stream.Type, bool) {
	ka, _, okA := layout(a)
	kb, _, okB := layout(b)
	switch {
	case a.Base == stream.Array || b.Base == stream.Array:
		return b, a.String() == b.String()
	case !okA || !okB || a.Base != b.Base && (ka != kindString || kb != kindString):
		return stream.Type{}, false
	case a.Base == stream.Int || a.Base == stream.Float:
		b.Bits = max(a.Bits, b.Bits)
	case ka != kb:
		return stream.Type{}, false // decimals, of which one is text
	case ka == kindDecimal:
		scale := max(a.Scale, b.Scale)
		b = stream.Type{Base: stream.Decimal, Precision: max(a.Precision-a.Scale, b.Precision-b.Scale) + scale, Scale: scale}
		return b, b.Precision <= maxPrecision
	}
	return b, true
}

// maxPrecision is the most digits that a decimal column holds.
const maxPrecision = 38
