package rules

import (
	"slices"
	"strings"
	"testing"

	"lethe/rules/packs"
	"lethe/stream"
)

// identifiers are the eighteen of 45 CFR 164.514(b)(2)(i), and the elements that
// hold them.
var identifiers = map[string]string{
	"A": "person.name person.relative person.employer person.username person.signature", "B": "address.street address.city address.postcode geo.point",
	"C": "person.birth_date person.age health.date time.event", "D": "contact.phone", "E": "contact.phone", "F": "contact.email", "G": "id.us.ssn",
	"H": "health.record", "I": "health.insurance", "J": "finance.account finance.iban finance.card", "K": "id.licence id.certificate", "L": "id.vehicle",
	"M": "net.device net.mac", "N": "net.url", "O": "net.ip", "P": "biometric.template biometric.genetic", "Q": "person.photo",
	"R": "id.national id.passport id.tax id.th.national id.sg.nric id.eu.national contact.handle net.session net.agent text secret.token",
}

func TestHIPAAKnowsEachOfTheEighteenIdentifiers(t *testing.T) {
	hipaa, _ := packs.Load("hipaa")
	table, err := LoadElements()
	if err != nil {
		t.Fatal(err)
	}
	if len(identifiers) != 18 {
		t.Fatalf("%d identifiers", len(identifiers))
	}
	coarse := map[string]string{"address.postcode": "zip3", "person.birth_date": "age", "person.age": "age", "health.date": "year decade", "time.event": "year decade"}
	for letter, elements := range identifiers {
		for _, name := range strings.Fields(elements) {
			e, ok := table.Lookup(name)
			if !ok {
				t.Errorf("(%s): no element %s", letter, name)
			}
			r := hipaa.Allowed(name, e.Class, "analytics")
			if want := "§164.514(b)(2)(i)(" + letter + ")"; r.Section != want && !strings.Contains(r.Because, "("+letter+")") {
				t.Errorf("%s is said under %s, want %s", name, r.Section, want)
			}
			allowed := slices.DeleteFunc(slices.Clone(r.Allow), func(op string) bool { return slices.Contains(packs.Removal, op) })
			if as := strings.Join(r.As, " "); as != coarse[name] || as == "" && len(allowed) > 0 || as != "" && !slices.Equal(allowed, []string{"generalize"}) {
				t.Errorf("(%s): %s may stay as %q %q", letter, name, allowed, as)
			}
		}
	}
	// L1: what has no element is none that anybody looked at.
	for _, class := range []string{"pii", "special", "unheard"} {
		if r := hipaa.Allowed("", stream.Class(class), "analytics"); !slices.Equal(r.Allow, packs.Removal) {
			t.Errorf("class %s: %q", class, r.Allow)
		}
	}
}

// clinic is a table of patients under the law of hospitals.
func clinic(t *testing.T, law, elements string) Env {
	t.Helper()
	env := shopEnv()
	env.Source, env.Connection, env.Region = "crm", "crm-lake", "US"
	env.Clearance = []string{"public", "internal", "internal-pseudo", "pii", "pii-pseudo", "special", "special-pseudo"}
	env.Contracts = []File{contract("crm.public.patient", []string{"id"},
		column("id", "int64", "element=id.internal"), column("born", "date?", "element=person.birth_date"), column("zip", "string?", "element=address.postcode"),
		column("admitted", "date?", "element=health.date"), column("town", "string?", "element=address.city"))}
	env.Policy.Data = []byte("packs: [" + law + "]\nsubjects: {crm.public.patient: {key: id}}\nmask:\n  elements: {id.internal: {hmac: {}}, " + elements + "}\n  default: redact\n")
	return env
}

func TestHIPAAAllowsYearsOfDatesAndThreeDigitsOfZIPCodes(t *testing.T) {
	p := compile(t, clinic(t, "hipaa", `person.birth_date: {generalize: {as: age, "on": "2026-01-01"}}, address.postcode: {generalize: {as: zip3}}, health.date: {generalize: {as: year}}`))
	for path, section := range map[string]string{"born": "(C)", "zip": "(B)", "admitted": "(C)", "town": "(B)", "id": "hipaa §164.514(c)"} {
		d, _ := explain(p, "crm.public.patient/"+path)
		if why := strings.Join(d.Because, "\n"); !strings.Contains(why, section) {
			t.Errorf("%s: no section %s in\n%s", path, section, why)
		}
	}
	_, err := Compile(clinic(t, "hipaa", `person.birth_date: {generalize: {as: year}}, address.postcode: {generalize: {as: range, width: 100}}, health.date: {generalize: {as: month}}, address.city: keep`))
	says(t, err, `policy.yaml:4: mask.elements.person.birth_date: generalize on crm.public.patient/born (person.birth_date) is weaker than hipaa §164.514(b)(2)(i)(C) allows for purpose "analytics": ages over 89 are one, 90+; a year of birth would tell them
  → all packs allow: generalize redact null drop (generalize as age)
policy.yaml:4: mask.elements.address.postcode: generalize on crm.public.patient/zip (address.postcode) is weaker than hipaa §164.514(b)(2)(i)(B) allows for purpose "analytics": the first three digits may stay where more than 20,000 people live, else 000
  → all packs allow: generalize redact null drop (generalize as zip3)
policy.yaml:4: mask.elements.health.date: generalize on crm.public.patient/admitted (health.date) is weaker than hipaa §164.514(b)(2)(i)(C) allows for purpose "analytics": of a date that is about a person only the year may stay
  → all packs allow: generalize redact null drop (generalize as year or decade)
policy.yaml:4: mask.elements.address.city: keep on crm.public.patient/town (address.city) is weaker than hipaa §164.514(b)(2)(i)(B) allows for purpose "analytics": a place smaller than a state is an identifier
  → all packs allow: redact null drop`, CodeWeakerThanLaw, CodeWeakerThanLaw, CodeWeakerThanLaw, CodeWeakerThanLaw)
}

