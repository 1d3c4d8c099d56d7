package checkdigit

import "testing"

// The numbers are of test cards, of ISO/IEC 7812-1 and of a Thai specimen.
func TestOneOfTenLastDigitsIsTheCheckDigit(t *testing.T) {
	for _, c := range []struct {
		number string
		rule   func([]byte) bool
	}{{"4111111111111111", Luhn}, {"378282246310005", Luhn}, {"79927398713", Luhn}, {"1101700207366", Thai}} {
		b := []byte(c.number)
		for d := byte('0'); d <= '9'; d++ {
			b[len(b)-1] = d
			if c.rule(b) != (d == c.number[len(b)-1]) {
				t.Errorf("%s: %v", b, c.rule(b))
			}
		}
	}
	if Thai([]byte("110170020736")) {
		t.Error("twelve digits have the check digit of thirteen")
	}
}
