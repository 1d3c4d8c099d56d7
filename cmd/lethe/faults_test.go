package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"lethe/stream"
)

// everyFault is a folder with a fault of each kind that a person can write.
const everyFault = `
-- lethe.yaml --
workspace: shop
kafak: embedded
partitions: many
metrics: here
sources:
  crm: {connector: postgres, url: "${CRM_URL}", streams: ["public.*"], heartbeet: 3s}
  till: {connector: sqlite, path: till.db, poll: often}
  slow: {connector: sqlite, path: till.db, chunk_rows: 90000000}
  web: {connector: sqllite, path: x}
sinks:
  lake: {connector: parquet, url: ./lake, region: US, clearance: [public, internal]}
connections:
  till-lake: {from: till, to: lake, purpose: analytics}
  bare-lake: {from: till, to: lake, purpose: analytics, policy: bare.yaml}
  lost-lake: {from: tall, to: lake, purpose: analytics}
  crm-lake: {from: crm, to: lake, purpose: analytics}
  good-lake: {from: till, to: lake, purpose: analytics, policy: good.yaml}
  late-lake: {from: till, to: lake, purpose: analytics, policy: later.yaml}
-- policy.yaml --
packs: [pdpa-th, gdpr, pdpa-hm]
packs: [gdpr]
subject: {till.main.customer: {key: id}}
elements:
  till.main.customer/emial: contact.email
  till.main.custmer/email: contact.email
  till.main.customer/phone: contact.fone
subjects: {till.main.customer: {key: nr}}
filter: {till.main.customer: 'true'}
mask:
  fields: {till.main.customer/note: reduct, till.main.customer/name: shuffle, till.main.order/total: {partial: {keep: 3}}}
  elements: {contact.email: keep, person.gender: {hmac: {}}, id.internal: redact, belief.religion: redact}
  classes: {pi: redact}
-- bare.yaml --
mask: {default: keep
-- good.yaml --
packs: [pdpa-th]
subjects: {till.main.customer: {key: id}, till.main.order: none, till.main.parish: none}
elements: {till.main.customer/name: contact.phone, '*/ph*': contact.phone, '*/*ne': contact.email}
mask: {elements: {id.internal: {hmac: {}}, id.record: keep, contact.email: {hmac: {}}, commerce.amount: keep}, default: redact}
declared: {till.main.order/total: {reason: ''}, till.main.order/owner: {reason: known, by: ann}}
-- elements.yaml --
elements:
  id.member: {class: secret, log2: 30}
  id.card: {class: pii, log2: 30, mask: hmca}
-- contracts/till.main.customer.odcs.yaml --
apiVersion: v3.1.0
kind: DataContract
id: till.main.customer
version: 1.0.0
status: draft
schema:
  - name: till.main.customer
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true, customProperties: [{property: letheElement, value: id.internal}]}
      - {name: email, logicalType: string, customProperties: [{property: letheElement, value: contact.email}]}
      - {name: phone, logicalType: string}
      - {name: note, logicalType: string}
      - {name: name, logicalType: string, customProperties: [{property: letheElement, value: person.name}]}
      - {name: sex, logicalType: string, customProperties: [{property: letheElement, value: person.gender}]}
      - {name: faith, logicalType: string, customProperties: [{property: letheElement, value: belief.religion}]}
      - {name: shoe, logicalType: number, logicalTypeOptions: {minimum: small}}
      - {name: hat, logicalType: txt}
      - {name: hobby, logicalType: string}
-- contracts/till.main.order.odcs.yaml --
apiVersion: v3.1.0
kind: DataContract
id: till.main.order
version: 1.0.0
status: draft
schema:
  - name: till.main.order
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true, customProperties: [{property: letheElement, value: id.record}]}
      - {name: owner, logicalType: string, customProperties: [{property: letheElement, value: person.name}]}
      - {name: total, logicalType: number, customProperties: [{property: letheElement, value: comerce.amount}]}
-- contracts/till.main.parish.odcs.yaml --
apiVersion: v3.1.0
kind: DataContract
id: till.main.parish
version: 1.0.0
status: draft
schema:
  - name: till.main.parish
    properties:
      - {name: faith, logicalType: string, required: true, primaryKey: true, customProperties: [{property: letheElement, value: belief.religion}]}
`

