package rules

import (
	"strings"
	"testing"
)

func TestRowsOfTwoPersonsNameBothAndARevisionOfOneIsWhatItWas(t *testing.T) {
	env := func(subjects string) Env {
		e := smallEnv()
		e.Policy.Data = []byte("packs: []\nsubjects: {crm.public.customer: " + subjects + "}\n")
		e.Contracts = []File{contract("crm.public.customer", nil, column("id", "string?", "element=id.internal"), column("payee", "string?", "element=contact.email"))}
		return e
	}
	one, both := compile(t, env("{key: id}")), compile(t, env("{key: id, also: payee}"))
	if s := both.Streams[0].Plan.Subject; s.Column != "id" || s.Domain != "id.internal" || s.Also != "payee" || s.AlsoDomain != "contact.email" {
		t.Errorf("subjects %+v", s)
	}
	if one.Revision == both.Revision || strings.Contains(string(one.Kept), "also") {
		t.Error("a second person does not tell, or tells where there is none")
	}
	kept, err := Restore(both.Revision, both.Kept)
	if err != nil || kept.Streams[0].Plan.Subject != both.Streams[0].Plan.Subject {
		t.Errorf("kept as %+v, %v", kept, err)
	}
	for subjects, want := range map[string]string{
		"{key: id, also: paye}": `no column "paye"`, "{key: id, also: id}": "the second person is the first", "{also: id}": "key", "{key: id, and: payee}": "and",
	} {
		if _, err := Compile(env(subjects)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", subjects, err)
		}
	}
}
