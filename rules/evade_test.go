package rules

import (
	"errors"
	"strings"
	"testing"

	"lethe/masking"
	"lethe/rules/schema"
	"lethe/stream"
)

// Policies that look harmless and would show what nobody decided to show.

const canary = "canary@example.org"

// evading is a small folder under two laws that keeps amounts, whose sink may hold
// anything.
func evading(more ...schema.Column) Env {
	env := smallEnv(more...)
	env.Policy.Data = []byte(`packs: [pdpa-th, gdpr]
subjects: {crm.public.customer: {key: id}}
mask:
  elements: {id.internal: {hmac: {}}, "commerce.*": keep}
  default: redact
`)
	for _, c := range stream.Classes {
		env.Clearance = append(env.Clearance, string(c.Label()), string(c.Pseudo()))
	}
	return env
}

// masks gives after of a row under the program of env, or why it is refused.
func masks(t *testing.T, env Env, after string) string {
	t.Helper()
	w, err := masking.Compile(compile(t, env).Streams[0].Plan, keys{})
	if err != nil {
		t.Fatal(err)
	}
	var out stream.Masked
	after = strings.Replace(after, "{", `{"id":1,"email":null,"sex":null,`, 1)
	err = w.Process(&stream.Record{Key: []byte(`{"id":1}`), Value: []byte(`{"after":` + after + `,"op":"c"}`)}, &out)
	w.Finish()
	var rej *stream.Rejection
	if errors.As(err, &rej) {
		return rej.Reason + " " + rej.Field
	}
	_, row, _ := strings.Cut(string(out.Value), `"sex":null,`)
	return "{" + strings.TrimSuffix(row, `,"op":"c"}`)
}

// refuses checks that a policy is refused with these codes and says the text.
func refuses(t *testing.T, env Env, text string, codes ...string) {
	t.Helper()
	_, err := Compile(env)
	var got []string
	for _, f := range stream.Faults(err) {
		got = append(got, f.Code)
	}
	if strings.Join(got, " ") != strings.Join(codes, " ") || err != nil && !strings.Contains(err.Error(), text) {
		t.Errorf("faults %v, want %v that say %q:\n%v", got, codes, text, err)
	}
}

func TestL1WhatAPathInsideBecomesTomorrowIsNotShown(t *testing.T) {
	doc := column("doc", "json?")
	named := add(t, evading(doc), "elements: {crm.public.customer/doc.amount: commerce.amount, 'crm.public.customer/doc.list[]': commerce.amount}\n")
	listed := doc
	listed.Inside = []schema.Column{column("fee", "decimal", "element=commerce.amount"), column("on", "date?", "element=commerce.amount")}
	for _, c := range []struct {
		env        Env
		after, out string
	}{
		{named, `{"doc":{"amount":7,"list":[1,2]}}`, `{"doc":{"amount":7,"list":[1,2]}}`},
		{named, `{"doc":{"amount":{"email":"` + canary + `"}}}`, `{"doc":{"amount":"[redacted]"}}`},
		{named, `{"doc":{"list":[1,{"email":"` + canary + `"},["` + canary + `"]]}}`, `{"doc":{"list":[1,"[redacted]","[redacted]"]}}`},
		{evading(listed), `{"doc":{"fee":12.5,"on":"2026-01-31"}}`, `{"doc":{"fee":12.5,"on":"2026-01-31"}}`},
		{evading(listed), `{"doc":{"fee":"` + canary + `"}}`, "type doc.fee"},
		{evading(listed), `{"doc":{"fee":{"email":"` + canary + `"}}}`, "type doc.fee"},
		{evading(listed), `{"doc":{"on":"` + canary + `"}}`, "type doc.on"},
		{evading(listed), `{"doc":{"fee":null}}`, "null doc.fee"},
	} {
		if got := masks(t, c.env, c.after); got != c.out {
			t.Errorf("%s\nbecame %s\nwant   %s", c.after, got, c.out)
		}
	}
	path := add(t, evading(doc), "elements: {crm.public.customer/doc.a: commerce.amount, crm.public.customer/doc.a.b: contact.email}\n")
	if got := masks(t, path, `{"doc":{"a":{"b":"x","c":"`+canary+`"}}}`); got != `{"doc":{"a":{"b":"[redacted]","_unknown_1":"[redacted]"}}}` {
		t.Errorf("beside a path inside of a kept one: %s", got)
	}
	whole := doc
	whole.Inside = []schema.Column{column("any", "json?", "element=commerce.amount")}
	refuses(t, evading(whole), "nobody lists what lies inside of it", CodeDeclared)
}

