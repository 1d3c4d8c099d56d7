package masking

import (
	"bytes"
	"time"
	"unicode"
	"unicode/utf8"

	"lethe/masking/internal/calendar"
)

// written is a date as somebody wrote it: what it says, and how, so that another
// date can be written the same way.
type written struct {
	day   int     // days since 1970-01-01
	parts [3]part // year, month and day in the order of the text
	be    bool    // years of the Buddhist era
	short bool    // two digits of the year
}

// part is one of a date's three numbers.
type part struct {
	from, to int
	what     byte // 'y', 'm' or 'd'
	width    int  // digits; 0 for a month's name
	thai     bool // Thai digits
	pad      bool // a zero goes before a single digit
	names    int  // the list that a month's name is from
	upper    bool // its name is in capital letters
	value    int
}

// dateForm is what a column's texts have in common.
type dateForm struct {
	monthFirst bool // 01/02 is the second of January
	common     bool // years are of the common era, whatever they are
}

// dateFormOf is the form of a field's dates. In columns of dates the years are the
// common era's.
func dateFormOf(f Field) dateForm {
	return dateForm{monthFirst: f.Params.text("order", "dmy") == "mdy", common: isDay(f.Type)}
}

// monthNames are in Thai and English, each long and short.
var monthNames = namesOfMonths()

func namesOfMonths() (names [4][12]string) {
	for m := range 12 {
		long := time.Month(m + 1).String()
		names[0][m], names[1][m] = calendar.ThaiMonth(m+1, calendar.Full), calendar.ThaiMonth(m+1, calendar.Short)
		names[2][m], names[3][m] = long, long[:3]
	}
	return names
}

const firstEnglish = 2 // among the lists of months

// parse reads a date: numbers with / - . or spaces between them, the year first
// or last, or the month by its name in Thai or English; years of the Buddhist era
// are those from 2400 on, those that say พ.ศ., and two digits beside a Thai name. A
// time of day and a zone may follow, and nothing else.
func (f dateForm) parse(text []byte) (w written, ok bool) {
	i, era := 0, 0
	for k := range w.parts {
		if k > 0 {
			var said int
			i, said = between(text, i)
			era |= said
		}
		if w.parts[k], ok = component(text, i); !ok {
			return w, false
		}
		i = w.parts[k].to
	}
	if !f.order(&w.parts) || !isTail(text[i:]) {
		return w, false
	}
	var y, m, d *part
	for k := range w.parts {
		switch p := &w.parts[k]; p.what {
		case 'y':
			y = p
		case 'm':
			m = p
		default:
			d = p
		}
	}
	year := y.value
	w.short = y.width == 2
	thaiName := m.width == 0 && m.names < firstEnglish
	w.be = era == eraBuddhist || era == 0 && (!f.common && year >= calendar.FirstBuddhist || w.short && thaiName)
	switch {
	case w.short && w.be:
		year += 2500 // this century's
	case w.short && year < 69: // as POSIX reads them
		year += 2000
	case w.short:
		year += 1900
	}
	if w.be {
		year -= calendar.Buddhist
	}
	if era == eraBuddhist|eraCommon || year < 1 || !calendar.Exists(year, m.value, d.value) {
		return w, false
	}
	pad := w.parts[0].what == 'y' || padded(*d) || padded(*m) || d.width == 2 && m.width == 2
	d.pad, m.pad = pad, pad
	w.day = calendar.DayOf(year, m.value, d.value)
	return w, true
}

// padded reports whether a number begins with a zero.
func padded(p part) bool {
	return p.width == 2 && p.value < 10
}

// order finds which part is the year, the month and the day.
func (f dateForm) order(p *[3]part) bool {
	order := "dmy"
	switch {
	case p[0].width == 4:
		order = "ymd"
	case p[0].width == 0 || p[1].width != 0 && f.monthFirst:
		order = "mdy"
	}
	for k := range p {
		switch p[k].what = order[k]; order[k] {
		case 'y':
			if p[k].width != 4 && (p[k].width != 2 || k == 0) {
				return false
			}
		case 'm':
			if p[k].width > 2 {
				return false
			}
		case 'd':
			if p[k].width < 1 || p[k].width > 2 {
				return false
			}
		}
	}
	return true
}

const (
	eraBuddhist = 1 << iota
	eraCommon
)

