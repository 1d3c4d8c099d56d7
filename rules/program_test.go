package rules

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"lethe/masking"
	"lethe/rules/schema"
	"lethe/stream"
)

// rules of every height about one field; the higher ones are taken away one by
// one.
func TestTheMostSpecificRuleDecides(t *testing.T) {
	rules := []struct{ text, operator string }{
		{"  fields: {crm.public.customer/email: drop}\n", "drop"},
		{"  elements: {contact.email: redact}\n", "redact"},
		{"  elements: {contact.*: {partial: {keep_last: 2}}}\n", "partial"},
		{"  classes: {pii: \"null\"}\n", "null"},
		{"  fields: {'*/em*': {hmac: {}}, '*/*': redact}\n", "hmac"},
		{"  fields: {'*/*': drop}\n", "drop"},
		{"  default: {hmac: {}}\n", "hmac"},
	}
	for from := range rules {
		sections := map[string][]string{}
		for _, r := range rules[from:] {
			name, body, _ := strings.Cut(strings.TrimSpace(r.text), ": ")
			body = strings.TrimSuffix(strings.TrimPrefix(body, "{"), "}")
			if name == "default" {
				body += "}"
				sections[name] = []string{"{" + body}
				continue
			}
			sections[name] = append(sections[name], body)
		}
		policy := "packs: []\nsubjects: {crm.public.customer: none}\nmask:\n"
		for _, name := range []string{"fields", "elements", "classes"} {
			if s := sections[name]; len(s) > 0 {
				// One pattern may be in two of the rules: the first stands.
				if name == "fields" && slices.ContainsFunc(s, func(x string) bool { return strings.HasPrefix(x, "'*/em*'") }) {
					s = slices.DeleteFunc(s, func(x string) bool { return strings.HasPrefix(x, "'*/*'") })
				}
				policy += "  " + name + ": {" + strings.Join(s, ", ") + "}\n"
			}
		}
		policy += "  default: " + sections["default"][0] + "\n"
		env := smallEnv()
		env.Sink = ""
		env.Policy.Data = []byte(policy)
		env.Contracts = []File{contract("crm.public.customer", nil, column("email", "string?", "element=contact.email"))}
		p, err := Compile(env)
		if err != nil {
			t.Fatalf("%s\n%v", policy, err)
		}
		d, ok := explain(p, "crm.public.customer/email")
		if !ok || d.Operator != rules[from].operator {
			t.Errorf("%s decides %s, want %s\n%s", policy, d.Operator, rules[from].operator, strings.Join(d.Because, "\n"))
		}
	}
}

func TestL1WithoutAnyRuleEverythingIsRedacted(t *testing.T) {
	env := smallEnv(column("orders", "json?", "element=text"))
	env.Policy.Data = []byte("packs: []\nsubjects: {crm.public.customer: {key: email}}\n")
	env.Contracts = []File{contract("crm.public.customer", nil, column("email", "string?", "element=contact.email"), column("at", "timestamptz", "class=public"))}
	p := compile(t, env)
	for _, d := range p.Streams[0].Decisions {
		if d.Operator != "redact" || d.Where != "policy.yaml" {
			t.Errorf("%s: %s at %s", d.Path, d.Operator, d.Where)
		}
	}
	if p.Streams[0].Label != "internal" {
		t.Errorf("label %s of a stream without fields", p.Streams[0].Label)
	}
}

func TestAPathThatOnlyThePolicyNamesIsToldApart(t *testing.T) {
	for _, d := range compile(t, shopEnv()).Streams[0].Decisions {
		if d.Unlisted != (d.Path == "profile.phones[].number") {
			t.Errorf("%s: unlisted %t", d.Path, d.Unlisted)
		}
	}
}

func TestL1AStreamWithoutColumnsIsAProgram(t *testing.T) {
	env := smallEnv()
	empty := schema.New(stream.Schema{Stream: "crm.public.empty"})
	env.Contracts = append(env.Contracts, File{"empty.yaml", schema.Write(empty)})
	env = edit(t, env, "{key: id}}", "{key: id}, crm.public.empty: none}")
	s, ok := compile(t, env).Stream("crm.public.empty")
	if !ok || s.Label != stream.Internal.Label() || len(s.Plan.Fields) != 0 {
		t.Errorf("%t %+v", ok, s)
	}
	if _, err := masking.Compile(s.Plan, keys{}); err != nil {
		t.Error(err)
	}
}

