package conform

import (
	"errors"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"lethe/masking/internal/calendar"
	"lethe/masking/internal/digit"
)

// TimeBounds is a keyword of ours for bounds of dates and times, for which JSON
// Schema has none: {"timeBounds": {"minimum": "2006-01-02"}}, also maximum,
// exclusiveMinimum and exclusiveMaximum.
const TimeBounds = "timeBounds"

// layouts are the forms in which rows hold dates and times; they compare as
// instants.
var layouts = []string{"2006-01-02Z", "2006-01-02T15:04:05.999999999Z", "15:04:05.999999999Z",
	"2006-01-02", "2006-01-02T15:04:05.999999999", "15:04:05.999999999", time.RFC3339Nano, "2006-01-02 15:04:05.999999999"}

// Instant is the instant that text names: a date, a time of day or both, with or
// without a zone.
func Instant(text string) (time.Time, bool) {
	for _, l := range layouts {
		if t, err := time.Parse(l, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// instant is Instant for the forms that masked rows have most.
func instant(text []byte) (time.Time, bool) {
	date, clock := text, []byte(nil)
	switch {
	case len(text) > 8 && text[2] == ':':
		date, clock = nil, text
	case len(text) > 11 && text[10] == 'T':
		date, clock = text[:10], text[11:]
	case len(text) == 11 && text[10] == 'Z':
		date = text[:10]
	}
	year, month, day, nano := 0, 1, 1, 0
	var hms [3]int
	ok := true
	if date != nil {
		ok = isDate(date)
		if ok {
			year, month, day = digit.Two(date)*100+digit.Two(date[2:]), digit.Two(date[5:]), digit.Two(date[8:])
		}
	}
	if clock != nil && ok {
		if clock[len(clock)-1] == 'Z' {
			clock = clock[:len(clock)-1]
		}
		hms, nano, ok = clockOf(clock)
	}
	if !ok {
		return Instant(string(text))
	}
	return time.Date(year, time.Month(month), day, hms[0], hms[1], hms[2], nano, time.UTC), true
}

// clockOf reads 15:04:05 and up to nine digits of a second.
func clockOf(text []byte) (hms [3]int, nano int, ok bool) {
	if !calendar.IsClock(text) {
		return hms, 0, false
	}
	for k := len("15:04:05."); k < len("15:04:05.999999999"); k++ {
		nano *= 10
		if k < len(text) {
			nano += int(text[k] - '0')
		}
	}
	return [3]int{digit.Two(text), digit.Two(text[3:]), digit.Two(text[6:])}, nano, true
}

// timeBounds are the bounds of one schema.
type timeBounds []timeBound

type timeBound struct {
	keyword  string
	at       time.Time
	sign     int // -1 for a minimum, 1 for a maximum
	included bool
}

// broken is the keyword of the bound that text is beyond; "" for none. L1: what
// cannot be compared, such as infinity, is out of bounds.
func (b timeBounds) broken(text []byte) string {
	t, ok := instant(text)
	for k := range b {
		x := &b[k]
		if c := t.Compare(x.at); !ok || c == x.sign || c == 0 && !x.included {
			return x.keyword
		}
	}
	return ""
}

// boundsCompiler makes the library know the keyword.
type boundsCompiler struct{}

// Compile implements jsonschema.ExtCompiler.
func (boundsCompiler) Compile(_ jsonschema.CompilerContext, m map[string]any) (jsonschema.ExtSchema, error) {
	raw, ok := m[TimeBounds].(map[string]any)
	if !ok {
		return nil, nil
	}
	var all timeBounds
	for _, b := range []timeBound{{keyword: "minimum", sign: -1, included: true}, {keyword: "maximum", sign: 1, included: true},
		{keyword: "exclusiveMinimum", sign: -1}, {keyword: "exclusiveMaximum", sign: 1}} {
		if raw[b.keyword] == nil {
			continue
		}
		s, _ := raw[b.keyword].(string)
		if b.at, ok = Instant(s); !ok {
			return nil, errors.New("a bound is no time")
		}
		all = append(all, b)
	}
	return all, nil
}

// Validate implements jsonschema.ExtSchema.
func (b timeBounds) Validate(ctx jsonschema.ValidationContext, v any) error {
	if s, ok := v.(string); ok {
		if keyword := b.broken([]byte(s)); keyword != "" {
			return ctx.Error(keyword, "out of bounds")
		}
	}
	return nil
}
