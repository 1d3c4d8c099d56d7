package rules

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"lethe/rules/schema"
	"lethe/stream"
)

var update = flag.Bool("update", false, "write golden files again")

// shop is a folder with a customer and an order table, as lethe discover and a
// careful person would write it.
const shopPolicy = `packs: [pdpa-th, gdpr]
elements:
  crm.public.customer/profile.phones[].number: contact.phone
  "*/national_id": id.th.national
subjects:
  crm.public.customer: {key: id}
  crm.public.order: {key: customer_id}
mask:
  fields:
    crm.public.order/gift_note: drop
    "crm.public.*/*_at": keep
  elements:
    contact.*: {hmac: {}}
    contact.phone: {partial: {keep_last: 3}}
    id.internal: {hmac: {encoding: base64url}}
    id.record: keep
    commerce.*: keep
    "id.th.*": redact
    text: null
    time.event: keep
  classes: {public: keep, special: drop}
declared:
  crm.public.order/coupon:
    reason: campaign codes are printed on posters
    class: public
  crm.public.*/updated_at: {reason: when a row was touched says nothing of a person}
`

func column(name, typ string, more ...string) schema.Column {
	t, err := stream.ParseType(strings.TrimSuffix(typ, "?"))
	if err != nil {
		panic(err)
	}
	c := schema.Column{Field: stream.Field{Name: name, Type: t, Nullable: strings.HasSuffix(typ, "?")}}
	for _, m := range more {
		switch k, v, _ := strings.Cut(m, "="); k {
		case "element":
			c.Element = v
		case "class":
			c.Class = stream.Class(v)
		case "evidence":
			e, why, _ := strings.Cut(v, ": ")
			c.Evidence = append(c.Evidence, schema.Evidence{Element: e, Why: why})
		}
	}
	return c
}

func contract(name string, key []string, cols ...schema.Column) File {
	c := schema.Contract{Stream: name, Key: key, Columns: cols}
	return File{Name: "contracts/" + name + ".yaml", Data: schema.Write(c)}
}

func shopContracts() []File {
	return []File{
		contract("crm.public.customer", []string{"id"},
			column("id", "int64", "element=id.internal"),
			column("email", "string?", "element=contact.email", "evidence=contact.email: column name \"email\""),
			column("national_id", "string?"),
			column("religion", "string?", "element=belief.religion"),
			column("notes", "string?", "element=text"),
			column("profile", "json?"),
			column("tier", "string", "class=internal"),
			column("updated_at", "timestamptz", "class=internal")),
		contract("crm.public.order", []string{"id"},
			column("id", "int64", "element=id.record"),
			column("customer_id", "int64", "element=id.internal"),
			column("amount", "decimal(10,2)", "element=commerce.amount"),
			column("gift_note", "string?"),
			column("coupon", "string?", "class=public"),
			column("created_at", "timestamptz?", "element=time.event")),
		contract("erp.public.staff", []string{"id"}, column("id", "int64")),
	}
}

func shopEnv() Env {
	return Env{
		Policy:    File{"policy.yaml", []byte(shopPolicy)},
		Contracts: shopContracts(),
		Workspace: "shop", Source: "crm", Connection: "crm-lake", Purpose: "analytics",
		Sink: "lake", Region: "TH", Clearance: []string{"public", "internal", "pii-pseudo"},
	}
}

func compile(t *testing.T, env Env) *Program {
	t.Helper()
	p, err := Compile(env)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestL1EveryFieldOfAShopIsDecidedAndExplained holds every decision, with all of
// its reasons, against a golden file.
func TestL1EveryFieldOfAShopIsDecidedAndExplained(t *testing.T) {
	p := compile(t, shopEnv())
	var b strings.Builder
	for _, s := range p.Streams {
		fmt.Fprintf(&b, "%s class %s label %s subject %q topic %s\n", s.Name, s.Class, s.Label, s.Plan.Subject.Column, s.Topic)
		for _, f := range s.Rows.Fields {
			null := ""
			if f.Nullable {
				null = " null"
			}
			fmt.Fprintf(&b, "  row %s %s%s\n", f.Name, f.Type, null)
		}
		for i, d := range s.Decisions {
			f := s.Plan.Fields[i]
			fmt.Fprintf(&b, "\n  %s/%s: %s %v, %s\n", d.Stream, d.Path, d.Operator, d.Params, d.Label)
			fmt.Fprintf(&b, "    plan domain=%q normal=%q special=%v type=%s nullable=%v required=%v\n", f.Domain, f.Normal, f.Special, f.Type, f.Nullable, f.Required)
			for _, why := range d.Because {
				fmt.Fprintf(&b, "    - %s\n", why)
			}
		}
		b.WriteString("\n")
	}
	golden(t, "testdata/shop.golden", b.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; go test -update writes it again. got\n%s", name, got)
	}
}

// explain is the decision about a field of a program: <stream>/<path>.
func explain(p *Program, field string) (Decision, bool) {
	for i := range p.Streams {
		if path, ok := strings.CutPrefix(field, p.Streams[i].Name+"/"); ok {
			return p.Streams[i].Decision(path)
		}
	}
	return Decision{}, false
}
