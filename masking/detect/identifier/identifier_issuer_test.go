package identifier_test

import (
	"testing"

	"lethe/masking/detect/identifier"
)

// byEntity returns the identifier of an entity.
func byEntity(t *testing.T, entity string) identifier.Identifier {
	t.Helper()
	for _, id := range identifier.All() {
		if id.Entity == entity {
			return id
		}
	}
	t.Fatalf("no entity %s", entity)
	return identifier.Identifier{}
}

// Specimens that issuers and encyclopaedias print, of entities that no oracle
// knows; with another last character they are wrong.
func TestASpecimenPassesAndItsLastCharacterIsTheOnlyOne(t *testing.T) {
	for _, c := range []struct{ entity, number string }{
		{"SG_NRIC_FIN", "S1234567D"}, {"SG_NRIC_FIN", "T1234567J"}, {"SG_NRIC_FIN", "F1234567N"},
		{"SG_NRIC_FIN", "G1234567X"}, {"SG_NRIC_FIN", "M1234567K"},
		{"HK_HKID", "G123456A"}, {"HK_HKID", "A1234563"}, {"HK_HKID", "AB9876543"},
		{"TW_NATIONAL_ID", "A123456789"}, {"TW_RESIDENT", "A800000014"},
		{"US_NPI", "1234567893"},
		{"DE_HEALTH_INSURANCE", "A123456780"}, {"DE_SOCIAL_SECURITY", "15070649C103"},
		{"DE_ID_CARD", "L01X00T471"}, {"DE_PASSPORT", "C01X00T478"},
		{"HU_TAJ", "111111110"}, {"IS_KENNITALA", "1201743399"}, {"LU_MATRICULE", "1893120105732"},
		{"NZ_NHI", "ZZZ0016"},
	} {
		id := byEntity(t, c.entity)
		b := []byte(c.number)
		if !id.Check(b) {
			t.Errorf("%s: the specimen %s is refused", c.entity, c.number)
		}
		end := len(b) - 1
		if c.entity == "IS_KENNITALA" {
			end-- // the century follows the check digit
		}
		for _, other := range []byte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			if b[end] = other; other != c.number[end] && id.Check(b) {
				t.Errorf("%s takes %s too", c.entity, b)
			}
		}
	}
	for _, c := range []struct {
		entity, number string
		takes          bool
	}{
		{"US_MBI", "1EG4TE5MK73", true}, {"US_MBI", "1SG4TE5MK73", false}, {"US_MBI", "0EG4TE5MK73", false},
		{"UK_NINO", "AB123456C", true}, {"UK_NINO", "QQ123456C", false}, {"UK_NINO", "GB123456A", false},
		{"AU_MEDICARE", "2123456701", true}, {"AU_MEDICARE", "2123456711", false},
		{"PL_ID_CARD", "ABA300000", true}, {"PL_ID_CARD", "ABA400000", false},
		{"NZ_NHI", "ZZZ00AX", true}, {"NZ_NHI", "ALU18KZ", true}, {"NZ_NHI", "ZZZ00AY", false},
		{"VIN", "1M8GDM9AXKP042788", true}, {"VIN", "1M8GDM9A1KP042788", false}, {"VIN", "1M8GDM9AXKO042788", false},
		{"KR_RRN", "2010013123456", true}, {"KR_RRN", "2013013123456", false},
		{"VN_CCCD", "001099000000", true}, {"VN_CCCD", "003099000000", false},
	} {
		if id := byEntity(t, c.entity); id.Check([]byte(c.number)) != c.takes {
			t.Errorf("%s: %s is said to be %v", c.entity, c.number, !c.takes)
		}
	}
}

func TestTheCountriesAreThoseOfISO3166(t *testing.T) {
	bic, n := byEntity(t, "BIC"), 0
	for a := byte('A'); a <= 'Z'; a++ {
		for b := byte('A'); b <= 'Z'; b++ {
			if bic.Check([]byte{'A', 'A', 'A', 'A', a, b, 'A', 'A'}) {
				n++
			}
		}
	}
	if n != 249+1 { // and XK
		t.Errorf("%d countries", n)
	}
}
