package main

import (
	"context"
	"fmt"

	"lethe/connectors"
	"lethe/masking"
	"lethe/rules"
	"lethe/rules/schema"
	"lethe/stream"
)

// Names of the folder that a user would have written.
const (
	source     = "shop"
	connection = "shop-lake"
	table      = source + ".public.customer"
)

// policy is what a user would have written. detecting makes the rules as many as
// those of bench/mask: three columns hashed, four redacted and the notes looked through.
func policy(detecting bool) []byte {
	phone, text := "{partial: {keep_last: 3}}", "redact"
	if detecting {
		phone, text = "{hmac: {}}", "{detect: {names: false}}"
	}
	return []byte(`packs: [pdpa-th, gdpr]
subjects:
  ` + table + `: {key: id}
mask:
  elements:
    id.internal: {hmac: {}}
    contact.email: {hmac: {}}
    contact.phone: ` + phone + `
    person.name: redact
    text: ` + text + `
    address.city: keep
    address.country: keep
    commerce.amount: keep
    time.event: keep
  default: redact
`)
}

// elements say what the columns are about, as a contract would.
func elements() map[string]string {
	return map[string]string{"id": "id.internal", "first_name": "person.name", "last_name": "person.name", "email": "contact.email",
		"phone": "contact.phone", "address": "address.street", "city": "address.city", "country": "address.country",
		"birth_date": "person.birth_date", "amount": "commerce.amount", "created_at": "time.event", "updated_at": "time.event", "notes": "text"}
}

// compile discovers the table and compiles the policy for it.
func compile(ctx context.Context, src stream.Source, policy []byte, workspace string) (*rules.Program, error) {
	found, err := src.Discover(ctx)
	if err != nil {
		return nil, err
	}
	if len(found) != 1 || found[0].Stream != table || len(found[0].Fields) != columns {
		return nil, fmt.Errorf("discover: %d streams, want %s of %d columns", len(found), table, columns)
	}
	contract := schema.New(found[0])
	about := elements()
	for i := range contract.Columns {
		contract.Columns[i].Element = about[contract.Columns[i].Name]
	}
	return rules.Compile(rules.Env{
		Policy:    rules.File{Name: "policy.yaml", Data: policy},
		Contracts: []rules.File{{Name: table + ".odcs.yaml", Data: schema.Write(contract)}},
		Workspace: workspace, Source: source, Connection: connection, Purpose: "analytics",
		Sink: "lake", Region: "TH", Clearance: []string{"public", "internal", "financial", "pii-pseudo"},
	})
}

// revision is the compiled policy as the stages use it.
type revision struct {
	id     string
	keys   string // epoch
	stream rules.Stream
	master *masking.Rewriter
}

func newRevision(p *rules.Program, keys masking.Keyring) (*revision, error) {
	r := &revision{id: p.Revision, keys: keys.Epoch(), stream: p.Streams[0]}
	var err error
	if r.master, err = masking.Compile(r.stream.Plan, keys); err != nil {
		return nil, fmt.Errorf("stream %s: %w", r.stream.Name, err)
	}
	return r, nil
}

// ID implements stream.Revision.
func (r *revision) ID() string { return r.id }

// Keys implements stream.Revision.
func (r *revision) Keys() string { return r.keys }

// Route implements stream.Revision.
func (r *revision) Route(name string) (stream.Route, bool) {
	return stream.Route{Topic: r.stream.Topic,
		NewProcessor: func() (stream.Processor, error) { return r.master.Clone(), nil }}, name == table
}

// filled is a connector's configuration: what is set, and the defaults.
func filled(options []connectors.Option, set connectors.Config) connectors.Config {
	for _, o := range options {
		if _, ok := set[o.Name]; !ok && o.Default != nil {
			set[o.Name] = o.Default
		}
	}
	return set
}
