package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"lethe/masking"
	"lethe/stream"
)

// shape is a table: its columns, and the rule for each.
type shape struct {
	name    string
	columns []column
}

type column struct {
	masking.Field
	value func(g *generator, p *person) string // as JSON
}

// person is whom a row is about.
type person struct {
	id                 int
	given, family      string
	email, phone, born string
}

// generator makes events, the same ones from the same seed.
type generator struct{ *rand.Rand }

func text(path, operator string) masking.Field {
	return masking.Field{Path: path, Operator: operator, Type: stream.Type{Base: stream.String}, Nullable: true, Required: true}
}

func hashed(path, domain, normal string) masking.Field {
	f := text(path, "hmac")
	f.Domain, f.Normal = domain, normal
	if normal == "e164" {
		f.Params = masking.Params{"country": "TH"}
	}
	return f
}

func typed(f masking.Field, base stream.Base, bits int) masking.Field {
	f.Type = stream.Type{Base: base, Bits: bits}
	return f
}

// customers is the table of the workload: eight rules, of which three hash, and
// columns that are kept.
func customers(names bool) shape {
	notes := text("notes", "detect")
	notes.Params = masking.Params{"names": names}
	phone := hashed("phone", "contact.phone", "e164")
	id := typed(hashed("id", "id.internal", ""), stream.Int, 64)
	national := text("national_id", "partial")
	national.Params = masking.Params{"keep_last": 3}
	return shape{"crm.public.customer", []column{
		{id, func(_ *generator, p *person) string { return strconv.Itoa(p.id) }},
		{text("full_name", "redact"), func(_ *generator, p *person) string { return quoted(p.given + " " + p.family) }},
		{hashed("email", "contact.email", "lower"), func(_ *generator, p *person) string { return quoted(p.email) }},
		{phone, func(_ *generator, p *person) string { return quoted(p.phone) }},
		{national, func(g *generator, _ *person) string { return quoted(g.digits("#-####-#####-##-#")) }},
		{text("address", "drop"), func(g *generator, _ *person) string {
			return quoted(g.digits("##/# ") + g.pick(streets()) + ", " + g.pick(cities()))
		}},
		{typed(text("birth_date", "null"), stream.Date, 0), func(_ *generator, p *person) string { return quoted(p.born) }},
		{notes, (*generator).note},
		{text("status", "keep"), func(g *generator, _ *person) string {
			return quoted(g.pick([]string{"active", "paused", "closed", "invited"}))
		}},
		{text("country", "keep"), func(g *generator, _ *person) string { return quoted(g.pick([]string{"TH", "SG", "DE", "FR"})) }},
		{typed(text("balance", "keep"), stream.Decimal, 0), func(g *generator, _ *person) string { return quoted(g.digits("#####.##")) }},
		{typed(text("version", "keep"), stream.Int, 32), func(g *generator, _ *person) string { return strconv.Itoa(g.IntN(90)) }},
		{typed(text("newsletter", "keep"), stream.Bool, 0), func(g *generator, _ *person) string { return strconv.FormatBool(g.IntN(2) == 0) }},
		{typed(text("updated_at", "keep"), stream.TimestampTZ, 0), func(g *generator, _ *person) string {
			return quoted(g.digits("2026-01-1#T1#:2#:3#.######Z"))
		}},
	}}
}

// rowSchema is what a contract may ask of the customers beyond types and nulls.
const rowSchema = `{"decimals":["balance"],"schema":{"properties":{
  "full_name":{"minLength":1,"maxLength":200},"email":{"format":"email","maxLength":254},
  "phone":{"pattern":"^[0-9+][0-9 -]{6,19}$"},"national_id":{"minLength":17,"maxLength":17},
  "notes":{"maxLength":4000},"status":{"enum":["active","paused","closed","invited"]},
  "country":{"pattern":"^[A-Z]{2}$"},"version":{"minimum":0,"maximum":1000000},
  "balance":{"minimum":0},"address":{"minLength":1}}}}`

// mixed are four tables whose rows have fewer, more and other columns.
func mixed() []shape {
	all := customers(false)
	out := []shape{all}
	for i, left := range []string{"address birth_date balance", "national_id status version newsletter", "full_name phone country"} {
		s := shape{name: "crm.public.table_" + strconv.Itoa(i+2)}
		for _, c := range all.columns {
			if !slices.Contains(strings.Fields(left), c.Path) {
				s.columns = append(s.columns, c)
			}
		}
		out = append(out, s)
	}
	return out
}

// plan is what a policy would compile to.
func (s shape) plan() masking.Plan {
	p := masking.Plan{Stream: s.name, Key: []string{"id"}}
	for _, c := range s.columns {
		p.Fields = append(p.Fields, c.Field)
	}
	return p
}

