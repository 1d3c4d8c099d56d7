package masking

import (
	"errors"
	"fmt"

	"lethe/masking/internal/invent"
	"lethe/stream"
	"lethe/stream/scan"
)

// fake puts an invented value in the value's place: a name, an address, a
// telephone number, a mail address, a company. What is drawn depends on key,
// domain and value, in its normal form, and on nothing else, but for one thing: it
// never is a value of the same record, nor are the names, streets and towns in it
// words of one; the next draw is taken then.
//
// Mail addresses lie in domains that RFC 2606 reserves. Telephone numbers lie in
// ranges that their country sets apart for fiction; Thailand and Singapore have
// none, so there they begin with a digit that none of their numbers begins with.
// Postal codes of Singapore, Ireland and the United Kingdom, which tell a house,
// are of areas that do not exist.
//
// Many values become one: there are fewer names than persons. It works on text and
// refuses all else (L1), and a value for which every draw is of the record.
func fake() Spec {
	return Spec{
		Name:   "fake",
		Help:   "puts an invented name, address, phone number, mail address or company in the value's place",
		Domain: true,
		Apart:  true,
		Params: []Param{
			{Name: "kind", Type: ParamText, Default: "", OneOf: invent.Kinds(), Help: "what is invented; what the element says by default"},
			{Name: "locale", Type: ParamText, Default: "any", OneOf: invent.Locales(), Help: "whose: a country's, those of eu, or any; drawn for each value"},
			{Name: "lists", Type: ParamNumber, Default: invent.Versions, Help: "version of the lists of names, places and streets"},
		},
		traits: func(Params) Traits {
			return Traits{KeepsFormat: true, Collides: true} // not deterministic: see reals
		},
		check: func(p Params) error {
			_, err := invent.Load(p.number("lists", invent.Versions))
			return err
		},
		takes:  func(t stream.Type, _ Params) bool { return t.Base == 0 || t.Base == stream.String },
		output: toString,
		act:    actMask,
		absent: func(f Field, in *absent) {
			if in.null = ""; f.Special {
				in.empty = ""
			}
		},
		build: buildFake,
	}
}

func buildFake(f Field, shop workshop) (masker, error) {
	kind := f.Params.text("kind", "")
	if kind == "" {
		return nil, errors.New("nobody said what is invented")
	}
	lists, err := invent.Load(f.Params.number("lists", invent.Versions))
	if err != nil {
		return nil, err
	}
	drawer, err := lists.Drawer(kind, f.Params.text("locale", "any"))
	if err != nil {
		return nil, fmt.Errorf("lists: %w", err)
	}
	d, err := newDraws("fake", f, shop)
	if err != nil {
		return nil, err
	}
	normal, _ := normalOf(f.Normal, f.Params)
	return &fakeMasker{draws: d, drawer: drawer, normal: normal}, nil
}

// mostDraws is how many draws may be of the record: a row that holds most names of
// a list is no row.
const mostDraws = 100

// fakeMasker does what fake says.
type fakeMasker struct {
	draws  draws
	drawer *invent.Drawer
	normal normalForm

	normed, text []byte
	row          *about
	real         bool // a part of what was drawn is of the record
}

func (m *fakeMasker) mask(dst []byte, v datum) ([]byte, result) {
	m.row = v.row
	m.row.reals.load(m.row.src)
	m.normed = m.normal(m.normed[:0], v.text)
	m.draws.begin(m.normed, v.row)
	for range mostDraws {
		m.real = false
		m.text = m.drawer.Append(m.text[:0])
		if m.told(m.text); !m.real {
			return scan.AppendQuoted(dst, m.text), replaced
		}
	}
	return dst, declined
}

// told notes whether a part of what was drawn is of the record.
func (m *fakeMasker) told(part []byte) { m.real = m.real || m.row.reals.have(part) }

func (m *fakeMasker) fresh() masker {
	c := &fakeMasker{draws: m.draws.fresh(), drawer: m.drawer.Fresh(), normal: m.normal}
	c.drawer.Below, c.drawer.Told = c.draws.below, c.told
	return c
}
