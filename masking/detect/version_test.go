package detect

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"lethe/masking/detect/identifier"
)

var update = flag.Bool("update", false, "write the golden file anew")

// foundInFixedTexts is what is found in texts that do not change, as a hash.
func foundInFixedTexts(t *testing.T) string {
	w := writer{rand.New(rand.NewPCG(3, 4))}
	f := finder(t)
	h := sha256.New()
	look := func(text string) {
		for _, g := range f.Find(nil, []byte(text)) {
			fmt.Fprintf(h, "%d %d %s %.4f\n", g.Start, g.End, g.Entity, g.Score)
		}
		fmt.Fprintln(h)
	}
	for _, entity := range []string{"EMAIL_ADDRESS", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "URL", "MAC_ADDRESS", "US_SSN", "PHONE_NUMBER", "DATE_TIME"} {
		for range 300 {
			look(fmt.Sprintf(w.pick(around...), w.value(entity)))
		}
	}
	for _, text := range []string{"Nummernschild M-XY 99", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"} {
		look(text)
	}
	for range 100 {
		look("order " + w.value("CREDIT_CARD"))
	}
	shapes := strings.NewReplacer("9", "#", "A", "?", "X", "#")
	for _, id := range identifier.All() {
		for _, shape := range append(id.Shapes, id.Written...) {
			for _, before := range append([]string{""}, id.Context...) {
				look(before + " " + w.fill(shapes.Replace(shape)))
			}
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// A kept policy revision names the version of the detectors, and is refused by a
// build of another. That is worth nothing if the rules change and the number stays.
func TestL6RulesThatFindOtherwiseHaveAnotherVersion(t *testing.T) {
	const file = "testdata/version.txt"
	is := fmt.Sprintf("%d %s\n", rules, foundInFixedTexts(t))
	if *update {
		if err := os.WriteFile(file, []byte(is), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	was, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(was) != is {
		t.Errorf("found %swas   %sset rules in version.go one higher, and run go test -run TestL6 -update", is, was)
	}
}
