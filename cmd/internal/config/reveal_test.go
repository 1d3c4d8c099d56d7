package config

import (
	"crypto/ed25519"
	"strings"
	"testing"
)

func TestWhoMayRevealIsSaidOrNobodyMay(t *testing.T) {
	key := PublicKeyText(make(ed25519.PublicKey, ed25519.PublicKeySize))
	load := func(section string) (*Folder, error) { return Load(folder(t, "workspace: shop\n"+section+"\n"), nil) }
	none, err := load("")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := none.Reveal.Principal("root"); ok {
		t.Error("somebody may who is not named")
	}
	f, err := load(`reveal: {approve_above: 5, principals: {somchai: {users: [som, root], per_day: 10, elements: ["contact.*", id.record]}, nok: {per_day: 3}}, approvers: {malee: ` + key + `}}`)
	if err != nil {
		t.Fatal(err)
	}
	p, ok := f.Reveal.Principal("som")
	if !ok || p.Name != "somchai" || !p.May("contact.email") || !p.May("id.record") || p.May("id.recorded") || p.May("contact") || p.May("") {
		t.Errorf("somchai is %+v", p)
	}
	if p, ok := f.Reveal.Principal("nok"); !ok || !p.May("") {
		t.Errorf("nok is %+v", p)
	}
	if _, ok := f.Reveal.Principal("somchai"); ok {
		t.Error("the principal's name is a user, though others are named")
	}
	for section, want := range map[string]string{
		"reveal: {principals: {a: {per_day: 1}}}":                                                     "approve_above",
		"reveal: {approve_above: 1}":                                                                  "principals",
		"reveal: {approve_above: -1, principals: {a: {per_day: 1}}}":                                  "below 0",
		"reveal: {approve_above: 1, principals: {a: {per_day: 0}}}":                                   "at least one value a day",
		"reveal: {approve_above: 1, principals: {a: {per_day: 2}}}":                                   "nobody else who could give one",
		"reveal: {approve_above: 1, principals: {a: {per_day: 2}}, approvers: {a: " + key + "}}":      "nobody else who could give one",
		"reveal: {approve_above: 1, principals: {a: {per_day: 1}, b: {users: [a], per_day: 1}}}":      "its user is that of a as well",
		"reveal: {approve_above: 1, principals: {a: {per_day: 1}}, approvers: {b: " + key[:30] + "}}": "no public key of an approver",
	} {
		if _, err := load(section); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", section, err)
		}
	}
}
