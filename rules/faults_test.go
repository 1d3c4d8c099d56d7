package rules

import (
	"errors"
	"strings"
	"testing"

	"lethe/rules/schema"
	"lethe/stream"
)

// small is a folder of one stream without a fault; cases change one thing each.
const small = `packs: [pdpa-th]
subjects: {crm.public.customer: {key: id}}
mask:
  elements: {id.internal: {hmac: {}}, contact.email: {hmac: {}}, person.gender: redact}
  classes: {internal: keep}
`

func smallEnv(more ...schema.Column) Env {
	env := shopEnv()
	env.Policy.Data = []byte(small)
	env.Contracts = []File{contract("crm.public.customer", []string{"id"}, append([]schema.Column{
		column("id", "int64", "element=id.internal"),
		column("email", "string?", "element=contact.email"),
		column("sex", "string?", "element=person.gender"),
	}, more...)...)}
	return env
}

// edit replaces text of the policy; text that is not there is an error of the test.
func edit(t *testing.T, env Env, old, new string) Env {
	t.Helper()
	if !strings.Contains(string(env.Policy.Data), old) {
		t.Fatalf("%q is not in the policy", old)
	}
	env.Policy.Data = []byte(strings.Replace(string(env.Policy.Data), old, new, 1))
	return env
}

func add(t *testing.T, env Env, text string) Env {
	t.Helper()
	env.Policy.Data = append([]byte(text), env.Policy.Data...)
	return env
}

// says checks the whole text of an error, and the code of each of its faults.
func says(t *testing.T, err error, want string, codes ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no fault")
	}
	if got := err.Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var got []string
	for _, f := range stream.Faults(err) {
		got = append(got, f.Code)
	}
	if strings.Join(got, " ") != strings.Join(codes, " ") {
		t.Errorf("codes %q, want %q", got, codes)
	}
}

// faultCase is a folder and the whole of what is wrong with it; "" for nothing.
type faultCase struct {
	env   Env
	want  string
	codes []string
}

