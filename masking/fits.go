package masking

import (
	"bytes"
	"cmp"
	"strconv"

	"lethe/masking/internal/calendar"
	"lethe/masking/internal/digit"
	"lethe/stream"
	"lethe/stream/scan"
)

// fits passes over the value at src[i] and reports whether it is what an
// envelope writes for type t (see the bases in package stream), or what JSON
// inside a column has; every value is of the zero Type. end is -1 if the value is
// malformed.
func (w *Rewriter) fits(i int, t *stream.Type, inside bool, depth int) (end int, ok bool) {
	src := w.src
	if i >= len(src) {
		return -1, false
	}
	if t.Base == 0 || t.Base == stream.JSON {
		if src[i] == '"' {
			end, _ = w.stops.String(i)
			return end, true
		}
		return scan.Value(src, i, depth), true
	}
	switch c := src[i]; {
	case c == '"':
		end, escaped := w.stops.String(i)
		if end < 0 || t.Base == stream.String {
			return end, true
		}
		body := src[i+1 : end-1]
		if escaped {
			w.text = scan.AppendText(w.text[:0], body)
			body = w.text
		}
		return end, textFits(body, t) || inside && textFitsInside(body, t)
	case c == '-' || c-'0' <= 9:
		end, integer := scan.Number(src, i)
		switch {
		case end < 0:
			return end, false
		case t.Base == stream.Float:
			return end, isFloat(src[i:end], t.Bits)
		case inside && t.Base == stream.Decimal:
			return end, t.Precision == 0 || isDecimal(src[i:end], t.Precision, t.Scale)
		}
		return end, t.Base == stream.Int && integer && inRange(src[i:end], t.Bits)
	case c == 't' || c == 'f':
		return scan.Literal(src, i), t.Base == stream.Bool
	case c == '[' && t.Base == stream.Array:
		return w.arrayFits(i, t.Elem, inside, depth)
	}
	return scan.Value(src, i, depth), false
}

// arrayFits does the same for an array and its elements; null is an element of
// every type.
func (w *Rewriter) arrayFits(i int, elem *stream.Type, inside bool, depth int) (end int, ok bool) {
	if depth <= 0 {
		return -1, false
	}
	if elem == nil {
		elem = &stream.Type{}
	}
	src := w.src
	i = scan.Space(src, i+1)
	if i < len(src) && src[i] == ']' {
		return i + 1, true
	}
	ok = true
	for {
		if i < len(src) && src[i] == 'n' {
			i = scan.Literal(src, i)
		} else {
			var fits bool
			i, fits = w.fits(i, elem, inside, depth-1)
			ok = ok && fits
		}
		if i < 0 {
			return -1, false
		}
		i = scan.Space(src, i)
		if i >= len(src) {
			return -1, false
		}
		if src[i] == ']' {
			return i + 1, ok
		}
		if src[i] != ',' {
			return -1, false
		}
		i = scan.Space(src, i+1)
	}
}

// isFloat reports whether a number has a finite value in so many bits. One of few
// digits without an exponent has.
func isFloat(number []byte, width int) bool {
	if len(number) < 38 && !bytes.ContainsAny(number, "eE") {
		return true
	}
	_, err := strconv.ParseFloat(string(number), cmp.Or(width, 64))
	return err == nil
}

// inRange reports whether an integer fits into so many bits. -0 does not: an
// integer has one form, so that equal keys give equal results.
func inRange(number []byte, width int) bool {
	limit := uint64(1)<<(width-1) - 1
	if number[0] == '-' {
		if number = number[1:]; number[0] == '0' {
			return false
		}
		limit++
	}
	if len(number) > 19 {
		return false
	}
	var n uint64
	for _, c := range number {
		n = n*10 + uint64(c-'0')
	}
	return n <= limit
}

// textFits reports whether a string's text is a value of type t.
func textFits(text []byte, t *stream.Type) bool {
	switch t.Base {
	case stream.Float:
		return isNotFinite(text)
	case stream.Decimal:
		return isDecimal(text, t.Precision, t.Scale)
	case stream.Bytes:
		return isBase64(text)
	case stream.Date:
		return len(text) == 11 && text[10] == 'Z' && calendar.IsDate(text)
	case stream.TimeOfDay:
		n := len(text) - 1
		return n > 0 && text[n] == 'Z' && calendar.IsClock(text[:n])
	case stream.Timestamp, stream.TimestampTZ:
		n := len(text) - 1
		return n > 11 && text[n] == 'Z' && text[10] == 'T' && calendar.IsDate(text) && calendar.IsClock(text[11:n])
	}
	return false
}

// textFitsInside reports whether a string's text is a value of type t as JSON
// inside a column has it: who wrote it may have left out the zone, or given one.
func textFitsInside(text []byte, t *stream.Type) bool {
	switch t.Base {
	case stream.Date:
		return len(text) == 10 && calendar.IsDate(text)
	case stream.TimeOfDay:
		return calendar.IsClock(text)
	case stream.Timestamp, stream.TimestampTZ:
		if len(text) < 19 || text[10] != 'T' && text[10] != ' ' || !calendar.IsDate(text) {
			return false
		}
		clock := text[11:]
		if at := bytes.IndexAny(clock, "Z+-"); at >= 0 {
			if !isZone(clock[at:]) {
				return false
			}
			clock = clock[:at]
		}
		return calendar.IsClock(clock)
	}
	return false
}

// isZone reports whether text is Z, +07, +0700 or +07:00.
func isZone(text []byte) bool {
	if string(text) == "Z" {
		return true
	}
	hours, minutes := text[1:], []byte(nil)
	if len(hours) > 2 {
		hours, minutes = hours[:2], bytes.TrimPrefix(hours[2:], []byte(":"))
	}
	return text[0] != 'Z' && len(hours) == 2 && digit.All(hours) && (len(minutes) == 0 || len(minutes) == 2) && digit.All(minutes)
}

func isNotFinite(text []byte) bool {
	switch string(text) {
	case "NaN", "Infinity", "-Infinity":
		return true
	}
	return false
}

// isDecimal reports whether text is a decimal number without exponent that fits
// precision and scale, or any one if precision is 0.
func isDecimal(text []byte, precision, scale int) bool {
	if precision == 0 && isNotFinite(text) {
		return true
	}
	if len(text) > 0 && text[0] == '-' {
		text = text[1:]
	}
	whole, fraction := text, []byte(nil)
	if dot := bytes.IndexByte(text, '.'); dot >= 0 {
		if whole, fraction = text[:dot], text[dot+1:]; len(fraction) == 0 {
			return false
		}
	}
	if len(whole) == 0 || !digit.All(whole) || !digit.All(fraction) {
		return false
	}
	if precision == 0 {
		return true
	}
	whole = bytes.TrimLeft(whole, "0")
	return len(whole) <= precision-scale && len(fraction) <= scale
}

// isBase64 reports whether text is standard base64 with padding.
func isBase64(text []byte) bool {
	if len(text)%4 != 0 {
		return false
	}
	n := len(text)
	for pad := 0; pad < 2 && n > 0 && text[n-1] == '='; pad++ {
		n--
	}
	for _, c := range text[:n] {
		if c|0x20-'a' > 25 && c-'0' > 9 && c != '+' && c != '/' {
			return false
		}
	}
	return true
}