// events makes n change events as Debezium writes them: three in five are inserts
// or rows of a snapshot, the others updates, and one update in two tells the row
// before, in which the e-mail address was another. shuffled puts the columns of
// each row in an order of its own.
func events(seed uint64, n int, shapes []shape, shuffled bool) []*stream.Record {
	g := &generator{rand.New(rand.NewPCG(seed, 1))}
	out := make([]*stream.Record, n)
	for i := range out {
		out[i] = g.event(shapes[g.IntN(len(shapes))], i, shuffled)
	}
	return out
}

func (g *generator) event(s shape, i int, shuffled bool) *stream.Record {
	p := g.person()
	order := make([]int, len(s.columns))
	for k := range order {
		order[k] = k
	}
	if shuffled {
		g.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
	}
	values := make([]string, len(s.columns))
	for k, c := range s.columns {
		values[k] = c.value(g, &p)
	}
	op, before := "c", "null"
	if g.IntN(5) < 2 {
		if op = "u"; g.IntN(2) == 0 {
			was := append([]string(nil), values...)
			for k, c := range s.columns {
				if c.Path == "email" {
					was[k] = quoted("old." + p.email)
				}
			}
			before = s.row(was, order)
		}
	}
	value := fmt.Appendf(nil, `{"before":%s,"after":%s,"source":{"connector":"postgresql","db":"crm","lsn":%d,"schema":"public","snapshot":"false","table":%q,"ts_ms":%d,"txId":%d},"op":"%s","ts_ms":%d}`,
		before, s.row(values, order), 24023128+96*i, s.name[len("crm.public."):], 1769871845123+i, 555+i/7, op, 1769871845456+i)
	return &stream.Record{Stream: s.name, Key: fmt.Appendf(nil, `{"id":%d}`, p.id), Value: value, Seq: stream.NewSeq(1, uint64(i), 0)}
}

func (s shape) row(values []string, order []int) string {
	var b strings.Builder
	for n, k := range order {
		b.WriteByte("{,"[min(n, 1)])
		b.WriteString(quoted(s.columns[k].Path) + ":" + values[k])
	}
	return b.String() + "}"
}

func (g *generator) person() person {
	p := person{id: 1_000_000 + g.IntN(9_000_000), given: g.pick(givenNames()), family: g.pick(familyNames())}
	p.email = fmt.Sprintf("%s.%s%d@example.org", strings.ToLower(asciiOr(p.given, "nok")), strings.ToLower(asciiOr(p.family, "mail")), g.IntN(10_000))
	p.phone = g.digits("08#-###-####")
	p.born = g.digits("19#") + strconv.Itoa(g.IntN(10)) + g.digits("-0") + strconv.Itoa(1+g.IntN(9)) + "-1" + strconv.Itoa(g.IntN(9)) + "Z"
	return p
}

// note is free text: three in four hold personal data.
func (g *generator) note(p *person) string {
	out := g.pick(openings()) + " "
	switch g.IntN(4) {
	case 0:
		out += "reach me at " + p.email + " or on " + g.digits("06#-###-####") + ", "
	case 1:
		out += "เบอร์ใหม่ " + g.digits("09#-###-####") + " ขอบคุณค่ะ "
	case 2:
		out += "card 4539 1488 0343 6467 was charged twice on " + g.digits("0#/1#/202#") + ", "
	}
	return quoted(out + g.pick(closings()))
}

func (g *generator) pick(from []string) string { return from[g.IntN(len(from))] }

// digits puts a digit in the place of every #.
func (g *generator) digits(form string) string {
	b := []byte(form)
	for i, c := range b {
		if c == '#' {
			b[i] = '0' + byte(g.IntN(10))
		}
	}
	return string(b)
}

// quoted is text as JSON; it holds nothing that would have to be escaped.
func quoted(s string) string { return `"` + s + `"` }

func asciiOr(s, otherwise string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 }) {
		return otherwise
	}
	return s
}

func givenNames() []string {
	return []string{"สมชาย", "Anna", "Wei", "มาลี", "Lukas", "Siti", "Claire", "Arun"}
}

func familyNames() []string {
	return []string{"ใจดี", "Berger", "Tan", "แสงทอง", "Novak", "Rahman", "Dubois", "Costa"}
}

func streets() []string {
	return []string{"ถนนสุขุมวิท", "Orchard Road", "Lindenstrasse", "rue des Fleurs"}
}

func cities() []string {
	return []string{"กรุงเทพมหานคร", "Singapore", "Leipzig", "Lyon"}
}

func openings() []string {
	return []string{"Called about the parcel that never came,", "ลูกค้าโทรมาถามเรื่องใบเสร็จ", "Wants the invoice in two copies;", "Was told that the offer ends soon,"}
}

func closings() []string {
	return []string{"and would like an answer before Monday if that is possible at all.", "please do not send letters any more, they arrive late.", "the colleague from the morning shift knows the details of it."}
}
