// Package checkdigit holds the rules of check digits that identifiers share. Digits
// are those of ASCII: who calls it has read them, and separators are gone.
package checkdigit

// LuhnSum is the sum of ISO/IEC 7812-1 annex B, the last digit counted once.
func LuhnSum(digits []byte) int {
	s, double := 0, false
	for i := len(digits) - 1; i >= 0; i-- {
		d := int(digits[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		s += d
		double = !double
	}
	return s
}

// Luhn reports whether the last digit is the check digit of ISO/IEC 7812-1.
func Luhn(digits []byte) bool { return LuhnSum(digits)%10 == 0 }

// Thai reports whether the last of thirteen digits is their check digit: of the
// Department of Provincial Administration, which the registry of companies shares.
func Thai(digits []byte) bool {
	if len(digits) != 13 {
		return false
	}
	s := 0
	for i, d := range digits[:12] {
		s += int(d-'0') * (13 - i)
	}
	return (11-s%11)%10 == int(digits[12]-'0')
}