func TestL1ArraysOfJSONAreDeclaredAsJSONIs(t *testing.T) {
	for _, typ := range []string{"json?", "array<json>?", "array<array<json>>?"} {
		env := evading(column("doc", typ, "element=commerce.amount"))
		refuses(t, env, "crm.public.customer/doc must be declared: nobody lists what lies inside of it", CodeDeclared)
		compile(t, add(t, env, "declared: {crm.public.customer/doc: {reason: shapes of boxes}}\n"))
	}
	elements := add(t, evading(column("doc", "array<json>?")), "elements: {'crm.public.customer/doc[]': commerce.amount}\n")
	refuses(t, elements, "crm.public.customer/doc[] must be declared: nobody lists what lies inside of it", CodeDeclared)
	numbers := add(t, evading(column("doc", "array<decimal>?")), "elements: {'crm.public.customer/doc[]': commerce.amount}\n")
	if got := masks(t, numbers, `{"doc":["1.50",null]}`); got != `{"doc":["1.50",null]}` {
		t.Errorf("elements that cannot hold more: %s", got)
	}
}

func TestPartOfABooleanIsRefusedBeforeARecordMoves(t *testing.T) {
	env := evading(column("vip", "bool?", "element=person.name"))
	refuses(t, edit(t, env, "elements: {", "elements: {person.name: {partial: {keep_first: 1}}, "), "partial does not work on bool", CodeOperator)
}

const shade = "crm.public.customer/shade"

func TestL1ADeclaredClassNeitherSilencesPacksNorSparesTheSecondApprover(t *testing.T) {
	env := edit(t, evading(column("shade", "string?")), "  elements:", "  fields: {"+shade+": keep}\n  elements:")
	declared := func(env Env, more string) Env {
		return add(t, env, "declared: {"+shade+": {reason: colours of boxes, class: public"+more+"}}\n")
	}
	approved := ", by: ann, second: bo"
	refuses(t, declared(env, ""), "a second person must approve", CodeApprover, CodeWeakerThanLaw, CodeWeakerThanLaw)
	refuses(t, declared(env, approved), "if public is right, write it as classification in the contract", CodeWeakerThanLaw, CodeWeakerThanLaw)
	lawless := edit(t, env, "[pdpa-th, gdpr]", "[]")
	refuses(t, declared(lawless, ""), "a second person must approve", CodeApprover)
	p := compile(t, declared(lawless, approved))
	if d, _ := explain(p, shade); d.Class != stream.Public || p.Streams[0].Class != stream.PII {
		t.Errorf("shade %s, stream %s", d.Class, p.Streams[0].Class)
	}

	// What is declared of one column says nothing of the others.
	alone := edit(t, env, "{key: id}", "none")
	alone.Contracts = []File{contract("crm.public.customer", nil, column("shade", "string?"), column("other", "string?"))}
	alone = edit(t, alone, shade+": keep", shade+": redact, crm.public.customer/other: keep")
	refuses(t, add(t, declared(alone, ""), ""), "keep on crm.public.customer/other (class pii)", CodeWeakerThanLaw, CodeWeakerThanLaw, CodeDeclared)

	raised := edit(t, evading(column("shade", "string?", "class=internal")), "  elements:", "  fields: {"+shade+": keep}\n  elements:")
	refuses(t, add(t, raised, "declared: {"+shade+": {reason: r, class: special}}\n"), "class special", CodeApprover, CodeWeakerThanLaw, CodeWeakerThanLaw)
}

func TestL1AWildcardSaysNoClass(t *testing.T) {
	env := edit(t, evading(column("shade", "string?", "class=internal")), "  default: redact", "  classes: {pii: redact}\n  default: keep")
	compile(t, add(t, env, "declared: {'*/*': {reason: r, by: ann, second: bo}}\n"))
	refuses(t, add(t, env, "declared: {'*/*': {reason: r, by: ann, second: bo, class: internal}}\n"), "a wildcard cannot say a class", CodeClass)
}

