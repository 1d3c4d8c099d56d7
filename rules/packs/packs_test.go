package packs

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lethe/stream"
)

func load(t *testing.T, name string) Pack {
	t.Helper()
	p, ok := Load(name)
	if !ok {
		t.Fatalf("no pack %s", name)
	}
	return p
}

func TestEveryPackReadsAndCites(t *testing.T) {
	if len(Names()) < 2 {
		t.Fatalf("packs: %q", Names())
	}
	date := func(where, s string) {
		if _, err := time.Parse("2006-01-02", s); err != nil && s != "" {
			t.Errorf("%s: %v", where, err)
		}
	}
	for _, name := range Names() {
		p := load(t, name)
		if p.Name != name {
			t.Errorf("%s.yaml is called %s", name, p.Name)
		}
		date(name, p.Effective)
		for _, r := range p.Rules {
			date(r.Section, r.Effective)
			if !slices.Contains(r.Allow, "redact") || !slices.Contains(r.Allow, "drop") {
				t.Errorf("%s %s %q: a law cannot ask for data to stay", name, r.Section, r.About)
			}
			for _, op := range r.Allow {
				if !slices.Contains(Operators, op) {
					t.Errorf("%s %s: operator %q", name, r.Section, op)
				}
			}
		}
		for _, d := range p.Deadlines {
			date(d.Duty, d.Effective)
		}
	}
}

// The law notes of the project say which sections were looked at; a section that
// is not there was invented, and one that is recalled there must say so here.
func TestSectionsAreThoseOfTheLawNotes(t *testing.T) {
	notes, err := os.ReadFile("../../../shared/law.md")
	if err != nil {
		t.Skipf("the law notes are not here: %v", err)
	}
	part := map[string]string{"pdpa-th": "## 4.1", "pdpa-sg": "## 4.2", "gdpr": "## 4.3", "hipaa": "## 4.4", "sox": "## 4.5"}
	for _, name := range Names() {
		p := load(t, name)
		_, text, ok := strings.Cut(string(notes), part[name])
		if !ok {
			t.Fatalf("no notes about %s", name)
		}
		text, _, _ = strings.Cut(text, "\n## ")
		check := func(section string, recalled bool) {
			n := regexp.MustCompile(`^(Computer Crime Act |Arts?\. |ss?\.|§164\.)+`).ReplaceAllString(section, "")
			n = regexp.MustCompile(`^(514\(b\)\(2\)\(i\))\([A-R]\)$`).ReplaceAllString(n, "$1(A)–(R)") // the notes have all in one
			i := strings.Index(text, section)
			if i < 0 {
				i = strings.Index(text, n)
			}
			if i < 0 {
				t.Errorf("%s: %s is not in the notes", name, section)
				return
			}
			// The mark stands behind the number: "s.39** ○", "21 ✓, 22 ✓".
			mark := regexp.MustCompile(`[✓○|]`).FindString(text[i:])
			if mark == "○" && !recalled {
				t.Errorf("%s: %s is recalled in the notes and not here", name, section)
			}
		}
		for _, r := range p.Rules {
			check(r.Section, r.Recalled)
		}
		for _, r := range p.Retention {
			check(r.Section, r.Recalled)
		}
		for _, a := range p.Accepts {
			check(a.Section, a.Recalled)
		}
		for _, d := range p.Deadlines {
			check(d.Section, d.Recalled)
		}
		if p.Home != nil {
			check(p.Home.Section, p.Home.Recalled)
		}
	}
}

func TestL1SilenceOfALawAllowsRemovalOnly(t *testing.T) {
	for _, name := range Names() {
		if got := load(t, name).Allowed("", "unheard", "analytics").Allow; !slices.Equal(got, Removal) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestDirectIdentifiersAreNotKeptForAnalytics(t *testing.T) {
	for _, name := range []string{"gdpr", "hipaa", "pdpa-sg", "pdpa-th"} {
		p := load(t, name)
		for _, e := range []string{"contact.email", "contact.phone", "person.name", "id.th.national", "id.sg.nric", "id.internal", "finance.card", "text", "net.ip", "address.street", "person.birth_date"} {
			r := p.Allowed(e, stream.PII, "analytics")
			if slices.Contains(r.Allow, "keep") {
				t.Errorf("%s %s allows keep for %s", name, r.Section, e)
			}
		}
		for _, e := range []string{"health.diagnosis", "belief.religion", "text", "contact.email"} {
			if name == "hipaa" && e == "health.diagnosis" {
				continue // what nobody can be known by may be told of a disease
			}
			r := p.Allowed(e, stream.Special, "analytics")
			if slices.Contains(r.Allow, "hmac") || slices.Contains(r.Allow, "partial") {
				t.Errorf("%s %s allows %q for %s of class special", name, r.Section, r.Allow, e)
			}
		}
		if name != "hipaa" && !slices.Contains(p.Allowed("contact.email", stream.PII, "fulfilment").Allow, "keep") {
			t.Errorf("%s: a parcel needs an address", name)
		}
		if slices.Contains(p.Allowed("finance.card", stream.PII, "fulfilment").Allow, "keep") {
			t.Errorf("%s: nobody ships with a card number", name)
		}
	}
}

func TestL1NoPackAcceptsWhatParametersMakeFine(t *testing.T) {
	for as, ok := range map[string]bool{"decade": true, "zip3": true, "range": false, "grid": false, "hierarchy": false, "prefix": false, "dacade": false} {
		_, err := Parse("p.yaml", []byte(`{pack: p, law: l, effective: "2020-01-01", sets: {a: [drop]}, home: {regions: [], mechanisms: [], section: s, because: b},
rules: [], accepts: [{about: [x], as: [`+as+`], section: s, because: b}]}`))
		if (err == nil) != ok {
			t.Errorf("%s: %v", as, err)
		}
	}
}

func TestFaultsOfAPackAreTold(t *testing.T) {
	_, err := Parse("p.yaml", []byte(`{pack: p, law: l, effective: "2020-01-01", sets: {a: [drop]}, home: {regions: [], mechanisms: [], section: s, because: b},
rules: [{about: [x], allow: [a, hmca], section: s, because: b}]}`))
	if want := "p.yaml:2: rules[0].allow: unknown operator or set \"hmca\"\n  → did you mean \"hmac\"?"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}
