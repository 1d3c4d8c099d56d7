package masking

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func TestNormalFormsJoinWhatDiffersInWritingOnly(t *testing.T) {
	for _, c := range []struct {
		form, country, in, out string
	}{
		{"", "", " A ", " A "},
		{"lower", "", " Somchai@Example.ORG\t", "somchai@example.org"},
		{"lower", "", "\u00a0\u3000ÉCOLE\u2003", "école"},
		{"lower", "", "e\u0301cole", "école"},
		{"lower", "", "E\u0301COLE", "école"},
		{"lower", "", "STRAẞE", "straße"},
		{"lower", "", "สมชาย", "สมชาย"},
		{"lower", "", "น\u0e49\u0e33", "น\u0e49\u0e33"},
		{"lower", "", "İSTANBUL", "i\u0307stanbul"},
		{"lower", "", "", ""},
		{"digits", "", "1-2345-67890-12-1", "1234567890121"},
		{"digits", "", "๑-๒๓๔๕-๖๗๘๙๐-๑๒-๑", "1234567890121"},
		{"digits", "", "１２３４ ５６７８", "12345678"},
		{"digits", "", "12\u00a034\u200b56\u201378\u2212(9).0/1_2,3", "1234567890123"},
		{"digits", "", "S1234567D", "S1234567D"},
		{"digits", "", "123.456.789-09", "12345678909"},
		{"digits", "", "1,234", "1234"},
		{"digits", "", "5", "5"},
		{"digits", "", "-5", "-5"},
		{"digits", "", "\u2212๕", "-5"},
		{"digits", "", " - 5 ", "-5"},
		{"digits", "", "-5-", "5"},
		{"digits", "", "15", "15"},
		{"digits", "", "1.5", "1.5"},
		{"digits", "", "-１．５", "-1.5"},
		{"digits", "", "1.5e-3", "1.5e-3"},
		{"digits", "", "1e-3", "1e-3"},
		{"digits", "", "1.5.", "15"},
		{"digits", "", ".5", "5"},
		{"digits", "", "1e", "1e"},
		{"identifier", "", "900101-1234567", "9001011234567"},
		{"identifier", "", "๙๐๐๑๐๑-๑๒๓๔๕๖๗", "9001011234567"},
		{"identifier", "", " s1234567d ", "S1234567D"},
		{"identifier", "", "gb82 west 1234 5698 7654 32", "GB82WEST12345698765432"},
		{"identifier", "", "00:1a-2B.3c:4D:5e", "001A2B3C4D5E"},
		{"identifier", "", "ｃö\u200bö-1", "CÖÖ1"},
		{"identifier", "", "", ""},
		{"e164", "", "+66 81 234 5678", "+66812345678"},
		{"e164", "", "+66 (0)81-234-5678", "+66812345678"},
		{"e164", "", "＋６６８１２３４５６７８", "+66812345678"},
		{"e164", "", "0066812345678", "+66812345678"},
		{"e164", "", "081-234-5678", "0812345678"},
		{"e164", "TH", "081-234-5678", "+66812345678"},
		{"e164", "TH", "๐๘๑ ๒๓๔ ๕๖๗๘", "+66812345678"},
		{"e164", "TH", "02 123 4567", "+6621234567"},
		{"e164", "TH", "081.2345678", "+66812345678"},
		{"e164", "TH", "-0812345678", "+66812345678"},
		{"e164", "TH", "812345678", "+66812345678"},
		{"e164", "TH", "66812345678", "+66812345678"},
		{"e164", "TH", "66 (0)81 234 5678", "+66812345678"},
		{"e164", "TH", "+65 9123 4567", "+6591234567"},
		{"e164", "SG", "9123 4567", "+6591234567"},
		{"e164", "SG", "6591234567", "+6591234567"},
		{"e164", "SG", "6512 3456", "+6565123456"},
		{"e164", "US", "1 (202) 555-0123", "+12025550123"},
		{"e164", "US", "202.555.0123", "+12025550123"},
		{"e164", "GB", "020 7946 0018", "+442079460018"},
		{"e164", "IT", "06 1234 5678", "+390612345678"},
		{"e164", "IT", "+39 06 1234 5678", "+390612345678"},
		{"e164", "IT", "39 06 1234 567", "+39061234567"},
		{"e164", "IT", "392 123 4567", "+393921234567"},
		{"e164", "HU", "06 20 123 4567", "+36201234567"},
		{"e164", "HU", "+36 20 123 4567", "+36201234567"},
		{"e164", "RU", "8 (812) 123-45-67", "+78121234567"},
		{"e164", "RU", "812 123-45-67", "+78121234567"},
		{"e164", "RU", "7 812 123-45-67", "+78121234567"},
		{"e164", "NO", "22 12 34 56", "+4722123456"},
		{"e164", "BR", "(55) 91234-5678", "+5555912345678"},
		{"e164", "TH", "191", "191"},
		{"e164", "TH", "081-234-5678 ext 9", "0812345678ext9"},
		{"e164", "TH", "+1234567890123456789", "+1234567890123456789"},
		{"e164", "TH", "+0812345678", "+0812345678"},
		{"e164", "TH", "", ""},
	} {
		form, ok := normalOf(c.form, Params{"country": c.country})
		if !ok {
			t.Fatal(c.form)
		}
		got := string(form([]byte("before"), []byte(c.in)))
		if got != "before"+c.out {
			t.Errorf("%s %s: %d characters became another form than the %d wanted: %q", c.form, c.country, len(c.in), len(c.out), got)
		}
	}
}

// A normal form of a normal form is itself: otherwise a key column's value in
// normal form would be refused.
func FuzzNormalForms(f *testing.F) {
	for _, s := range []string{"A", " é ", "e\u0301", "İ", "ǅ", "081-234-5678", "+66 (0)81", "66(0)812345678", "๑", "\u0130\u0307", "(0)(0)1234567", "00+1234567", "A:\u0344", "a:\uff21\u0308"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = string([]rune(s))
		for _, name := range []string{"", "lower", "digits", "identifier", "e164"} {
			for _, country := range []string{"", "TH", "SG", "US"} {
				form, _ := normalOf(name, Params{"country": country})
				once := form(nil, []byte(s))
				twice := form(nil, once)
				if name == "e164" && !bytes.HasPrefix(once, []byte("+")) {
					continue // no number yet; without a (0) in it, it may be one
				}
				if string(once) != string(twice) {
					t.Errorf("%s %s: %q, then %q", name, country, once, twice)
				}
			}
		}
	})
}

func TestHexManyAtATimeIsThatOneByOne(t *testing.T) {
	for length := range 20 {
		text := bytes.Repeat([]byte("5"), length)
		for at := range text {
			for c := range 256 {
				text[at] = byte(c)
				if got, want := appendHex([]byte("x"), text), "x"+hex.EncodeToString(text); string(got) != want {
					t.Fatalf("%s, want %s", got, want)
				}
			}
			text[at] = '0' + byte(at%10)
		}
	}
}

func TestCapitalsManyAtATimeAreThoseOneByOne(t *testing.T) {
	for length := range 20 {
		text := bytes.Repeat([]byte("x"), length+2)
		for at := 1; at <= length; at++ {
			for c := range 128 {
				text[at] = byte(c)
				if got, want := appendLower([]byte("A"), text), "A"+string(bytes.ToLower(text)); string(got) != want {
					t.Fatalf("%q, want %q", got, want)
				}
			}
			text[at] = 'A' + byte(at)
		}
	}
}