func TestCheckTellsEveryKindOfFaultAtOnceWithLineAndHint(t *testing.T) {
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(everyFault)).Files {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	code := dispatch(context.Background(), console{out: &out, err: &errs, env: func(string) (string, bool) { return "", false }}, []string{"check", "--json", dir})
	var told struct {
		Faults []struct{ Code, Path, Msg, Hint string }
	}
	if err := json.Unmarshal(out.Bytes(), &told); err != nil || code != stream.ExitInput || !strings.HasPrefix(errs.String(), "warning: run would not start: there is no keyring") {
		t.Fatalf("exit %d, %v\n%s%s", code, err, out.Bytes(), errs.Bytes())
	}
	placed := regexp.MustCompile(`^([a-z./]+\.yaml):[1-9][0-9]*(:|$)`)
	got := map[string]bool{}
	for _, f := range told.Faults {
		rel := strings.TrimPrefix(f.Path, dir+"/")
		got[f.Code+" "+rel] = true
		if !placed.MatchString(rel) || f.Hint == "" {
			t.Errorf("no line or no hint: %s %s: %s → %q", f.Code, rel, f.Msg, f.Hint)
		}
	}
	const c, o = "contracts/till.main.customer.odcs.yaml", "contracts/till.main.order.odcs.yaml"
	for _, want := range []string{
		"file.unknown_key lethe.yaml:2: kafak",
		"file.type lethe.yaml:3: partitions",
		"config.metrics lethe.yaml:4: metrics",
		"file.variable lethe.yaml:6: sources.crm.url",
		"file.unknown_key lethe.yaml:6: sources.crm.heartbeet",
		"file.type lethe.yaml:7: sources.till.poll",
		"sqlite.option lethe.yaml:8: sources.slow.chunk_rows",
		"config.no_connector lethe.yaml:9: sources.web.connector",
		"config.no_source lethe.yaml:15: connections.lost-lake.from",
		"config.no_policy lethe.yaml:18: connections.late-lake.policy",
		"rules.region lethe.yaml:11: sinks.lake",
		"rules.clearance lethe.yaml:17: connections.good-lake: till.main.customer",
		"rules.unknown_pack policy.yaml:1: packs[2]",
		"file.duplicate_key policy.yaml:2: packs",
		"file.unknown_key policy.yaml:3: subject",
		"rules.unknown_field policy.yaml:5: elements.till.main.customer/emial",
		"rules.unknown_stream policy.yaml:6: elements.till.main.custmer/email",
		"rules.unknown_element policy.yaml:7: elements.till.main.customer/phone",
		"rules.unknown_field policy.yaml:8: subjects.till.main.customer.key",
		"rules.no_subject policy.yaml:8: subjects",
		"rules.not_in_this_build policy.yaml:9: filter",
		"rules.unknown_operator policy.yaml:11: mask.fields.till.main.customer/note",
		"rules.unknown_operator policy.yaml:11: mask.fields.till.main.customer/name",
		"rules.params policy.yaml:11: mask.fields.till.main.order/total",
		"rules.weaker_than_pack policy.yaml:12: mask.elements.contact.email",
		"rules.domain policy.yaml:12: mask.elements.person.gender",
		"rules.key_operator policy.yaml:12: mask.elements.id.internal",
		"rules.class policy.yaml:13: mask.classes.pi",
		"rules.packs_disagree policy.yaml:12: mask.elements.belief.religion",
		"rules.no_contract lethe.yaml:6: sources.crm",
		"rules.element_conflict good.yaml:3: elements.till.main.customer/name",
		"rules.ambiguous good.yaml:3: elements.*/*ne",
		"file.syntax bare.yaml:1",
		"rules.class elements.yaml:2: elements.id.member.class",
		"rules.unknown_operator elements.yaml:3: elements.id.card.mask",
		"rules.unclassified " + c + ":18: schema[0].properties[9] (hobby)",
		"contract.invalid " + c + ":16: schema[0].properties[7].logicalTypeOptions.minimum",
		"contract.invalid " + c + ":17: schema[0].properties[8].logicalType",
		"rules.unknown_element " + o + ":11: schema[0].properties[2] (total)",
	} {
		if !got[want] {
			t.Errorf("not told: %s", want)
		}
	}
	if t.Failed() {
		t.Logf("%s", out.Bytes())
	}
}
