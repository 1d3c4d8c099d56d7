package detect

import (
	"slices"
	"testing"
)

// entitiesIn lists what is found in a text as "ENTITY:span".
func entitiesIn(t *testing.T, text string) (out []string) {
	for _, g := range finder(t).Find(nil, []byte(text)) {
		out = append(out, g.Entity+":"+text[g.Start:g.End])
	}
	return out
}

func TestWhatNamesTheCountryTellsApartNumbersThatAreAlike(t *testing.T) {
	for text, want := range map[string][]string{
		"Slovak birth number 855414/8746":      {"SK_BIRTH_NUMBER:855414/8746"},
		"Czech birth number 855414/8746":       {"CZ_BIRTH_NUMBER:855414/8746"},
		"rodné číslo 855414/8746":              {"CZ_BIRTH_NUMBER:855414/8746"},
		"rodné číslo (Slovensko): 855414/8746": {"SK_BIRTH_NUMBER:855414/8746"},
		"Taiwan ID: K220695267":                {"TW_NATIONAL_ID:K220695267"},
		"Israeli ID no. 778080283":             {"IL_ID:778080283"},
		"order 930986321 from Israel":          nil,
	} {
		if got := entitiesIn(t, text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestTelephoneNumbersOfOtherFormsAreWhole(t *testing.T) {
	for text, want := range map[string][]string{
		"name=x; tel=0544 310 82 76; seen=1":            {"PHONE_NUMBER:0544 310 82 76"},
		"size=0544 310 82 76":                           nil,
		"call (351) 910 970 037 now":                    {"PHONE_NUMBER:(351) 910 970 037"},
		"next of kin (1 (198) 097-9576)":                {"PHONE_NUMBER:1 (198) 097-9576"},
		"phone: 79 0164-5968":                           {"PHONE_NUMBER:79 0164-5968"},
		"left (08).7158.4260 as a number":               {"PHONE_NUMBER:(08).7158.4260"},
		"the van came from Northton, IL 50579 by night": nil,
	} {
		if got := entitiesIn(t, text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestAnAddressEndsWhereTheSentenceDoes(t *testing.T) {
	for text, want := range map[string][]string{
		"at 515d:24dd:6ece:9977:f3e6:14d8:fa2f:88b.":      {"IP_ADDRESS:515d:24dd:6ece:9977:f3e6:14d8:fa2f:88b"},
		"at 2001:db8::7. Then":                            {"IP_ADDRESS:2001:db8::7"},
		"at ::ffff:192.0.2.1.":                            {"IP_ADDRESS:::ffff:192.0.2.1"},
		"keeps the deposit, no answer from 697.725.1578.": {"PHONE_NUMBER:697.725.1578"},
	} {
		if got := entitiesIn(t, text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestADayInDigitsIsNoNumberOfAnOffice(t *testing.T) {
	for text, want := range map[string][]string{
		"package 20230710~deb12u1 unpacked": nil,
		"LU VAT 20230710":                   {"LU_VAT:20230710"},
	} {
		if got := entitiesIn(t, text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestTwelveDigitsAreACardWhereAWordSaysSoOrTheIssuerIsKnown(t *testing.T) {
	for text, want := range map[string][]string{
		"values (500547543909, 3)": nil,
		"card 500547543909":        {"CREDIT_CARD:500547543909"},
	} {
		if got := entitiesIn(t, text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestTheMarkThatNobodySeesGoesWithTheName(t *testing.T) {
	f, err := New(Options{Names: true})
	if err != nil {
		t.Fatal(err)
	}
	text := "ตำรวจแจ้งว่านายสมชาย ใจดี\uFEFF เดินทางไปจังหวัดเชียงใหม่"
	var got []string
	for _, g := range f.Find(nil, []byte(text)) {
		got = append(got, text[g.Start:g.End])
	}
	if want := []string{"นายสมชาย ใจดี\uFEFF", "จังหวัดเชียงใหม่"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
