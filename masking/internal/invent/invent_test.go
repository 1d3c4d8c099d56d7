package invent

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
)

// sums are the lists of each version: revisions that were kept name it, and their
// records keep their bytes (L6).
var sums = []string{"e1880dc2fd45bdd3ead830c382b00f77b2c75eac2558031b2157a0221def562f"}

func TestL6ListsOfAVersionNeverChange(t *testing.T) {
	for i, text := range []string{lists1} {
		sum := sha256.Sum256([]byte(text))
		if got := hex.EncodeToString(sum[:]); got != sums[i] {
			t.Errorf("version %d is %s: keep it, and add a version", i+1, got)
		}
	}
	if len(sums) != Versions {
		t.Errorf("%d versions", Versions)
	}
}

func TestListsHoldWhatTheyNeed(t *testing.T) {
	all, err := Load(Versions)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, u := range all.unions {
		names = append(names, u.name)
	}
	slices.Sort(names)
	for _, l := range all.locales {
		names = append(names, l.name)
		for _, x := range l.lists {
			seen := map[string]bool{}
			for _, it := range x.items {
				text := ""
				for _, p := range it.first {
					text += p.text + strings.Repeat("x", p.list+1)
				}
				if seen[text] || text == "" || strings.TrimSpace(text) != text && x.name != "mailhost" {
					t.Errorf("%s: %s: %q stands there twice, or is none", l.name, x.name, text)
				}
				seen[text] = true
				if n := len(strings.Fields(text)); n > 2 && (x.name == "given_name" || x.name == "family_name" || x.name == "city" && l.name != "sg") {
					t.Errorf("%s: %s: %q has %d words: only each two of a record are looked at", l.name, x.name, text, n)
				}
			}
		}
		for _, kind := range Kinds() {
			if _, err := all.Drawer(kind, l.name); err != nil {
				t.Error(err)
			}
		}
	}
	if !slices.Equal(names, Locales()) {
		t.Errorf("locales %q, said %q", names, Locales())
	}
	if _, err := all.Drawer("shoe", "th"); err == nil {
		t.Error("a kind that nobody knows")
	}
	if _, err := all.Drawer("person", "atlantis"); err == nil {
		t.Error("a locale that nobody knows")
	}
	if _, err := Load(Versions + 1); err == nil {
		t.Error("a version that is not there")
	}
}

func TestFaultsOfListsAreTold(t *testing.T) {
	for text, want := range map[string]string{
		"[x]\nperson {a}": "line 2: no list", "[x]\nperson: {a": "not closed", "[x]\nperson: {a}": "no list a", "person: {b}\n[x]\na: c": "no list b",
	} {
		if _, err := read(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// numbers draws numbers one after the other.
type numbers uint64

func (n *numbers) below(most uint64) uint64 {
	*n = *n*6364136223846793005 + 1442695040888963407
	return uint64(*n>>33) % most
}

func TestADrawIsTheSameAllOverAValue(t *testing.T) {
	all, err := read("= both: x y\n[x]\nv: {a}{~a}{a}{~b}\na: 1|I; 2|II; 3|III\nb: {a}-{c}|{~a}+{c}\nc: u\n[y]\nv: {w}\nw: $%^")
	if err != nil {
		t.Fatal(err)
	}
	d, err := all.Drawer("v", "both")
	if err != nil {
		t.Fatal(err)
	}
	var n numbers
	d.Below, d.Told = n.below, func([]byte) {}
	seen := map[string]bool{}
	for range 200 {
		got := string(d.Append(nil))
		if want := map[byte]string{'1': "1I1I+u", '2': "2II2II+u", '3': "3III3III+u"}[got[0]]; got != want && len(got) != 3 {
			t.Errorf("%q", got)
		}
		seen[got] = true
	}
	if len(seen) < 20 || !seen["1I1I+u"] {
		t.Errorf("%d values", len(seen))
	}
	buf := make([]byte, 0, 64)
	if allocs := testing.AllocsPerRun(50, func() { buf = d.Append(buf[:0]) }); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestWhatTellsOfAPersonIsTold(t *testing.T) {
	all, err := Load(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range Kinds() {
		d, err := all.Drawer(kind, "de")
		if err != nil {
			t.Fatal(err)
		}
		var n numbers
		var told []string
		d.Below, d.Told = n.below, func(p []byte) { told = append(told, string(p)) }
		got := string(d.Append(nil))
		if len(told) == 0 {
			t.Errorf("%s: nothing is told of %q", kind, got)
		}
		for _, p := range told {
			if !strings.Contains(got, p) {
				t.Errorf("%s: %q is not in %q", kind, p, got)
			}
		}
	}
}
