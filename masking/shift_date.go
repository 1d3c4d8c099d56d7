package masking

import (
	"errors"

	"lethe/stream"
	"lethe/stream/scan"
)

// shiftDate moves every date of a subject by the same number of days: intervals
// between them stay, and so do the time of day, the zone and the way in which the
// date is written, years of the Buddhist era included. How many days comes from a
// key that is the same for all streams and elements: under one days, all dates of
// a subject move together wherever they are.
//
// A row of nobody gives null in a column of dates, and the constant elsewhere. A
// text that is no date, or a date that leaves the years 1 to 9999, is refused
// (L1); an empty text stays empty.
func shiftDate() Spec {
	return Spec{
		Name: "shift_date",
		Help: "moves all dates of the row's subject by the same number of days, never 0",
		Params: []Param{
			{Name: "days", Type: ParamNumber, Default: 180, Help: "how many days at most, forwards or backwards"},
			{Name: "order", Type: ParamText, Default: "dmy", OneOf: []string{"dmy", "mdy"}, Help: "whether 01/02/2006 begins with the day or the month"},
		},
		traits: func(Params) Traits {
			return Traits{Deterministic: true, KeepsFormat: true, Collides: true, Clear: true}
		},
		subject: func(Params) bool { return true },
		check: func(p Params) error {
			if n := p.number("days", 180); n < 7 || n > 36500 {
				return errors.New("days is from 7, or dates hardly move, to 36500")
			}
			return nil
		},
		takes: func(t stream.Type, _ Params) bool {
			return isText(t) || isDay(t)
		},
		output: sameType,
		act:    actMask,
		absent: emptyStays,
		build: func(f Field, shop workshop) (masker, error) {
			d, err := newDraws("shift_date", Field{Domain: "all"}, shop)
			if err != nil {
				return nil, err
			}
			return &shiftMasker{draws: d, days: uint64(f.Params.number("days", 180)), form: dateFormOf(f)}, nil
		},
	}
}

// emptyStays has the empty text stay so in class special, too.
func emptyStays(_ Field, in *absent) { in.empty = `""` }

// isDay reports whether values of type t begin with a date.
func isDay(t stream.Type) bool {
	return t.Base == stream.Date || t.Base == stream.Timestamp || t.Base == stream.TimestampTZ
}

// shiftMasker does what shift_date says.
type shiftMasker struct {
	draws draws
	days  uint64
	form  dateForm

	text  []byte
	whose [keySize]byte // the subject whose shift this is
	shift int           // 0 if there was none yet
}

func (m *shiftMasker) mask(dst []byte, v datum) ([]byte, result) {
	w, ok := m.form.parse(v.text)
	if !ok {
		return dst, declined
	}
	if m.shift == 0 || m.whose != v.row.digest {
		m.whose = v.row.digest
		m.find(v.row)
	}
	if m.text, ok = w.append(m.text[:0], v.text, w.day+m.shift); !ok {
		return dst, declined
	}
	return scan.AppendQuoted(dst, m.text), replaced
}

// find draws the subject's shift: one of the days before and after 0, each as
// likely as the other.
func (m *shiftMasker) find(r *about) {
	m.draws.begin(m.whose[:], r)
	n := m.draws.below(2 * m.days)
	if m.shift = int(n) - int(m.days); n >= m.days {
		m.shift++
	}
}

func (m *shiftMasker) fresh() masker {
	return &shiftMasker{draws: m.draws.fresh(), days: m.days, form: m.form}
}
