package main

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// few are values as values.py prints them, without Python.
func few() *values {
	v := &values{Countries: []string{"France"}, Provinces: []string{"แพร่"}, Districts: []string{"บ่อไร่"}, Tambons: []string{"หนองบัว"}, Nicks: []string{"เอ"}, Values: map[string][]string{
		"EMAIL_ADDRESS": {"a@example.com"}, "URL": {"https://example.com/"}, "IP_ADDRESS": {"192.0.2.1"}, "MAC_ADDRESS": {"00:00:5e:00:53:01"},
		"CREDIT_CARD": {"4111111111111111"}, "IBAN_CODE": {"GB33BUKB20201555555555"}, "DATE_TIME": {"1999-12-31T10:11:12"},
	}}
	v.IDs = append(v.IDs, struct{ Entity, Value, Word string }{"TH_TNIN", "1-1020-03456-78-1", "Thai ID"})
	for _, name := range strings.Fields("en_US en_GB de_DE fr_FR es_ES it_IT nl_NL pl_PL sv_SE id_ID ms_MY vi_VN " +
		"en_CA en_NZ de_AT de_CH nl_BE pt_BR pt_PT da_DK no_NO fi_FI cs_CZ sk_SK hu_HU ro_RO hr_HR sl_SI tr_TR es_MX fil_PH zh_CN th_TH") {
		v.Locales = append(v.Locales, locale{Name: name, People: [][3]string{{"Marina", "Kowalek", "Marina Kowalek"}, {"Olivia", "Benitoz", "Olivia Benitoz"}},
			Cities: []string{"Lyon"}, Companies: []string{"Acme Ltd"}, Addresses: []string{"1 High Street\nLeeds"}, Streets: []string{"2 Low Road"}, Phones: []string{"+44 20 7946 0958"}})
	}
	return v
}

func TestEveryTemplateCanBeFilledAndMarksWhatItHolds(t *testing.T) {
	for _, s := range sets {
		texts, err := makeTexts(few(), s, 400)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range texts {
			if x.clean != (len(x.spans) == 0) {
				t.Errorf("%s: %q has %d spans", x.id, x.text, len(x.spans))
			}
			for _, sp := range x.spans {
				if sp.start >= sp.end || !utf8.ValidString(x.text[sp.start:sp.end]) {
					t.Errorf("%s: span %d-%d of %q", x.id, sp.start, sp.end, x.text)
				}
				if sp.entity == "EMAIL_ADDRESS" && x.text[sp.start:sp.end] != "a@example.com" {
					t.Errorf("%s: %q is no address of mail", x.id, x.text[sp.start:sp.end])
				}
			}
		}
	}
}

func TestTheSetsShareNoTemplate(t *testing.T) {
	for _, file := range []string{"english.txt", "foreign.txt", "thai.txt", "clean.txt"} {
		var seen []string
		for _, s := range sets {
			lines, err := templates(file, s.use)
			if err != nil || len(lines) == 0 {
				t.Fatal(err, len(lines))
			}
			for _, line := range lines {
				if slices.Contains(seen, line) {
					t.Errorf("%s: two sets have %q", file, line)
				}
			}
			seen = append(seen, lines...)
		}
	}
}

func TestACoinedNameIsMadeOfTwo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, two := range [][2]string{{"Marina", "Robertson"}, {"สมชาย", "กิตติพงษ์"}} {
		name := coin(r, two[0], two[1])
		if name == two[0] || !utf8.ValidString(name) {
			t.Errorf("of %q: %q", two, name)
		}
	}
}

func TestScoresCountExactAndOverlappingSpansAndCharacters(t *testing.T) {
	texts := []text{{id: "a", text: "Ann Lee lives in Rome", spans: []span{{start: 0, end: 7, entity: "PERSON", coined: true}, {start: 17, end: 21, entity: "LOCATION"}}},
		{id: "b", text: "order 5551234", clean: true}}
	v := judge(texts, map[string][]span{"a": {{start: 0, end: 6, entity: "PERSON", score: .9}, {start: 4, end: 12, entity: "LOCATION", score: .5}}, "b": {{start: 6, end: 13, entity: "PHONE_NUMBER"}}})
	p := v.entities["PERSON"]
	if p.exact != (counts{0, 1, 1}) || p.half != (counts{1, 0, 0}) {
		t.Errorf("PERSON %+v", p)
	}
	if l := v.entities["LOCATION"]; l.exact != (counts{0, 0, 1}) {
		t.Errorf("LOCATION %+v: what a better finding overlaps counts", l)
	}
	if v.gold != 11 || v.bare != 5 || v.masked != 13 || v.over != 7 || v.alarms != 1 || v.coined.hit != 1 {
		t.Errorf("%+v", v)
	}
}

func TestFindingsOfThePeerComeBackInBytes(t *testing.T) {
	found, err := readSpans(bytes.NewBufferString(`{"id":"x","spans":[[2,4,"PERSON",0.85]]}`), map[string]string{"x": "à ñé"})
	if err != nil || len(found["x"]) != 1 || found["x"][0].start != 3 || found["x"][0].end != 7 {
		t.Error(found, err)
	}
	if _, err := readSpans(bytes.NewBufferString(`{"id":"x","spans":[[2,9,"PERSON",0.85]]}`), map[string]string{"x": "à ñé"}); err == nil {
		t.Error("a span outside of its text is taken")
	}
}
