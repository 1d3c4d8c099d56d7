package verify

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"lethe/audit/audittest"
)

// A letter is a cosignature of the witness of that name, a capital one that is too old, and
// a minus none.
func TestL4AQuorumIsMetByThoseWhomItAsksForAndByNobodyElse(t *testing.T) {
	const checkpoint = "lethe/shop\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n"
	since := time.Unix(2e9, 0)
	signers := make(map[rune]*audittest.Witness)
	var witnesses strings.Builder
	for _, name := range "abcde" {
		signers[name] = audittest.NewWitness(t, "witness.example.org/"+string(name))
		fmt.Fprintf(&witnesses, "witness %c %s\n", name, signers[name].Key)
	}
	for quorum, c := range map[string]struct{ met, missed string }{
		"quorum none\n":                                                   {"- a A", ""},
		"quorum a\n":                                                      {"a ab Aa aA", "- b bcde A Ab"},
		"group g any a b c\nquorum g\n":                                   {"a b c ab abc aB", "- d de A ABC"},
		"group g 1 a b c\nquorum g\n":                                     {"a c", "- de"},
		"group g 2 a b c\nquorum g\n":                                     {"ab ac bc abc abC Aab", "- a c ad ade aa aB aA"},
		"group g all a b c\nquorum g\n":                                   {"abc abcde", "- ab ac bc abde abC"},
		"group g 3 a b c d e\nquorum g\n":                                 {"abc cde abcde", "- ab de dde"},
		"group g all a b c d e\nquorum g\n":                               {"abcde", "- abcd bcde abcdE"},
		"group x all a b\ngroup y any c d\ngroup g 2 x y e\nquorum g\n":   {"abc abd abe ce de acde abcde", "- a e ab cd ac ae be acd abC"},
		"group x 2 a b c\ngroup g all x d\ngroup h any g e\nquorum h\n":   {"abd bcd e ade", "- abc ad d abD E"},
		"group x 2 a b c\ngroup g all x d\ngroup h any g e\nquorum x\n":   {"ab", "ad e"},
		"group x any a b\ngroup y any c d\ngroup g all x y e\nquorum g\n": {"ace bde", "abcd abe cde ac"},
	} {
		p, err := ReadWitnessPolicy([]byte(witnesses.String() + quorum))
		if err != nil {
			t.Fatal(err)
		}
		for want, sets := range map[bool]string{true: c.met, false: c.missed} {
			for _, set := range strings.Fields(sets) {
				text := checkpoint
				for i, name := range strings.Trim(set, "-") {
					at := since.Add(time.Duration(i) * time.Second)
					if unicode.IsUpper(name) {
						at = since.Add(-time.Second)
					}
					text += signers[unicode.ToLower(name)].Cosign(checkpoint, at)
				}
				signed, met, err := p.Check([]byte(text), since)
				if met != want || err != nil || len(signed) != len(strings.Trim(set, "-")) {
					t.Errorf("%q by %s: met %v, %d signed, %v", quorum, set, met, len(signed), err)
				}
			}
		}
	}
}