func TestL6ARevisionIsWhatDecidesAndNothingElse(t *testing.T) {
	base := compile(t, shopEnv()).Revision
	same := func(what string, env Env) {
		t.Helper()
		if got := compile(t, env).Revision; got != base {
			t.Errorf("%s changes the revision", what)
		}
	}
	other := func(what string, env Env) {
		t.Helper()
		if got := compile(t, env).Revision; got == base {
			t.Errorf("%s does not change the revision", what)
		}
	}
	if len(base) != 64 {
		t.Errorf("revision %q", base)
	}
	same("compiling again", shopEnv())
	env := shopEnv()
	env.Policy.Data = append([]byte("# a comment\n"), env.Policy.Data...)
	same("a comment", env)
	same("a more specific rule that says the same", edit(t, shopEnv(), "commerce.*: keep", "commerce.*: keep\n    commerce.amount: keep"))
	env = shopEnv()
	slices.Reverse(env.Contracts)
	same("the order of contracts", env)
	env = shopEnv()
	env.Clearance = append(env.Clearance, "pii")
	same("a wider clearance", env)
	other("an operator", edit(t, shopEnv(), "text: null", "text: drop"))
	other("a parameter", edit(t, shopEnv(), "keep_last: 3", "keep_last: 4"))
	other("a pack", edit(t, shopEnv(), "[pdpa-th, gdpr]", "[pdpa-th]"))
	other("a subject", edit(t, shopEnv(), "{key: customer_id}", "none"))
	env = shopEnv()
	env.Purpose = "legal"
	other("the purpose", env)
	env = shopEnv()
	env.Contracts[1].Data = bytes.Replace(env.Contracts[1].Data, []byte("required: true\n        classification"), []byte("classification"), 1)
	env.Contracts[1].Data = bytes.Replace(env.Contracts[1].Data, []byte("- name: amount\n        logicalType: number\n        required: true"), []byte("- name: amount\n        logicalType: number"), 1)
	other("a nullable column", env)
}

type keys struct{}

func (keys) Epoch() string { return "1" }

func (keys) Secret(name string) ([]byte, error) { h := sha256.Sum256([]byte(name)); return h[:], nil }

func (k keys) EpochSecret(name string) ([]byte, error) { return k.Secret(name) }

func TestL1APlanIsWhatMaskingTakes(t *testing.T) {
	for _, s := range compile(t, shopEnv()).Streams {
		if _, err := masking.Compile(s.Plan, keys{}); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
}

func TestThePolicyOfTheReadmeCompiles(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(readme), "```yaml\n")
	text, _, _ = strings.Cut(text, "```")
	env := shopEnv()
	env.Policy.Data = []byte(text)
	p := compile(t, env)
	if d, _ := explain(p, "crm.public.customer/email"); d.Operator != "hmac" {
		t.Errorf("email: %s", d.Operator)
	}
}

func TestKeywordsOfAContractReachThePlan(t *testing.T) {
	env := smallEnv()
	env.Contracts[0].Data = bytes.Replace(env.Contracts[0].Data, []byte("- name: email\n        logicalType: string\n"), []byte("- name: email\n        logicalType: string\n        logicalTypeOptions: {maxLength: 8}\n"), 1)
	p := compile(t, env)
	w, err := masking.Compile(p.Streams[0].Plan, keys{})
	if err != nil {
		t.Fatal(err)
	}
	var no *stream.Rejection
	err = w.Process(&stream.Record{Value: []byte(`{"after":{"email":"a@example.org"},"op":"c"}`)}, &stream.Masked{})
	if !errors.As(err, &no) || no.Reason != "schema.maxLength" || no.Field != "email" {
		t.Errorf("rejection %v", err)
	}
	if p.Revision == compile(t, smallEnv()).Revision {
		t.Error("a keyword does not change the revision")
	}
	if got := compile(t, smallEnv()).Streams[0].Plan.Schema; got != nil {
		t.Errorf("a schema without keywords: %v", got)
	}
}

// suggested makes contracts as discover does, of what the names say.
func suggested(key map[string][]string, tables map[string][]string) []schema.Contract {
	var all []schema.Contract
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for n := range tables {
			if !yield(n) {
				return
			}
		}
	}) {
		s := stream.Schema{Stream: name, Key: key[name]}
		for _, c := range tables[name] {
			n, typ, _ := strings.Cut(c, ":")
			s.Fields = append(s.Fields, column(n, typ).Field)
		}
		c := schema.New(s)
		for i, col := range c.Columns {
			if sg, ok := suggest(s)[col.Name]; ok {
				c.Columns[i].Element = sg.Element
				c.Columns[i].Evidence = []schema.Evidence{{Element: sg.Element, Why: sg.Evidence}}
			}
		}
		all = append(all, c)
	}
	return all
}

