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
