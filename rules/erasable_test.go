package rules

import (
	"strings"
	"testing"
)

func TestL5AReversibleOperatorIsUnderTheSubjectsKeyOrSomebodyAnswersForIt(t *testing.T) {
	env := edit(t, smallEnv(), "contact.email: {hmac: {}}", "contact.email: {tokenize: {}}")
	p := compile(t, env)
	d, _ := explain(p, "crm.public.customer/email")
	if !d.Erasable || !strings.Contains(strings.Join(d.Because, "\n"), "nobody gets the value back once the subject is erased") {
		t.Errorf("%+v", d)
	}
	if s, _ := p.Stream("crm.public.customer"); s.Label != "pii-pseudo" || !s.Plan.Fields[1].Erasable {
		t.Errorf("label %s, field %+v", s.Label, s.Plan.Fields[1])
	}

	nobody := edit(t, env, "{key: id}", "none")
	refuses(t, nobody, "tokenize on crm.public.customer/email would give the value back after its subject was erased: the rows have no subject", CodeDeclared)
	d, _ = explain(compile(t, add(t, nobody, "declared: {crm.public.customer/email: {survives_erasure: tickets are answered by mail}}\n")), "crm.public.customer/email")
	if d.Erasable || !strings.Contains(strings.Join(d.Because, "\n"), "survives the erasure of its subject, since the rows have no subject: tickets are answered by mail") {
		t.Errorf("%+v", d)
	}
	refuses(t, edit(t, nobody, "tokenize", "encrypt"), "encrypt on crm.public.customer/email works under the key of the row's subject: the rows have no subject", CodeSubject)

	key := edit(t, smallEnv(), "id.internal: {hmac: {}}", "id.internal: {tokenize: {}}")
	refuses(t, key, "it is a key column, which stays when its subject is erased", CodeDeclared)
	refuses(t, edit(t, key, "tokenize", "encrypt"), "encrypt on crm.public.customer/id works under the key of the row's subject: it is a key column, which stays when its subject is erased", CodeSubject)
	compile(t, add(t, key, "declared: {crm.public.customer/id: {survives_erasure: support looks customers up}}\n"))
}