func chinook() []schema.Contract {
	return suggested(map[string][]string{
		"chinook.public.customer": {"customer_id"}, "chinook.public.employee": {"employee_id"}, "chinook.public.invoice": {"invoice_id"},
		"chinook.public.track": {"track_id"}, "chinook.public.playlist_track": {"playlist_id", "track_id"},
	}, map[string][]string{
		"chinook.public.customer": {"customer_id:int32", "first_name:string", "last_name:string", "company:string?", "address:string?", "city:string?",
			"state:string?", "country:string?", "postal_code:string?", "phone:string?", "fax:string?", "email:string", "support_rep_id:int32?"},
		"chinook.public.employee": {"employee_id:int32", "last_name:string", "first_name:string", "title:string?", "reports_to:int32?", "birth_date:timestamp?",
			"hire_date:timestamp?", "address:string?", "email:string?"},
		"chinook.public.invoice": {"invoice_id:int32", "customer_id:int32", "invoice_date:timestamp", "billing_address:string?", "billing_city:string?",
			"billing_postal_code:string?", "total:decimal(10,2)"},
		"chinook.public.track":          {"track_id:int32", "name:string", "album_id:int32?", "composer:string?", "milliseconds:int32", "bytes:int32?", "unit_price:decimal(10,2)"},
		"chinook.public.playlist_track": {"playlist_id:int32", "track_id:int32"},
	})
}

func TestAStarterPolicyHoldsOnceWhatIsUnsaidIsSaid(t *testing.T) {
	contracts := chinook()
	starter := Starter(contracts)
	golden(t, "testdata/starter.golden", string(starter))
	env := shopEnv()
	env.Source, env.Connection, env.Policy.Data, env.Contracts = "chinook", "chinook-lake", starter, nil
	for _, c := range contracts {
		env.Contracts = append(env.Contracts, File{c.Stream + ".yaml", schema.Write(c)})
	}
	_, err := Compile(env)
	var unsaid []string
	for _, f := range stream.Faults(err) {
		if f.Code != CodeUnclassified {
			t.Errorf("%v", f)
		}
		unsaid = append(unsaid, f.Path[strings.Index(f.Path, "(")+1:len(f.Path)-1])
	}
	if got := strings.Join(unsaid, " "); got != "name composer milliseconds bytes" {
		t.Errorf("unclassified: %s", got)
	}
	env.Policy.Data = bytes.Replace(starter, []byte("# default"), []byte("default"), 1)
	p := compile(t, env)
	if s, ok := p.Stream("chinook.public.invoice"); !ok || s.Plan.Subject.Column != "customer_id" || s.Label != "pii-pseudo" {
		t.Errorf("invoice: %+v", s)
	}
	if s, ok := p.Stream("chinook.public.track"); !ok || s.Label != "internal" || s.Class != stream.Internal {
		t.Errorf("track: class %s, label %s", s.Class, s.Label)
	}
	if _, ok := p.Stream("chinook.public.none"); ok {
		t.Error("a stream that is not there was found")
	}
}

func TestAStarterPolicyOfAwkwardNamesIsYAML(t *testing.T) {
	c := schema.New(stream.Schema{Stream: "src.My Schema.a: b", Key: []string{"no"}, Fields: []stream.Field{column("no", "string").Field, column("mails", "array<string>").Field}})
	c.Columns[0].Element, c.Columns[1].Element = "person.name", "contact.email"
	// Whose data it is has to be decided: the lines for it stand there as comments, each right without its #.
	text := strings.NewReplacer("#subjects:", "subjects:", `#  "src`, `  "src`).Replace(string(Starter([]schema.Contract{c}, "gdpr")))
	env := Env{Policy: File{"policy.yaml", []byte(text)}, Contracts: []File{{"c.yaml", schema.Write(c)}}, Source: "src", Connection: "c", Workspace: "w"}
	p := compile(t, env)
	if d, _ := explain(p, "src.My Schema.a: b/no"); d.Operator != "hmac" {
		t.Errorf("key %s", d.Operator)
	}
}

func FuzzPolicy(f *testing.F) {
	f.Add([]byte(shopPolicy))
	f.Add([]byte(small))
	f.Add([]byte("packs: []\nmask: {default: keep, fields: {'*/*': {hmac: }}}\ndeclared: {'*/*': {reason: x}}"))
	contracts := shopContracts()
	f.Fuzz(func(t *testing.T, data []byte) {
		env := shopEnv()
		env.Policy.Data, env.Contracts = data, contracts
		p, err := Compile(env)
		if (p == nil) != (err != nil) {
			t.Fatal("a program beside an error, or neither")
		}
		for _, fault := range stream.Faults(err) {
			var x *stream.Fault
			if !errors.As(error(fault), &x) || fault.Code == "fault" || fault.Path == "" {
				t.Fatalf("not a fault with a code and place: %v", fault)
			}
		}
		if p == nil {
			return
		}
		for _, s := range p.Streams {
			if _, err := masking.Compile(s.Plan, keys{}); err != nil {
				t.Fatalf("masking refuses the plan: %v", err)
			}
			for _, d := range s.Decisions {
				// L1: special data is never shown, whatever a policy says; without
				// a pack the policy's own word holds.
				if d.Class == stream.Special && d.Label != labelRemoved && len(p.Packs) > 0 {
					t.Fatalf("%s: %s", d.Path, d.Operator)
				}
			}
		}
	})
}
