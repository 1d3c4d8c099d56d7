// Package format writes the events of package siem as SIEMs read them, one format a
// file: OCSF, ECS, CEF, LEEF, RFC 5424 and JSON.
//
// Its words are those of each format. It decides nothing about what a destination
// may have. Appending an event allocates nothing but what dst grows by.
//
// Promise: L7 unprintable: whatever stands in an event, it ends neither its line nor
// the field that it stands in: what a format gives a meaning is escaped, and what it
// cannot escape is replaced.
package format

import (
	"strconv"
	"time"
	"unicode/utf8"

	"lethe/audit/siem"
)

// What every event names as its maker.
const (
	vendor  = "Lethe"
	product = "Lethe"
	version = "1" // of what events look like
)

// All lists the formats.
func All() []siem.Format {
	return []siem.Format{
		{Name: "ocsf", Help: "OCSF " + ocsfVersion + " JSON", ContentType: "application/json", JSON: true, Append: AppendOCSF},
		{Name: "ecs", Help: "Elastic Common Schema " + ecsVersion + " JSON", ContentType: "application/json", JSON: true, Append: AppendECS},
		{Name: "json", Help: "JSON with the names of siem.Event", ContentType: "application/json", JSON: true, Append: AppendJSON},
		{Name: "cef", Help: "ArcSight Common Event Format", ContentType: "text/plain; charset=utf-8", Append: AppendCEF},
		{Name: "leef", Help: "QRadar Log Event Extended Format 2.0", ContentType: "text/plain; charset=utf-8", Append: AppendLEEF},
		{Name: "rfc5424", Help: "syslog with structured data", ContentType: "text/plain; charset=utf-8", Append: AppendRFC5424},
	}
}

// appendTime adds a time as RFC 3339 in UTC with milliseconds.
func appendTime(b []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
}

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

const hexDigits = "0123456789abcdef"

// appendString adds a JSON string. Bytes that are no UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < 0x7f {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if (r != utf8.RuneError || n > 1) && !breaks(r) {
				i += n
				continue
			}
			b = append(append(b, s[from:i]...), `\u`...)
			b = append(b, hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
			i += n
			from = i
			continue
		}
		b = append(b, s[from:i]...)
		if c == '"' || c == '\\' {
			b = append(b, '\\', c)
		} else {
			b = append(b, `\u00`...)
			b = append(b, hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		from = i
	}
	return append(append(b, s[from:]...), '"')
}

// breaks reports whether some reader takes a character for the end of a line.
func breaks(r rune) bool { return r == 0x85 || r == 0x2028 || r == 0x2029 || r >= 0x80 && r < 0xa0 }

// appendPlain adds text in which control characters, and what is no UTF-8, are '?'.
// Characters of esc get a backslash (L7).
func appendPlain(b []byte, s, esc string) []byte {
	for i, r := range s {
		switch {
		case r < ' ' || r == 0x7f || breaks(r):
			b = append(b, '?')
		case r == utf8.RuneError:
			b = append(b, '?')
		case r < utf8.RuneSelf:
			for k := range len(esc) {
				if esc[k] == s[i] {
					b = append(b, '\\')
				}
			}
			b = append(b, s[i])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return b
}

// object writes the members of a JSON object that are there.
type object struct {
	b     []byte
	start int
}

// open begins an object; its members follow.
func open(b []byte) object { b = append(b, '{'); return object{b, len(b)} }

// key begins a member.
func (o *object) key(name string) {
	if len(o.b) > o.start {
		o.b = append(o.b, ',')
	}
	o.b = append(append(append(o.b, '"'), name...), '"', ':')
}

// text adds a member unless it is empty.
func (o *object) text(name, s string) {
	if s != "" {
		o.key(name)
		o.b = appendString(o.b, s)
	}
}

func (o *object) number(name string, n int64) {
	o.key(name)
	o.b = appendInt(o.b, n)
}

// begin opens a member that is an object, end closes it: its members are written
// between, by the object that begin returns.
func (o *object) begin(name string) object { o.key(name); return open(o.b) }

func (o *object) end(in object) { o.b = append(in.b, '}') }

// close ends the object.
func (o *object) close() []byte { return append(o.b, '}') }

// counts adds the numbers that are there as an object.
func (o *object) counts(name string, e *siem.Event) {
	in, any := object{}, false
	for c, n := range e.Counts {
		if n < 0 {
			continue
		}
		if !any {
			in, any = o.begin(name), true
		}
		in.number(siem.Count(c).String(), n)
	}
	if any {
		o.end(in)
	}
}

// place adds where the event stands in the log.
func (o *object) place(name string, e *siem.Event) {
	in := o.begin(name)
	in.text("origin", e.Log.Origin)
	if e.Log.Index >= 0 {
		in.number("index", e.Log.Index)
		in.number("offset", e.Log.Offset)
		in.text("leaf_hash", e.Log.Hash)
	}
	in.number("checkpoint_size", e.Log.Size)
	o.end(in)
}

// texts adds every field of text by its name in Lethe.
func (o *object) texts(e *siem.Event) {
	o.text("stage", e.Stage)
	o.text("connection", e.Connection)
	o.text("source", e.Source)
	o.text("stream", e.Stream)
	o.text("worker", e.Worker)
	o.text("build", e.Build)
	o.text("policy", e.Policy)
	o.text("keys", e.Keys)
	o.text("entry", e.Entry)
	o.text("of", e.Of)
	o.text("role", e.Role)
	o.text("principal", e.Principal)
	o.text("address", e.Address)
	o.text("object", e.Object)
	o.text("subjects", e.Subjects)
}
