package rules

import (
	"slices"
	"strings"
	"testing"

	"lethe/masking"
	"lethe/rules/packs"
)

func TestFakeInventsWhatTheElementIs(t *testing.T) {
	env := edit(t, smallEnv(column("phone", "string?", "element=contact.phone"), column("name", "string?", "element=person.name")),
		"contact.email: {hmac: {}}", "contact.email: fake, contact.phone: {fake: {locale: th}}, person.name: {fake: {kind: given_name, locale: eu}}")
	p := compile(t, env)
	for path, want := range map[string]string{"email": "email any", "phone": "phone th", "name": "given_name eu"} {
		d, ok := explain(p, "crm.public.customer/"+path)
		why := strings.Join(d.Because, "\n")
		if !ok || d.Params["kind"] != strings.Fields(want)[0] || strings.Contains(why, "as element contact") != (path != "name") {
			t.Errorf("%s: %v\n%s", path, d.Params, why)
		}
		r, err := Restore(p.Revision, p.Kept)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(r.Streams[0].Plan.Fields, func(f masking.Field) bool { return f.Path == path })
		kept := r.Streams[0].Plan.Fields[i].Params
		// L6: what a later build says by default, and its lists, change nothing.
		if got := strings.Join([]string{kept["kind"].(string), kept["locale"].(string)}, " "); got != want || kept["lists"] == nil {
			t.Errorf("%s: the revision keeps %v", path, kept)
		}
	}
}

func TestWhatFakeCannotInventIsTold(t *testing.T) {
	tellsEach(t, map[string]faultCase{
		"nobody said what": {edit(t, smallEnv(), "person.gender: redact", "person.gender: fake"), `policy.yaml:4: mask.elements.person.gender: nobody said what fake invents for crm.public.customer/sex (person.gender)
  → write {fake: {kind: person}}, with one of: person given_name family_name address street city postcode email phone company`, []string{CodeParams}},
		"of no text": {edit(t, smallEnv(column("tel", "int64?", "element=contact.phone")), "contact.email: {hmac: {}}", "contact.*: fake"),
			`policy.yaml:4: mask.elements.contact.*: fake does not work on int64: crm.public.customer/tel
  → use redact`, []string{CodeOperator}},
		"a key": {edit(t, smallEnv(), "id.internal: {hmac: {}}", "id.internal: {fake: {kind: company}}"), `policy.yaml:4: mask.elements.id.internal: fake does not work on int64: crm.public.customer/id
  → use redact
policy.yaml:4: mask.elements.id.internal: fake on key column crm.public.customer/id would give rows the same key
  → use hmac, in policy.yaml:
    mask:
      elements:
        id.internal: {hmac: {}}`, []string{CodeOperator, CodeKey}},
	})
}

func TestFakesOfFewValuesAreTheSubjectsOwn(t *testing.T) {
	env := edit(t, smallEnv(column("zip", "string?", "element=address.postcode")), "contact.email: {hmac: {}}", "contact.email: {hmac: {}}, address.postcode: {fake: {locale: th}}")
	if d, _ := explain(compile(t, env), "crm.public.customer/zip"); !d.Apart {
		t.Error("who counts the postal codes knows them")
	}
}

func TestElementsSayWhatCanBeInvented(t *testing.T) {
	_, err := LoadElements(File{"elements.yaml", []byte("elements: {a.b: {class: pii, log2: 30, fake: shoe}}\n")})
	says(t, err, `elements.yaml:1: elements.a.b.fake: nothing of kind "shoe" is invented
  → did you mean "phone"?`, CodeElement)
}

func TestPacksNameEveryOperatorThatThereIs(t *testing.T) {
	var names []string
	for _, s := range masking.Operators() {
		names = append(names, s.Name)
	}
	all := slices.Clone(packs.Operators)
	slices.Sort(names)
	slices.Sort(all)
	if !slices.Equal(names, all) {
		t.Errorf("%q and %q", names, all)
	}
}
