package masking

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"strconv"

	"lethe/masking/internal/calendar"
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
		return len(text) == 11 && text[10] == 'Z' && isDate(text)
	case stream.TimeOfDay:
		n := len(text) - 1
		return n > 0 && text[n] == 'Z' && isClock(text[:n])
	case stream.Timestamp, stream.TimestampTZ:
		n := len(text) - 1
		return n > 11 && text[n] == 'Z' && text[10] == 'T' && isDate(text) && isClock(text[11:n])
	}
	return false
}

// textFitsInside reports whether a string's text is a value of type t as JSON
// inside a column has it: who wrote it may have left out the zone, or given one.
func textFitsInside(text []byte, t *stream.Type) bool {
	switch t.Base {
	case stream.Date:
		return len(text) == 10 && isDate(text)
	case stream.TimeOfDay:
		return isClock(text)
	case stream.Timestamp, stream.TimestampTZ:
		if len(text) < 19 || text[10] != 'T' && text[10] != ' ' || !isDate(text) {
			return false
		}
		clock := text[11:]
		if at := bytes.IndexAny(clock, "Z+-"); at >= 0 {
			if !isZone(clock[at:]) {
				return false
			}
			clock = clock[:at]
		}
		return isClock(clock)
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
	return text[0] != 'Z' && len(hours) == 2 && allDigits(hours) && (len(minutes) == 0 || len(minutes) == 2) && allDigits(minutes)
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
	if len(whole) == 0 || !allDigits(whole) || !allDigits(fraction) {
		return false
	}
	if precision == 0 {
		return true
	}
	whole = bytes.TrimLeft(whole, "0")
	return len(whole) <= precision-scale && len(fraction) <= scale
}

func allDigits(text []byte) bool {
	for ; len(text) >= 8; text = text[8:] {
		const ones = 0x0101010101010101
		x := binary.LittleEndian.Uint64(text)
		if (x|(x+('\x7f'-'9')*ones)|(x-'0'*ones))&(0x80*ones) != 0 {
			return false
		}
	}
	for _, c := range text {
		if c-'0' > 9 {
			return false
		}
	}
	return true
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

// isDate reports whether text begins with a day of the calendar, 2006-01-02.
func isDate(text []byte) bool {
	if !like(text, 0x2d30302d30303030, 0x7f76767f76767676) || !allDigits(text[8:10]) { // 0000-00-
		return false
	}
	return calendar.Exists(two(text)*100+two(text[2:]), two(text[5:]), two(text[8:]))
}

// isClock reports whether text is a time of day, 15:04:05 and up to nine digits
// of a second.
func isClock(text []byte) bool {
	if len(text) < 8 || !like(text, 0x30303a30303a3030, 0x76767f76767f7676) { // 00:00:00
		return false
	}
	if two(text) > 23 || two(text[3:]) > 59 || two(text[6:]) > 59 {
		return false
	}
	fraction := text[8:]
	return len(fraction) == 0 || fraction[0] == '.' && len(fraction) >= 2 && len(fraction) <= 10 && allDigits(fraction[1:])
}

// like reports whether the first eight bytes of text are those of form, with any
// digit in the place of a 0. room is 0x76 for each such byte, and 0x7f for others:
// what makes a byte of another value overflow.
func like(text []byte, form, room uint64) bool {
	x := binary.LittleEndian.Uint64(text) ^ form
	return (x|(x+room))&0x8080808080808080 == 0
}

func two(text []byte) int { return int(text[0]-'0')*10 + int(text[1]-'0') }
