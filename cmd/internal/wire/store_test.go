package wire

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"lethe/masking/keyring/file"
	"lethe/rules"
	"lethe/rules/schema"
	"lethe/stream"
	"lethe/stream/broker"
	"lethe/stream/kafka"
)

// program is a policy about one table, with the operator for its mail address.
func program(t *testing.T, operator string) *rules.Program {
	t.Helper()
	return programIn(t, operator, "", nil)
}

func programIn(t *testing.T, operator, epoch string, generations map[string]int) *rules.Program {
	t.Helper()
	c := schema.New(stream.Schema{Stream: "crm.public.customer", Key: []string{"id"}, Fields: []stream.Field{
		{Name: "id", Type: stream.Type{Base: stream.Int, Bits: 64}}, {Name: "email", Type: stream.Type{Base: stream.String}, Nullable: true}}})
	c.Columns[0].Element, c.Columns[1].Element = "id.internal", "contact.email"
	p, err := rules.Compile(rules.Env{Workspace: "shop", Source: "crm", Connection: "crm-lake", Purpose: "analytics", Epoch: epoch, Generations: generations,
		Contracts: []rules.File{{Name: "customer.odcs.yaml", Data: schema.Write(c)}},
		Policy: rules.File{Name: "policy.yaml", Data: []byte("packs: []\nsubjects: {crm.public.customer: {key: id}}\nmask: {elements: {id.internal: {hmac: {}}, contact.email: " +
			operator + "}}\n")}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestL1L6EveryMachineFindsWhatARevisionDoesAndNoOtherThing(t *testing.T) {
	ctx := context.Background()
	log := slog.New(slog.DiscardHandler)
	b, err := broker.Start(ctx, broker.Config{Dir: t.TempDir(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	cluster := kafka.Cluster{Brokers: b.Addrs(), Log: log}
	topic := stream.Topics{Workspace: "shop"}.Revisions()
	if err := cluster.EnsureTopics(ctx, []kafka.Topic{{Name: topic, Partitions: 1, Compact: true}}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir() + "/keys"
	if err := file.Create(dir); err != nil {
		t.Fatal(err)
	}
	machine := func() *revisionStore {
		t.Helper()
		keys, err := file.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		s, err := newRevisionStore(cluster, topic, keys)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	refused := func(what, code string, id string) {
		t.Helper()
		r, err := machine().find(ctx, id)
		var f *stream.Fault
		if r != nil || !errors.As(err, &f) || f.Code != code || f.Hint == "" || f.Exit != stream.ExitEnvironment {
			t.Errorf("%s: %v, %v", what, r != nil, err)
		}
	}

	a, other := machine(), machine()
	was, weaker := program(t, "{hmac: {}}"), program(t, "{partial: {keep_last: 3}}")
	refused("a revision that nobody kept", "run.unknown_revision", was.Revision)
	if has, err := other.has(ctx, was.Revision); has || err != nil {
		t.Fatal(has, err)
	}
	if err := a.add(ctx, was.Revision, was.Kept); err != nil {
		t.Fatal(err)
	}
	// Records name a revision by its first characters.
	if r, err := other.find(ctx, was.Revision[:16]); err != nil || r.ID != was.Revision {
		t.Fatalf("the other machine finds %v, %v", r, err)
	}
	refused("too few characters", "run.unknown_revision", was.Revision[:8])
	refused("no characters", "run.unknown_revision", "")

	// L7: columns are not named outside of the seal.
	for _, sealed := range other.plans {
		if strings.Contains(string(sealed), "customer") || strings.Contains(string(sealed), "email") {
			t.Error("the topic names columns")
		}
	}

	// Who writes into the topic cannot make workers mask otherwise.
	put := func(value []byte) {
		t.Helper()
		if err := cluster.Put(ctx, topic, []byte(was.Revision), value); err != nil {
			t.Fatal(err)
		}
	}
	sealed := append([]byte(nil), other.plans[was.Revision]...)
	sealed[len(sealed)/2] ^= 1
	put(sealed)
	refused("a plan with a flipped bit", "run.revision_unreadable", was.Revision)
	put(a.seal.Seal(a.zip.EncodeAll(weaker.Kept, nil)))
	refused("another revision's plan", rules.CodeDamaged, was.Revision)
	strange, err := newRevisionStore(cluster, topic, strangeKeys{})
	if err != nil {
		t.Fatal(err)
	}
	put(strange.seal.Seal(strange.zip.EncodeAll(was.Kept, nil)))
	refused("a plan under another key", "run.revision_unreadable", was.Revision)
}

// strangeKeys are another workspace's.
type strangeKeys struct{ stream.Keyring }

func (strangeKeys) Secret(name string) ([]byte, error) {
	h := sha256.Sum256([]byte(name))
	return h[:], nil
}
