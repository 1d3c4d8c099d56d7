package main

import (
	"bytes"
	"testing"

	"lethe/masking/detect/names/internal/tag"
)

// small trains on a few texts.
func small(t *testing.T, seed uint64) []byte {
	t.Helper()
	g := newGrammar(seed)
	words, _, err := load(g, false)
	if err != nil {
		t.Fatal(err)
	}
	texts := append(g.texts(200, "text"), g.texts(50, "thai")...)
	if g.miss != nil {
		t.Fatal(g.miss)
	}
	trainer := newTrainer(tag.NewLexicon(words), seed)
	for range 2 {
		trainer.epoch(texts)
	}
	b, err := tag.EncodeModel(trainer.model(), tag.EncodeLexicon(words))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestL6TheSameInputsGiveTheSameModel(t *testing.T) {
	a := small(t, 7)
	if !bytes.Equal(a, small(t, 7)) {
		t.Fatal("two runs differ")
	}
	if _, err := tag.DecodeModel(a); err != nil {
		t.Error(err)
	}
	for n := range 5 {
		if _, err := tag.DecodeModel(a[:len(a)*n/5]); err == nil {
			t.Errorf("%d fifths of a model are taken for one", n)
		}
	}
}

// Every rule that a template calls has choices, and every mark lies in its text.
func TestTheGrammarsAreWhole(t *testing.T) {
	g := newGrammar(1)
	if _, _, err := load(g, false); err != nil {
		t.Fatal(err)
	}
	for _, rule := range []string{"text", "thai", "dev", "dev_thai"} {
		for _, s := range g.texts(1000, rule) {
			for _, m := range s.marks {
				if m.start >= m.end || m.end > len(s.text) {
					t.Fatalf("%q: %+v", s.text, m)
				}
			}
		}
	}
	if g.miss != nil {
		t.Error(g.miss)
	}
}