func TestALimitedDataSetKeepsTownsAndDates(t *testing.T) {
	env := clinic(t, "hipaa", `person.birth_date: keep, address.postcode: keep, health.date: keep, address.city: keep`)
	env.Purpose = "limited-data-set"
	d, _ := explain(compile(t, env), "crm.public.patient/admitted")
	if why := strings.Join(d.Because, "\n"); !strings.Contains(why, "hipaa §164.514(e)") {
		t.Errorf("%s", why)
	}
	hipaa, _ := packs.Load("hipaa")
	for letter, elements := range identifiers {
		for _, name := range strings.Fields(elements) {
			e, _ := compile(t, env).table.Lookup(name)
			keeps := slices.Contains(hipaa.Allowed(name, e.Class, env.Purpose).Allow, "keep")
			if want := slices.Contains([]string{"address.city", "address.postcode", "person.birth_date", "person.age", "health.date", "time.event"}, name); keeps != want {
				t.Errorf("(%s): %s kept: %v", letter, name, keeps)
			}
		}
	}
}

func TestSeveralPacksAllowWhatEachDoes(t *testing.T) {
	for _, c := range []struct {
		law, element string
		want         string
	}{
		{"hipaa", "address.postcode", "generalize redact null drop as zip3"}, {"hipaa gdpr", "address.postcode", "generalize redact null drop as zip3"},
		{"hipaa gdpr", "health.diagnosis", "redact null drop"}, {"hipaa pdpa-sg pdpa-th gdpr", "contact.email", "redact null drop"},
		{"pdpa-sg gdpr", "contact.email", "partial hmac tokenize fpe encrypt fake redact null drop"}, {"sox", "commerce.amount", "keep hmac encrypt redact null drop"},
		{"sox gdpr", "time.event", "keep hmac encrypt redact null drop"}, {"sox hipaa", "time.event", "redact null drop as year decade"},
		{"hipaa gdpr", "id.internal", "hmac encrypt redact null drop"},
	} {
		table, err := LoadElements()
		if err != nil {
			t.Fatal(err)
		}
		comp := compiler{env: Env{Purpose: "analytics"}, table: table}
		for _, name := range strings.Fields(c.law) {
			p, ok := packs.Load(name)
			if !ok {
				t.Fatal(name)
			}
			comp.packs = append(comp.packs, p)
		}
		e, _ := table.Lookup(c.element)
		got := strings.Join(comp.allowed(c.element, e.Class), " ")
		if wide, bound := comp.wide(c.element, e.Class); bound {
			got += " as " + strings.Join(wide, " ")
		}
		if got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.law, c.element, got, c.want)
		}
	}
	none := compiler{env: Env{Purpose: "x"}, table: &Elements{}, packs: []packs.Pack{
		{Rules: []packs.Rule{{About: []string{"a"}, Allow: []string{"generalize", "drop"}, As: []string{"year"}}}}, {Rules: []packs.Rule{{About: []string{"a"}, Allow: []string{"generalize", "drop"}, As: []string{"age"}}}}}}
	if got := none.allowed("a", "pii"); !slices.Equal(got, []string{"drop"}) {
		t.Errorf("two laws that want different things: %q", got)
	}
}

func TestALawThatDoesNotSayWhereAsksForNoRegion(t *testing.T) {
	env := clinic(t, "hipaa, sox", "address.postcode: {generalize: {as: zip3}}")
	for _, region := range []string{"", "CN"} {
		env.Region = region
		compile(t, env)
	}
	env.Policy.Data = []byte(strings.Replace(string(env.Policy.Data), "hipaa, sox", "hipaa, gdpr", 1))
	if _, err := Compile(env); err == nil || !strings.Contains(err.Error(), "not at home under gdpr") {
		t.Errorf("%v", err)
	}
}