func TestL1WhatOnlyAWildcardSaysIsNotShownUndeclared(t *testing.T) {
	wide := "elements: {'*/*': commerce.amount}\n"
	env := add(t, evading(column("shade", "string?")), wide)
	refuses(t, env, "keep on "+shade+" must be declared: only a wildcard says what it is about", CodeDeclared)
	compile(t, add(t, env, "declared: {"+shade+": {reason: colours of boxes}}\n"))
	compile(t, add(t, evading(column("shade", "string?", "element=commerce.amount")), wide))
	part := edit(t, env, "\"commerce.*\": keep", "\"commerce.*\": {partial: {keep_first: 1}}")
	refuses(t, part, "only a wildcard says what it is about", CodeDeclared)
	for _, operator := range []string{"redact", "'null'", "drop", "{hmac: {}}"} {
		compile(t, edit(t, add(t, evading(column("shade", "string?")), "elements: {'*/shade': id.th.national}\n"), "{id.internal: {hmac: {}}", "{id.internal: {hmac: {}}, id.th.national: "+operator))
	}
}

func TestL1RelabellingDoesNotMakeFewValuesMany(t *testing.T) {
	const declared = "declared: {crm.public.customer/%: {reason: codes of ours, by: ann, second: bo}}\n"
	for _, c := range []struct {
		col  schema.Column
		text string
	}{
		{column("col7", "string?", "element=id.internal", "evidence=person.gender: detector gender 99 %"), "discover found person.gender"},
		{column("gender", "string?", "element=id.internal"), "its name reads as person.gender"},
		{column("date_of_birth", "string?", "element=id.internal"), "its name reads as person.birth_date"},
	} {
		env := evading(c.col)
		refuses(t, env, c.text, CodeDeclared)
		compile(t, add(t, env, strings.Replace(declared, "%", c.col.Name, 1)))
	}
	for typ, values := range map[string]string{"bool": "2^1 ", "int16": "2^16 ", "date": "2^16 ", "time": "2^16 ", "decimal(4,2)": "2^13 "} {
		// No declaration makes a type wider.
		env := add(t, evading(column("ref", typ+"?", "element=id.internal")), strings.Replace(declared, "%", "ref", 1))
		refuses(t, edit(t, env, "{key: id}", "none"), values, CodeDomain)
		// With a subject mixed in, equal values of two persons are not counted together.
		p := compile(t, env)
		if d, _ := explain(p, "crm.public.customer/ref"); !d.Apart {
			t.Errorf("%s: the subject is not mixed in", typ)
		}
	}
	for _, typ := range []string{"int32", "int64", "string", "decimal", "decimal(10,0)", "timestamp"} {
		compile(t, evading(column("ref", typ+"?", "element=id.internal")))
	}
}

func TestL1TakingTheEvidenceOutOfAContractHelpsNothing(t *testing.T) {
	const text = "must be declared: its name reads as contact.email"
	refuses(t, evading(column("e_mail", "string?", "element=commerce.amount")), text, CodeDeclared)
	inside := column("doc", "json?")
	inside.Inside = []schema.Column{column("email", "string?", "element=commerce.amount")}
	refuses(t, evading(inside), text, CodeDeclared)
	named := "elements: {crm.public.customer/doc.contact.email: commerce.amount}\n"
	refuses(t, add(t, evading(column("doc", "json?")), named), text, CodeDeclared)
	one := add(t, evading(column("e_mail", "string?", "element=commerce.amount")), "declared: {crm.public.customer/e_mail: {reason: r}}\n")
	refuses(t, one, "a second person must approve", CodeApprover)
}

func TestL1AClassAboveSpecialIsNoWeakerThanSpecial(t *testing.T) {
	for class, above := range map[string]string{"special": "", "secret": "special", "topsecret": "secret"} {
		env := edit(t, evading(column("shade", "string?", "element=person.gender", "class="+class)), "elements: {", "elements: {person.gender: keep, ")
		if above != "" {
			env.Elements = []File{{"elements.yaml", []byte("classes: [{name: secret, above: special}, {name: topsecret, above: secret}]\n")}}
			env.Clearance = append(env.Clearance, class)
		}
		refuses(t, env, "pdpa-th s.26 allows", CodeWeakerThanLaw, CodeWeakerThanLaw)
		if got := masks(t, edit(t, env, "person.gender: keep", "person.gender: redact"), `{"shade":null}`); got != `{"shade":"[redacted]"}` {
			t.Errorf("a null of class %s became %s", class, got)
		}
	}
}