// between passes over what separates two parts, and says which era it names.
func between(text []byte, i int) (after, era int) {
	if i < len(text) && (text[i] == '/' || text[i] == '-' || text[i] == '.' || text[i] == ',') {
		i++
	}
	i = spaces(text, i)
	for _, e := range [...]struct {
		word string
		era  int
	}{{"พ.ศ.", eraBuddhist}, {"ค.ศ.", eraCommon}} {
		if bytes.HasPrefix(text[i:], []byte(e.word)) {
			return spaces(text, i+len(e.word)), e.era
		}
	}
	return i, 0
}

func spaces(text []byte, i int) int {
	for i < len(text) && text[i] == ' ' {
		i++
	}
	return i
}

// component reads a number of at most four digits, or the name of a month.
func component(text []byte, i int) (p part, ok bool) {
	p.from = i
	for p.to = i; p.width < 5; p.width++ {
		c, size := utf8.DecodeRune(text[p.to:])
		thai := c >= '๐' && c <= '๙'
		if !thai && (c < '0' || c > '9') || p.width > 0 && thai != p.thai {
			break
		}
		if p.thai = thai; thai {
			c -= '๐' - '0'
		}
		p.value = p.value*10 + int(c-'0')
		p.to += size
	}
	if p.width > 0 {
		return p, p.width <= 4
	}
	for list := range monthNames {
		for m, name := range monthNames[list] {
			n := len(name)
			if len(text)-i < n || n <= p.to-i || !bytes.EqualFold(text[i:i+n], []byte(name)) {
				continue
			}
			p.to, p.value, p.names = i+n, m+1, list
			p.upper = list >= firstEnglish && text[i+1] < 'a'
		}
	}
	if p.to > i && p.names >= firstEnglish {
		if p.value == 5 {
			p.names = firstEnglish + 1 // as short as long
		}
		if next, _ := utf8.DecodeRune(text[p.to:]); unicode.IsLetter(next) {
			return p, false
		}
	}
	return p, p.to > i
}

// isTail reports whether text is what may follow a date: nothing, a zone, or a
// time of day with or without one. L1: whatever else stood there would pass.
func isTail(text []byte) bool {
	if len(text) == 0 || string(text) == "Z" {
		return true
	}
	switch {
	case text[0] == 'T' || text[0] == ' ':
		text = text[1:]
	case len(text) > 2 && text[0] == ',' && text[1] == ' ':
		text = text[2:]
	default:
		return false
	}
	for _, half := range []string{" AM", " PM", " am", " pm", "AM", "PM", " น."} {
		if rest, ok := bytes.CutSuffix(text, []byte(half)); ok {
			return isTime(rest)
		}
	}
	if at := bytes.IndexAny(text, "Z+-"); at > 0 {
		zone := text[at:]
		if text = text[:at]; !isZone(zone) {
			return false
		}
		text = bytes.TrimSuffix(text, []byte(" "))
	}
	return isTime(text)
}

// isTime reports whether text is 15:04, or 15:04:05 and up to nine digits of a
// second; a single digit may be the hour.
func isTime(text []byte) bool {
	var buf [24]byte
	if len(text) > 18 || len(text) < 4 {
		return false
	}
	clock := buf[:0]
	if text[1] == ':' {
		clock = append(clock, '0')
	}
	clock = append(clock, text...)
	if len(clock) == 5 {
		clock = append(clock, ":00"...)
	}
	return calendar.IsClock(clock)
}

// append appends text, which reads as w, with another day in its place. It
// reports false for a day whose year the text's form has no room for.
func (w *written) append(dst, text []byte, day int) ([]byte, bool) {
	year, month, dom := calendar.Civil(day)
	if w.be {
		year += calendar.Buddhist
	}
	if year < 1 || year > 9999 {
		return dst, false
	}
	from := 0
	for _, p := range w.parts {
		dst = append(dst, text[from:p.from]...)
		from = p.to
		switch {
		case p.what == 'y' && w.short:
			dst = appendPart(dst, year%100, 2, p.thai)
		case p.what == 'y':
			dst = appendPart(dst, year, 4, p.thai)
		case p.what == 'm' && p.width == 0:
			for _, c := range []byte(monthNames[p.names][month-1]) {
				if p.upper && c >= 'a' {
					c -= 'a' - 'A'
				}
				dst = append(dst, c)
			}
		default:
			n := dom
			if p.what == 'm' {
				n = month
			}
			width := 1
			if p.pad || n > 9 {
				width = 2
			}
			dst = appendPart(dst, n, width, p.thai)
		}
	}
	return append(dst, text[from:]...), true
}

func appendPart(dst []byte, n, width int, thai bool) []byte {
	for unit := [...]int{1, 10, 100, 1000}[width-1]; unit > 0; unit /= 10 {
		r := rune('0' + n/unit%10)
		if thai {
			r += '๐' - '0'
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}
