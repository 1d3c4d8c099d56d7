package rules

import (
	"fmt"
	"strings"
	"testing"

	"lethe/masking"
	"lethe/rules/packs"
	"lethe/stream"
)

// suggest is what the built-in table says.
func suggest(s stream.Schema) map[string]Suggestion {
	t, err := LoadElements()
	if err != nil {
		panic(err)
	}
	return t.Suggest(s)
}

func suggestions(stream_ string, cols ...string) string {
	s := stream.Schema{Stream: stream_}
	for _, c := range cols {
		name, typ, ok := strings.Cut(c, ":")
		if !ok {
			typ = "string"
		}
		s.Fields = append(s.Fields, column(name, typ).Field)
	}
	got := suggest(s)
	var out []string
	for _, f := range s.Fields {
		e := got[f.Name].Element
		if e == "" {
			e = "-"
		}
		out = append(out, e)
	}
	return strings.Join(out, " ")
}

func TestColumnsAreReadByTheirNames(t *testing.T) {
	for _, c := range []struct {
		stream, columns, want string
	}{
		{"chinook.public.customer", "customer_id:int32 first_name last_name company address city state country postal_code phone fax email support_rep_id:int32",
			"id.internal person.name person.name person.employer address.street address.city address.region address.country address.postcode contact.phone contact.phone contact.email id.internal"},
		{"chinook.public.employee", "employee_id:int32 title reports_to:int32 birth_date:timestamp hire_date:timestamp",
			"id.internal person.job id.internal person.birth_date time.event"},
		{"chinook.public.invoice", "invoice_id:int32 customer_id:int32 invoice_date:timestamp billing_address billing_city total:decimal(10,2)",
			"commerce.order id.internal time.event address.street address.city commerce.amount"},
		{"chinook.public.invoice_line", "invoice_line_id:int32 track_id:int32 unit_price:decimal(10,2) quantity:int32",
			"id.record id.record commerce.price commerce.quantity"},
		{"chinook.public.track", "track_id:int32 name composer milliseconds:int32 bytes:int32", "id.record - - - -"},
		{"chinook.public.artist", "artist_id:int32 name", "id.record -"},
		{"shop.main.customer", "id:int64 full_name email phone national_id card_number address city country birth_date:date newsletter:bool notes created_at:timestamp",
			"id.internal person.name contact.email contact.phone id.national finance.card address.street address.city address.country person.birth_date consent.given text time.event"},
		{"shop.main.orders", "id:int64 customer_id:int64 amount:decimal(12,2) currency status gift_note ship_to ordered_at:timestamp",
			"commerce.order id.internal commerce.amount commerce.currency commerce.status text address.street time.event"},
		{"hr.public.Users", "userID:int64 EMail emailVerified:bool phoneNumber lineID IPAddress lastLoginAt:timestamptz email_hash phone_type birthDate:date thaiID passwordHash apiKey",
			"id.internal contact.email - contact.phone contact.handle net.ip time.event - - person.birth_date id.th.national secret.password secret.token"},
		{"hr.public.พนักงาน", "ชื่อ นามสกุล อีเมลลูกค้า เบอร์โทรศัพท์ เลขบัตรประชาชน วันเกิด:date ที่อยู่ปัจจุบัน หมายเหตุ ศาสนา เพศ",
			"person.name person.name contact.email contact.phone id.th.national person.birth_date address.street text belief.religion person.gender"},
		{"clinic.public.patient", "hn diagnosis_code blood_type icd10 religion race weight:float64 nric ssn", "health.record - health.measure health.diagnosis belief.religion origin.ethnic - id.sg.nric id.us.ssn"},
		{"crm.public.event", "payload:json tags:array<string> name type value date:string", "- - - - - -"},
	} {
		if got := suggestions(c.stream, strings.Fields(c.columns)...); got != c.want {
			t.Errorf("%s %s\n got %s\nwant %s", c.stream, c.columns, got, c.want)
		}
	}
}

func TestTheElementTableHolds(t *testing.T) {
	table, err := LoadElements()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range table.Names() {
		e, _ := table.Lookup(name)
		spec, ok := masking.Lookup(e.Mask)
		if !ok || e.About == "" || e.Log2 < 1 {
			t.Errorf("%s: mask %q, about %q, log2 %d", name, e.Mask, e.About, e.Log2)
		}
		if tr := spec.Traits(nil); tr.Joinable && !tr.Clear && e.Log2 < minLog2 {
			t.Errorf("%s: %s over 2^%d values", name, e.Mask, e.Log2)
		}
		c := compiler{env: Env{Purpose: "analytics"}, table: table}
		for _, p := range packs.Names() {
			if pack, _ := packs.Load(p); pack.Sector == "" { // the others are added by hand
				c.packs = append(c.packs, pack)
			}
		}
		if ok := strings.Contains(fmt.Sprint(c.allowed(name, e.Class)), e.Mask); !ok {
			t.Errorf("%s: a new policy says %s, which a pack forbids", name, e.Mask)
		}
	}
	for _, p := range packs.Names() {
		pack, _ := packs.Load(p)
		for _, r := range pack.Rules {
			for _, about := range r.About {
				class, isClass := strings.CutPrefix(about, "class:")
				family, isFamily := strings.CutSuffix(about, ".*")
				_, isElement := table.Lookup(about)
				if !(isClass && table.rank(stream.Class(class)) >= 0 || isFamily && table.hasFamily(family) || isElement) {
					t.Errorf("pack %s is about %q, which nothing is", p, about)
				}
			}
		}
	}
}

func TestAFolderAddsElementsAndClasses(t *testing.T) {
	table, err := LoadElements(File{"elements.yaml", []byte("classes: [{name: restricted, above: financial}]\nelements:\n  loyalty.card: {class: restricted, log2: 30, normal: digits, names: [loyalty card]}\n")})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(table.Classes()); got != "[public internal financial restricted pii special]" {
		t.Errorf("classes %s", got)
	}
	got := table.Suggest(stream.Schema{Stream: "a.b.c", Fields: []stream.Field{column("loyalty_card_no", "string").Field}})
	if got["loyalty_card_no"].Element != "loyalty.card" {
		t.Errorf("suggested %v", got)
	}
	_, err = LoadElements(File{"el.yaml", []byte(`classes: [{name: Top, above: pii}, {name: pii, above: public}, {name: top, above: pie}]
elements:
  contact.email: {class: pii, log2: 4}
  Loyalty: {class: pi, log2: 4, normal: e146, colour: red}
`)})
	want := `el.yaml:4: elements.Loyalty.colour: unknown key "colour"
  → one of: about class date fake flag fraction length log2 mask names normal only_dates own
el.yaml:1: classes[0].name: class "Top" is no name
  → use lower case letters and digits
el.yaml:1: classes[1].name: class "pii" is there already
  → use another name
el.yaml:1: classes[2].above: unknown class "pie"
  → did you mean "pii"?
el.yaml:3: elements.contact.email: element "contact.email" is there already
  → a folder adds elements and does not change the built-in ones: use another name
el.yaml:4: elements.Loyalty: element "Loyalty" is no name
  → use words of lower case letters, digits and _, joined by dots
el.yaml:4: elements.Loyalty.class: unknown class "pi"
  → did you mean "pii"?
el.yaml:4: elements.Loyalty.normal: unknown normal form "e146"
  → did you mean "e164"?`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v", err)
	}
}
