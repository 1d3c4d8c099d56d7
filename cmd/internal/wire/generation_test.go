package wire

import (
	"testing"

	"lethe/masking/keyring/file"
	"lethe/rules"
	"lethe/stream"
)

// maskedKey is what a revision makes of a row's key.
func maskedKey(t *testing.T, r *revision) string {
	t.Helper()
	route, ok := r.Route("crm.public.customer")
	if !ok {
		t.Fatal("no route")
	}
	p, err := route.NewProcessor()
	if err != nil {
		t.Fatal(err)
	}
	var out stream.Masked
	if err := p.Process(&stream.Record{Stream: "crm.public.customer", Key: []byte(`{"id":7}`), Value: []byte(`{"before":{"id":7},"after":null,"op":"d"}`)}, &out); err != nil {
		t.Fatal(err)
	}
	p.Finish()
	return string(out.Key)
}

func TestL6AnOldRevisionMasksInTheEpochThatItWasMadeIn(t *testing.T) {
	dir := t.TempDir() + "/keys"
	if err := file.Create(dir); err != nil {
		t.Fatal(err)
	}
	machine := func() *Workspace {
		t.Helper()
		keys, err := file.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		return &Workspace{keys: keys, ring: ring{keys, nil}}
	}
	revisionOn := func(w *Workspace, p *rules.Program) *revision {
		t.Helper()
		kept, err := rules.Restore(p.Revision, p.Kept)
		if err != nil {
			t.Fatal(err)
		}
		r, err := w.newRevision(kept)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	before := machine()
	first := programIn(t, "{hmac: {}}", "", nil)
	was := maskedKey(t, revisionOn(before, first))
	epoch, err := before.keys.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	second := programIn(t, "{hmac: {}}", epoch.Name, map[string]int{"crm.public.customer": 2})
	after := machine()
	if now := maskedKey(t, revisionOn(after, first)); now != was {
		t.Errorf("after the rotation the first revision gives %s, and gave %s", now, was)
	}
	is := maskedKey(t, revisionOn(after, second))
	if is == was {
		t.Error("the second epoch masks as the first")
	}
	// A machine that runs since before the rotation meets the new revision.
	r := revisionOn(before, second)
	if got := maskedKey(t, r); got != is || r.Keys() != epoch.Name || revisionOn(after, first).Keys() != "1" {
		t.Errorf("it gives %s under %s, the other %s", got, r.Keys(), is)
	}
	if first.Revision != programIn(t, "{hmac: {}}", "1", map[string]int{"crm.public.customer": 1}).Revision {
		t.Error("the first epoch and generation have another revision where they are named")
	}
}

func TestWhatMakesANewGenerationAndWhatDoesNot(t *testing.T) {
	kept := func(p *rules.Program) rules.Stream {
		t.Helper()
		r, err := rules.Restore(p.Revision, p.Kept)
		if err != nil {
			t.Fatal(err)
		}
		return r.Streams[0]
	}
	stands := kept(program(t, "{hmac: {}}"))
	same := kept(program(t, "{hmac: {}}"))
	label, key, clear := kept(program(t, "{hmac: {}}")), kept(program(t, "{hmac: {}}")), kept(program(t, "{hmac: {}}"))
	label.Label = "pii"
	key.Plan.Key = []string{"email"}
	clear.Plan.Fields[0].Operator = "keep"
	for name, c := range map[string]struct {
		now     rules.Stream
		rotated bool
		remade  bool
	}{
		"nothing":                             {same, false, false},
		"another field":                       {kept(program(t, "{partial: {keep_last: 3}}")), false, false},
		"the label":                           {label, false, true},
		"the columns of the key":              {key, false, true},
		"how the key is masked":               {clear, false, true},
		"the epoch, with a key under it":      {same, true, true},
		"the epoch, with a key that is clear": {clear, true, true},
	} {
		if why := remade(stands, c.now, c.rotated); (why != "") != c.remade {
			t.Errorf("%s: %q", name, why)
		}
	}
	if why := remade(clear, clear, true); why != "" {
		t.Errorf("a clear key under a new epoch: %q", why)
	}
}

func TestATopicTellsItsGeneration(t *testing.T) {
	topics := stream.Topics{Workspace: "shop"}
	one, _, _ := topics.Generation(topics.Masked("pii", "crm-lake", "crm.public.g2", 1))
	two, n, ok := topics.Generation(topics.Masked("pii-pseudo", "crm-lake", "crm.public.g2", 12))
	if !ok || n != 12 || one != two || one == "" {
		t.Errorf("%q, %q %d", one, two, n)
	}
	for _, other := range []string{topics.Raw("pii", "crm"), topics.Quarantine("pii", "crm-lake"), "lethe.other.masked.pii.a.b.c.d.g1", "lethe.shop.masked.pii.a.b.c.d", "lethe.shop.masked.g1", "lethe.shop.masked.pii.a.g0"} {
		if name, n, ok := topics.Generation(other); ok {
			t.Errorf("%s is generation %d of %s", other, n, name)
		}
	}
}
