package masking

import (
	"testing"

	"lethe/masking/subject"
	"lethe/stream"
)

// What no row can have is nobody's: that somebody was erased must not be said of a
// slip of the pen.
func TestL5AnIdentifierIsReadAsItsColumnHasIt(t *testing.T) {
	for _, c := range []struct {
		of       stream.Type
		normal   string
		same     []string // as the first
		nobody   []string
		otherTwo [2]string
	}{
		{of: stream.Type{Base: stream.Int, Bits: 64}, same: []string{"8", " 8 ", "\t8", "๘", "８"},
			nobody: []string{"", " ", "008", "abc", "9,10", "9 10", `"8"`, "a@example.org", "8.0", "8e0", "-0", "9999999999999999999", "null", "true", "[8]"}, otherTwo: [2]string{"8", "-8"}},
		{of: stream.Type{Base: stream.Int, Bits: 16}, same: []string{"8"}, nobody: []string{"40000"}, otherTwo: [2]string{"8", "9"}},
		{of: stream.Type{Base: stream.String}, same: []string{"M 8", " M 8 "}, nobody: []string{"", `"M 8"`}, otherTwo: [2]string{"M 8", "m 8"}},
		{of: stream.Type{Base: stream.String}, normal: "lower", same: []string{"Ann@example.org", " ann@EXAMPLE.org"}, nobody: []string{" "}, otherTwo: [2]string{"ann", "bo"}},
		{of: stream.Type{Base: stream.String}, normal: "digits", same: []string{"1-1037 02071812", "1103702071812", "๑๑๐๓๗๐๒๐๗๑๘๑๒"}, nobody: []string{"--", "abc"}, otherTwo: [2]string{"12", "21"}},
		{of: stream.Type{Base: stream.Decimal, Precision: 10}, same: []string{"12", "１２"}, nobody: []string{"x", "1,2"}, otherTwo: [2]string{"1", "2"}},
	} {
		p := Plan{Stream: "s", Subject: Subject{Column: "id", Domain: "id.internal"}, Fields: []Field{{Path: "id", Operator: "keep", Normal: c.normal, Type: c.of}}}
		who, err := NewIdentifier(p, "id", hashKeys{})
		if err != nil {
			t.Fatal(err)
		}
		first, why := who.Digest([]byte(c.same[0]))
		for _, text := range c.same {
			if got, w := who.Digest([]byte(text)); got != first || w != "" || why != "" {
				t.Errorf("%s %s: %q is another than %q, or nobody: %s", c.of, c.normal, text, c.same[0], w)
			}
		}
		for _, text := range c.nobody {
			if _, w := who.Digest([]byte(text)); w == "" {
				t.Errorf("%s %s: %q is somebody", c.of, c.normal, text)
			}
		}
		a, _ := who.Digest([]byte(c.otherTwo[0]))
		if b, _ := who.Digest([]byte(c.otherTwo[1])); a == b {
			t.Errorf("%s %s: %q are one", c.of, c.normal, c.otherTwo)
		}
	}
}

func TestL5HowAStreamMasksAnIdentifierSaysNothingOfWhoIsMeant(t *testing.T) {
	digest := func(operator string, params Params) subject.Digest {
		p := Plan{Stream: "s", Subject: Subject{Column: "phone", Domain: "contact.phone"},
			Fields: []Field{{Path: "phone", Operator: operator, Params: params, Normal: "e164", Type: stream.Type{Base: stream.String}}}}
		who, err := NewIdentifier(p, p.Subject.Column, hashKeys{})
		if err != nil {
			t.Fatal(err)
		}
		d, why := who.Digest([]byte("081 234 5678"))
		if why != "" {
			t.Fatal(why)
		}
		return d
	}
	if digest("hmac", Params{"country": "TH"}) != digest("redact", nil) {
		t.Error("one person is two, for two streams mask the phone number differently")
	}
}