func tellsEach(t *testing.T, cases map[string]faultCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Compile(c.env)
			if c.want != "" {
				says(t, err, c.want, c.codes...)
			} else if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestTheSmallFolderHasNoFault(t *testing.T) { compile(t, smallEnv()) }

func TestANameThatNobodyKnowsIsToldWithTheNearestOne(t *testing.T) {
	tellsEach(t, map[string]faultCase{
		"unknown key": {edit(t, smallEnv(), "subjects:", "subject:"), `policy.yaml:1: subjects: stream crm.public.customer is of class pii and has no subject
  → add subjects: {crm.public.customer: {key: <column>}}, or none if the rows are about nobody
policy.yaml:2: subject: unknown key "subject"
  → did you mean "subjects"?`, []string{CodeSubject, "file.unknown_key"}},
		"not yaml": {edit(t, smallEnv(), "[pdpa-th]", "[pdpa-th"), `policy.yaml:1: not YAML: did not find expected ',' or ']'
  → check indentation (spaces, no tabs), quotes and the colon after each key`, []string{"file.syntax"}},
		"no packs": {edit(t, smallEnv(), "packs: [pdpa-th]\n", ""), `policy.yaml:1: packs: no law is named
  → write packs: [gdpr, hipaa, pdpa-sg, pdpa-th, sox], those that apply, or packs: [] if none does`, []string{CodePacks}},
		"unknown pack": {edit(t, smallEnv(), "pdpa-th", "pdpa-ht, gdpr, gdpr"), `policy.yaml:1: packs[0]: unknown pack "pdpa-ht"
  → did you mean "pdpa-th"?
policy.yaml:1: packs[2]: pack "gdpr" is named twice
  → keep one`, []string{CodePack, CodePack}},
		"unknown element": {edit(t, smallEnv(), "person.gender: redact", "person.gender: redact, contact.emial: redact, persn.*: redact, id.shoe: redact"),
			`policy.yaml:4: mask.elements.contact.emial: unknown element "contact.emial"
  → did you mean "contact.email"?
policy.yaml:4: mask.elements.persn.*: no element is in family "persn.*"
  → did you mean "person.*"?
policy.yaml:4: mask.elements.id.shoe: unknown element "id.shoe"
  → family id has: id.th.national id.sg.nric id.eu.national id.us.ssn id.national id.passport id.tax id.licence id.certificate id.vehicle id.internal id.record
    elements.yaml of the folder may add others`,
			[]string{CodeElement, CodeElement, CodeElement}},
		"an element of another family": {edit(t, smallEnv(), "person.gender: redact", "person.gender: redact, contact.address: redact, geo.province: redact, contcat.emial: redact, emial: redact, shoe: redact, id.person: redact"),
			`policy.yaml:4: mask.elements.contact.address: unknown element "contact.address"
  → did you mean "address.street", a street address?
    family contact has: contact.email contact.phone contact.handle
    elements.yaml of the folder may add others
policy.yaml:4: mask.elements.geo.province: unknown element "geo.province"
  → did you mean "address.region", a state or province?
    family geo has: geo.point
    elements.yaml of the folder may add others
policy.yaml:4: mask.elements.contcat.emial: unknown element "contcat.emial"
  → did you mean "contact.email"?
policy.yaml:4: mask.elements.emial: unknown element "emial"
  → did you mean "contact.email"?
policy.yaml:4: mask.elements.shoe: unknown element "shoe"
  → elements are: address.* belief.* biometric.* commerce.* consent.* contact.* finance.* geo.* health.* id.* id.eu.* id.sg.* id.th.* id.us.* intimate.* net.* origin.* person.* record.* secret.* time.* text
    elements.yaml of the folder may add others
policy.yaml:4: mask.elements.id.person: unknown element "id.person"
  → family person has: person.name person.username person.birth_date person.age person.gender person.title person.marital person.nationality person.photo person.signature person.job person.employer person.relative
    family id has: id.th.national id.sg.nric id.eu.national id.us.ssn id.national id.passport id.tax id.licence id.certificate id.vehicle id.internal id.record
    elements.yaml of the folder may add others`, []string{CodeElement, CodeElement, CodeElement, CodeElement, CodeElement, CodeElement}},
		"unknown operator": {edit(t, smallEnv(), "redact", "redcat"), `policy.yaml:4: mask.elements.person.gender: unknown operator "redcat"
  → did you mean "redact"?`, []string{CodeOperator}},
		"a rule that nobody can read tells nothing of flows": {edit(t, func() Env { env := smallEnv(); env.Clearance = []string{"public"}; return env }(), "contact.email: {hmac: {}}", "contact.email: hmca"), `policy.yaml:4: mask.elements.contact.email: unknown operator "hmca"
  → did you mean "hmac"?`, []string{CodeOperator}},
		"two operators": {edit(t, smallEnv(), "redact", "{hmac: {}, redact: {}}"), `policy.yaml:4: mask.elements.person.gender: want one operator, found a map
  → write an operator, such as redact, or {hmac: {length: 32}}`, []string{"file.type"}},
		"bad params": {edit(t, smallEnv(), "contact.email: {hmac: {}}", "contact.email: {hmac: {length: -1, colour: red}}"),
			`policy.yaml:4: mask.elements.contact.email: hmac: unknown parameter "colour"
  → hmac takes: encoding length country
policy.yaml:4: mask.elements.contact.email: hmac: length: want a whole number, not negative
  → hmac takes: encoding length country`, []string{CodeParams, CodeParams}},
		"unknown class": {edit(t, smallEnv(), "internal: keep", "intern: keep"), `policy.yaml:5: mask.classes.intern: unknown class "intern"
  → did you mean "internal"?`, []string{CodeClass}},
		"unknown stream": {edit(t, smallEnv(), "crm.public.customer", "crm.public.custmer"), `policy.yaml:2: subjects.crm.public.custmer: unknown stream "crm.public.custmer": no contract names it
  → did you mean "crm.public.customer"?
policy.yaml:2: subjects: stream crm.public.customer is of class pii and has no subject
  → add subjects: {crm.public.customer: {key: <column>}}, or none if the rows are about nobody`, []string{CodeStream, CodeSubject}},
		"unknown source": {add(t, smallEnv(), "elements: {cmr.public.customer/email: contact.email}\n"),
			`policy.yaml:1: elements.cmr.public.customer/email: unknown stream "cmr.public.customer": no contract names it
  → did you mean "crm.public.customer"?`, []string{CodeStream}},
		"unknown field": {add(t, smallEnv(), "elements: {crm.public.customer/mail: contact.email, crm.public.customer/email.x: contact.email, crm.public.customer: text, 'crm.public.customer/a[0]': text}\n"),
			`policy.yaml:1: elements.crm.public.customer/mail: stream crm.public.customer has no column "mail"
  → did you mean "email"?
policy.yaml:1: elements.crm.public.customer/email.x: column email is string: there is nothing inside
  → name the column itself: crm.public.customer/email
policy.yaml:1: elements.crm.public.customer: "crm.public.customer" is no field
  → write <stream>/<column>, such as crm.public.customer/email
policy.yaml:1: elements.crm.public.customer/a[0]: "a[0]" is no path: [] stands for every element, single ones cannot be named
  → write members joined by dots, [] for every array element, \. for a dot in a name`, []string{CodeField, CodeField, CodePath, CodePath}},
		"subject column": {edit(t, smallEnv(), "key: id", "key: ids"), `policy.yaml:2: subjects.crm.public.customer.key: stream crm.public.customer has no column "ids"
  → did you mean "id"?`, []string{CodeField}},
		"subject form": {edit(t, smallEnv(), "{key: id}", "id"), `policy.yaml:2: subjects.crm.public.customer: want the subject's key or none, found text
  → write {key: <column>}, or none if the rows are about nobody`, []string{"file.type"}},
		"filter and add": {add(t, smallEnv(), "filter: {crm.public.customer: 'true'}\nadd: {crm.public.customer: {x: '1'}}\n"),
			`policy.yaml:1: filter: filter is not in this build
  → remove it; filter and derive columns in a view at the source or behind the sink
policy.yaml:2: add: add is not in this build
  → remove it; filter and derive columns in a view at the source or behind the sink`, []string{CodeNotInBuild, CodeNotInBuild}},
	})
}

func TestL1FaultsOfDecisions(t *testing.T) {
	at := "contracts/crm.public.customer.yaml"
	tellsEach(t, map[string]faultCase{
		"unclassified": {smallEnv(column("nick", "string"), column("mobile", "string")), at + `:34: schema[0].properties[3] (nick): column crm.public.customer/nick is not classified
  → say what it is about (letheElement) or its class (classification) in the contract, or write mask.default: redact to redact such columns
` + at + `:40: schema[0].properties[4] (mobile): column crm.public.customer/mobile is not classified
  → its name reads as contact.phone: write that as letheElement in the contract, or what it is about`, []string{CodeUnclassified, CodeUnclassified}},
		"weaker than a pack": {edit(t, smallEnv(), "contact.email: {hmac: {}}", "contact.*: keep"),
			`policy.yaml:4: mask.elements.contact.*: keep on crm.public.customer/email (contact.email) is weaker than pdpa-th s.22 allows for purpose "analytics": it identifies a person by itself, and no purpose that reads many persons at once needs it in clear
  → all packs allow: ` + "partial hmac tokenize fpe encrypt fake redact null drop" + `
connection crm-lake: crm.public.customer: label pii is not in the clearance of sink lake [public internal pii-pseudo]
  → mask what is clear of class pii, or clear the sink for pii:
    email: keep (policy.yaml:4: mask.elements.contact.*)`, []string{CodeWeakerThanLaw, CodeClearance}},
		"a pseudonym of special data": {edit(t, smallEnv(column("faith", "string", "element=belief.religion")), "person.gender: redact", "person.gender: redact, belief.religion: {partial: {keep_first: 1}}"),
			`policy.yaml:4: mask.elements.belief.religion: partial on crm.public.customer/faith (belief.religion) is weaker than pdpa-th s.26 allows for purpose "analytics": sensitive data needs explicit consent or a listed exception; masking shows neither, and a pseudonym of a religion or a disease is still sensitive data
  → all packs allow: redact null drop
connection crm-lake: crm.public.customer: label special-pseudo is not in the clearance of sink lake [public internal pii-pseudo]
  → mask what is pseudonymised of class special, or clear the sink for special-pseudo:
    faith: partial (policy.yaml:4: mask.elements.belief.religion)`, []string{CodeWeakerThanLaw, CodeClearance}},
		"few values": {edit(t, edit(t, smallEnv(), "person.gender: redact", "person.gender: {hmac: {}}"), "{key: id}", "none"), `policy.yaml:4: mask.elements.person.gender: hmac on crm.public.customer/sex is clear by counting: person.gender has about 2^2 values, and 2^20 are needed
  → use redact, null or drop; or say whose data the rows are under subjects:, and the subject is mixed in`, []string{CodeDomain}},
		"more than half of a value": {edit(t, smallEnv(column("phone", "string?", "element=contact.phone"), column("fax", "string?", "element=contact.phone")), "person.gender: redact", "person.gender: redact, contact.phone: {partial: {keep_first: 3, keep_last: 30}}"),
			`policy.yaml:4: mask.elements.contact.phone: partial shows 33 characters of contact.phone, which has at most 20: at least half of a value stays hidden, so rows would be refused
  → show fewer, such as {partial: {keep_last: 4}}, or use redact`, []string{CodeLength}},
		"more than half of anything": {edit(t, smallEnv(column("tier", "string", "class=pii")), "internal: keep", "pii: {partial: {keep_first: 128}}"),
			`policy.yaml:5: mask.classes.pii: partial shows 128 characters of a value that nobody said anything about, which has at most 256: at least half of a value stays hidden, so rows would be refused
  → show fewer, such as {partial: {keep_last: 4}}, or use redact
policy.yaml:5: mask.classes.pii: partial on crm.public.customer/tier must be declared: nobody said what the field is about
  → say what it is about, use redact, or add to policy.yaml, at the left edge:
    declared:
      crm.public.customer/tier: {reason: <why the values may be seen>, by: <who declares it>, second: <who approved it>}`, []string{CodeLength, CodeDeclared}},
		"hmac without element": {edit(t, smallEnv(column("tier", "string", "class=internal")), "internal: keep", "internal: {hmac: {}}"), `policy.yaml:5: mask.classes.internal: hmac on crm.public.customer/tier has no element: its key derives from one
  → say what the column is about: letheElement in the contract`, []string{CodeDomain}},
		"key column": {edit(t, smallEnv(), "id.internal: {hmac: {}}", "id.internal: redact"), `policy.yaml:4: mask.elements.id.internal: redact on key column crm.public.customer/id would give rows the same key
  → use hmac, in policy.yaml:
    mask:
      elements:
        id.internal: {hmac: {}}`, []string{CodeKey}},
		"key column by default": {func() Env {
			env := smallEnv()
			env.Contracts = append(env.Contracts, contract("crm.public.order", []string{"id"}, column("id", "int64", "element=id.record")),
				contract("crm.public.a b", []string{"id"}, column("id", "int64", "class=internal")))
			return edit(t, env, "  classes: {internal: keep}\n", "  default: redact\n")
		}(), `policy.yaml:5: mask.default: redact on key column crm.public.a b/id would give rows the same key
  → say in the contract what it is about: letheElement id.internal if it stands for a person, id.record if not; and how keys are masked, in policy.yaml:
    mask:
      elements: {id.internal: {hmac: {}}, id.record: keep}
policy.yaml:5: mask.default: redact on key column crm.public.order/id would give rows the same key
  → use hmac or keep, in policy.yaml:
    mask:
      elements:
        id.record: keep`, []string{CodeKey, CodeKey}},
		"key that no pack lets be": {func() Env {
			env := smallEnv()
			env.Contracts = []File{contract("crm.public.customer", []string{"faith"}, column("faith", "string", "element=belief.religion"), column("id", "int64", "element=id.internal"))}
			return edit(t, env, "person.gender: redact", "belief.religion: redact")
		}(), `policy.yaml:4: mask.elements.belief.religion: crm.public.customer/faith is a key column, and no operator that the packs allow keeps keys apart
  → leave the column out of the key at the source`, []string{CodeEmpty}},
		"key that nobody said anything about": {func() Env {
			env := smallEnv()
			env.Contracts = []File{contract("crm.public.customer", []string{"no"}, column("no", "string"), column("faith", "string", "element=belief.religion"), column("id", "int64", "element=id.internal"))}
			return edit(t, env, "  classes: {internal: keep}\n", "  default: redact\n")
		}(), `policy.yaml:5: mask.default: crm.public.customer/no is a key column, and no operator that the packs allow keeps keys apart
  → say in the contract what it is about: letheElement id.internal if it stands for a person, id.record if not; and how keys are masked, in policy.yaml:
    mask:
      elements: {id.internal: {hmac: {}}, id.record: keep}
    or leave the column out of the key at the source`, []string{CodeEmpty}},
		"operator and type": {smallEnv(column("mails", "json?", "element=contact.email")), `policy.yaml:4: mask.elements.contact.email: hmac does not work on json as a whole: crm.public.customer/mails
  → name paths inside, such as crm.public.customer/mails[], or use redact`, []string{CodeOperator}},
		"element conflict": {add(t, smallEnv(), "elements: {crm.public.customer/email: contact.phone}\n"), `policy.yaml:1: elements.crm.public.customer/email: the policy says contact.phone, the contract says contact.email
  → keep one: the contract's is at ` + at + `:20: schema[0].properties[1] (email)`, []string{CodeConflict}},
		"unknown names in a contract": {smallEnv(column("x", "string", "element=contact.mail"), column("y", "string", "class=pi"), column("z", "string", "element=text", "evidence=contact.mial: name")), at + `:34: schema[0].properties[3] (x): unknown element "contact.mail"
  → did you mean "contact.email"?
` + at + `:42: schema[0].properties[4] (y): unknown class "pi"
  → did you mean "pii"?
` + at + `:49: schema[0].properties[5] (z): unknown element "contact.mial" in letheEvidence
  → run lethe discover again, or remove it`, []string{CodeElement, CodeClass, CodeElement}},
		"class below its element": {smallEnv(column("x", "string", "element=text", "class=internal")), at + `:34: schema[0].properties[3] (x): class internal is lower than pii, the class of text
  → write classification: pii, or remove it`, []string{CodeClass}},
		"class of the stream": {func() Env {
			env := smallEnv()
			c, _ := schema.Parse("", env.Contracts[0].Data)
			c.Class = stream.Internal
			env.Contracts[0].Data = schema.Write(c)
			return env
		}(), at + `:9: schema[0].customProperties: class internal of stream crm.public.customer is lower than pii, the class of a column
  → write letheClass: pii`, []string{CodeClass}},
		"two wildcards": {add(t, smallEnv(column("a_b", "string")), "elements: {'*/a_*': contact.email, '*/*_b': contact.phone}\n"), `policy.yaml:1: elements.*/*_b: crm.public.customer/a_b fits "*/a_*" and "*/*_b" equally, and they disagree
  → name the field itself: crm.public.customer/a_b`, []string{CodeAmbiguous}},
		"two contracts": {func() Env {
			env := smallEnv()
			second := env.Contracts[0]
			second.Name = "again.yaml"
			env.Contracts = append(env.Contracts, second)
			return env
		}(), `again.yaml:7: schema[0].name: stream crm.public.customer has two contracts
  → the other is contracts/crm.public.customer.yaml: keep one`, []string{CodeConflict}},
		"no contract": {func() Env {
			env := smallEnv()
			env.Contracts = nil
			env.Policy.Data = []byte("packs: []\n")
			return env
		}(), `source crm: no stream has a contract
  → lethe discover writes them`, []string{CodeContract}},
		"another name": {func() Env {
			env := smallEnv()
			env.Source = "crm-2"
			env.Policy.Data = []byte("packs: []\n")
			return env
		}(), `source crm-2: no stream has a contract
  → if it was called crm before, write the new name in those contracts and in their file names, in subjects and in rules; else lethe discover writes them`, []string{CodeContract}},
	})
}

func TestL1RevealingRulesAreDeclared(t *testing.T) {
	tier := column("tier", "string", "class=internal")
	relabelled := column("ref", "string", "element=id.record", "evidence=id.th.national: detector th.national 97 %")
	tellsEach(t, map[string]faultCase{
		"no element": {smallEnv(tier), `policy.yaml:5: mask.classes.internal: keep on crm.public.customer/tier must be declared: nobody said what the field is about
  → say what it is about, use redact, or add to policy.yaml, at the left edge:
    declared:
      crm.public.customer/tier: {reason: <why the values may be seen>}`, []string{CodeDeclared}},
		"declared below mask": {edit(t, smallEnv(), "  classes:", "  declared: {crm.public.customer/tier: {reason: three tiers}}\n  classes:"), `policy.yaml:5: mask.declared: unknown key "declared"
  → declared: is a key of the top level: move it out of mask:, to the left edge`, []string{"file.unknown_key"}},
		"fields beside mask": {add(t, smallEnv(), "fields: {crm.public.customer/email: redact}\n"), `policy.yaml:1: fields: unknown key "fields"
  → fields: belongs below mask:, indented`, []string{"file.unknown_key"}},
		"declared":               {add(t, smallEnv(tier), "declared: {crm.public.customer/tier: {reason: three tiers}}\n"), "", nil},
		"declared by a wildcard": {add(t, smallEnv(tier), "declared: {'crm.public.*/tier': {reason: three tiers}}\n"), "", nil},
		"no reason": {add(t, smallEnv(tier), "declared: {crm.public.customer/tier: {by: ann}}\n"), `policy.yaml:1: declared.crm.public.customer/tier: the reason is missing
  → add reason: …, why the values may be seen`, []string{CodeDeclared}},
		"empty reason": {add(t, smallEnv(tier), "declared: {crm.public.customer/tier: {reason: ' '}}\n"), `policy.yaml:1: declared.crm.public.customer/tier.reason: the reason is empty
  → say why the values may be seen`, []string{CodeDeclared}},
		"against evidence": {edit(t, smallEnv(relabelled), "person.gender: redact", "person.gender: redact, id.record: {hmac: {}}"),
			`policy.yaml:4: mask.elements.id.record: hmac on crm.public.customer/ref must be declared: discover found id.th.national (detector th.national 97 %)
  → say what it is about, use redact, or add to policy.yaml, at the left edge:
    declared:
      crm.public.customer/ref: {reason: <why the values may be seen>, by: <who declares it>, second: <who approved it>}`, []string{CodeDeclared}},
		"against evidence, redacted": {edit(t, smallEnv(relabelled), "person.gender: redact", "person.gender: redact, id.record: redact"), "", nil},
		"as the hint left it": {add(t, edit(t, smallEnv(relabelled), "person.gender: redact", "person.gender: redact, id.record: keep"), "declared:\n  crm.public.customer/ref: {reason: <why the values may be seen>, by: <who declares it>, second: <who approved it>}\n"),
			`policy.yaml:2: declared.crm.public.customer/ref.reason: the reason is empty
  → say why the values may be seen
policy.yaml:2: declared.crm.public.customer/ref: crm.public.customer/ref may be about persons: a second person must approve
  → write both below it: {reason: …, by: <who declares it>, second: <who approved it>}`, []string{CodeDeclared, CodeApprover}},
		"one person": {add(t, edit(t, smallEnv(relabelled), "person.gender: redact", "person.gender: redact, id.record: keep"), "declared: {crm.public.customer/ref: {reason: a test number, by: ann}}\n"),
			`policy.yaml:1: declared.crm.public.customer/ref: crm.public.customer/ref may be about persons: a second person must approve
  → write both below it: {reason: …, by: <who declares it>, second: <who approved it>}`, []string{CodeApprover}},
		"the same person": {add(t, edit(t, smallEnv(relabelled), "person.gender: redact", "person.gender: redact, id.record: keep"), "declared: {crm.public.customer/ref: {reason: a test number, by: Ann, second: 'ann '}}\n"),
			`policy.yaml:1: declared.crm.public.customer/ref: crm.public.customer/ref is declared and approved by one person
  → second: must be somebody else`, []string{CodeApprover}},
		"two persons": {add(t, edit(t, smallEnv(relabelled), "person.gender: redact", "person.gender: redact, id.record: keep"), "declared: {crm.public.customer/ref: {reason: a test number, by: ann, second: bo}}\n"), "", nil},
		"against a wildcard": {add(t, edit(t, smallEnv(column("code", "string")), "person.gender: redact", "person.gender: redact, commerce.product: keep"),
			"elements: {'*/code': id.national, crm.public.customer/code: commerce.product}\n"),
			`policy.yaml:5: mask.elements.commerce.product: keep on crm.public.customer/code must be declared: its name reads as id.internal; a wildcard says id.national
  → say what it is about, use redact, or add to policy.yaml, at the left edge:
    declared:
      crm.public.customer/code: {reason: <why the values may be seen>, by: <who declares it>, second: <who approved it>}`, []string{CodeDeclared}},
		"json as a whole": {edit(t, smallEnv(column("meta", "json?", "element=commerce.product")), "person.gender: redact", "person.gender: redact, commerce.product: keep"),
			`policy.yaml:4: mask.elements.commerce.product: keep on crm.public.customer/meta must be declared: nobody lists what lies inside of it
  → say what it is about, use redact, or add to policy.yaml, at the left edge:
    declared:
      crm.public.customer/meta: {reason: <why the values may be seen>}`, []string{CodeDeclared}},
		"a declared class below the contract's": {add(t, smallEnv(tier), "declared: {crm.public.customer/tier: {reason: r, class: public}}\n"),
			`policy.yaml:1: declared.crm.public.customer/tier.class: class public of crm.public.customer/tier is lower than internal, which the contract says
  → change the contract: contracts/crm.public.customer.yaml:34: schema[0].properties[3] (tier)`, []string{CodeClass}},
	})
}

func TestFlowsAreCheckedBeforeARecordMoves(t *testing.T) {
	with := func(change func(*Env)) Env { env := smallEnv(); change(&env); return env }
	tellsEach(t, map[string]faultCase{
		"clearance": {with(func(e *Env) { e.Clearance = []string{"public", "pii"} }), `connection crm-lake: crm.public.customer: label pii-pseudo is not in the clearance of sink lake [public pii]
  → mask what is pseudonymised of class pii, or clear the sink for pii-pseudo:
    id: hmac (policy.yaml:4: mask.elements.id.internal)
    email: hmac (policy.yaml:4: mask.elements.contact.email)`, []string{CodeClearance}},
		"label": {with(func(e *Env) { e.Clearance = append(e.Clearance, "pii-psuedo") }), `sink lake: unknown label "pii-psuedo" in clearance
  → did you mean "pii-pseudo"?`, []string{CodeLabel}},
		"region": {with(func(e *Env) { e.Region = "SG" }), `sink lake: region SG is not at home under pdpa-th ss.28–29
  → use a sink in TH (pdpa-th); or add to policy.yaml, with one of BCR, SCC, adequacy, exception as mechanism:
    transfers:
      SG: "<mechanism>, <reference>"`, []string{CodeRegion}},
		"region under two laws": {edit(t, with(func(e *Env) { e.Region = "US" }), "[pdpa-th]", "[pdpa-th, gdpr]"), `sink lake: region US is not at home under pdpa-th ss.28–29 or gdpr Arts. 44–49
  → use a sink in TH (pdpa-th), or in EU, EEA, AT, BE, BG, HR, … (gdpr); or add to policy.yaml, with one of BCR, SCC, adequacy, derogation, exception as mechanism:
    transfers:
      US: "<mechanism>, <reference>"`, []string{CodeRegion}},
		"region by its name": {with(func(e *Env) { e.Region = "Thailand" }), `sink lake: region Thailand is not at home under pdpa-th ss.28–29
  → did you mean TH?`, []string{CodeRegion}},
		"region in small letters": {with(func(e *Env) { e.Region = "th" }), `sink lake: region th is not at home under pdpa-th ss.28–29
  → did you mean TH?`, []string{CodeRegion}},
		"no region":               {with(func(e *Env) { e.Region = "" }), "sink lake: personal data goes to a sink that does not say where it is\n  → add region: to the sink, such as region: TH", []string{CodeRegion}},
		"no region, with a place": {with(func(e *Env) { e.Region, e.SinkAt = "", "lethe.yaml:4: sinks.lake" }), "lethe.yaml:4: sinks.lake: personal data goes to a sink that does not say where it is\n  → add region: to the sink, such as region: TH", []string{CodeRegion}},
		"clearance, with a place": {with(func(e *Env) { e.Clearance, e.ConnectionAt = []string{"pii"}, "lethe.yaml:6: connections.crm-lake" }), `lethe.yaml:6: connections.crm-lake: crm.public.customer: label pii-pseudo is not in the clearance of sink lake [pii]
  → mask what is pseudonymised of class pii, or clear the sink for pii-pseudo:
    id: hmac (policy.yaml:4: mask.elements.id.internal)
    email: hmac (policy.yaml:4: mask.elements.contact.email)`, []string{CodeClearance}},
		"a home of another pack": {edit(t, with(func(e *Env) { e.Region = "DE" }), "[pdpa-th]", "[pdpa-th, gdpr]"), "", nil},
		"a transfer":             {add(t, with(func(e *Env) { e.Region = "SG" }), "transfers: {SG: 'SCC, signed 2026-01-10'}\n"), "", nil},
		"a transfer without mechanism": {add(t, with(func(e *Env) { e.Region = "SG" }), "transfers: {SG: we asked}\n"), `policy.yaml:1: transfers.SG: the transfer names no mechanism first
  → begin with one of: BCR SCC adequacy exception`, []string{CodeRegion}},
		"no sink": {with(func(e *Env) { e.Sink, e.Region, e.Clearance = "", "", nil }), "", nil},
		"topic": {with(func(e *Env) { e.Connection = strings.Repeat("x", 200) }), "connection " + strings.Repeat("x", 200) + `: crm.public.customer: topic name has 252 characters, Kafka takes 249
  → shorten the connection's or workspace's name`, []string{CodeTopic}},
	})
}

func TestFaultsOfAllFilesAreToldAtOnceInOrder(t *testing.T) {
	env := edit(t, smallEnv(column("nick", "string")), "contact.email: {hmac: {}}", "contact.email: {hmac: {}}, contact.x: keep")
	env.Elements = []File{{"elements.yaml", []byte("elements: {a.b: {class: pii}}\n")}}
	env.Contracts = append(env.Contracts, File{"broken.yaml", []byte("kind: [")})
	_, err := Compile(env)
	var where []string
	for _, f := range stream.Faults(err) {
		where = append(where, f.Path[:strings.Index(f.Path, ":")])
	}
	if got := strings.Join(where, " "); got != "policy.yaml elements.yaml contracts/crm.public.customer.yaml broken.yaml" {
		t.Errorf("in order %s: %v", got, err)
	}
	var f *stream.Fault
	if !errors.As(err, &f) {
		t.Errorf("%T holds no fault", err)
	}
}
