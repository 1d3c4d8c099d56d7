package detect

import "strings"

// bban is how each country writes an account number after the four characters
// that begin an IBAN: n digits, a capital letters, c either (ISO 13616 registry).
const bban = `AD 8n12c AE 19n AL 8n16c AT 16n AZ 4a20c BA 16n BE 12n BG 4a6n8c BH 4a14c BI 5n5n11n2n BR 23n1a1c BY 4c4n16c CH 5n12c CR 18n
CY 8n16c CZ 20n DE 18n DJ 23n DK 14n DO 4c20n EE 16n EG 25n ES 20n FI 14n FK 2a12n FO 14n FR 10n11c2n GB 4a14n GE 2a16n GI 4a15c GL 14n
GR 7n16c GT 4c20c HN 4a20n HR 17n HU 24n IE 4a14n IL 19n IQ 4a15n IS 22n IT 1a10n12c JO 4a4n18c KW 4a22c KZ 3n13c LB 4n20c LC 4a24c
LI 5n12c LT 16n LU 3n13c LV 4a13c LY 21n MC 10n11c2n MD 2c18c ME 18n MK 3n10c2n MN 16n MR 23n MT 4a5n18c MU 4a19n3a NI 4a20n NL 4a10n
NO 11n OM 3n16c PK 4a16c PL 24n PS 4a21c PT 21n QA 4a21c RO 4a16c RS 18n RU 14n15c SA 2n18c SC 4a20n3a SD 14n SE 20n SI 15n SK 20n
SM 1a10n12c SO 19n ST 21n SV 4a20n TL 19n TN 20n TR 5n1n16c UA 6n19c VA 18n VG 4a16n XK 16n YE 4a4n18c`

// ibanShapes is bban with a character for each place, by the two letters.
var ibanShapes = func() (t [26 * 26]string) {
	fields := strings.Fields(bban)
	for i := 0; i < len(fields); i += 2 {
		var shape strings.Builder
		n := 0
		for _, c := range []byte(fields[i+1]) {
			if c-'0' <= 9 {
				n = n*10 + int(c-'0')
				continue
			}
			shape.WriteString(strings.Repeat(string(c), n))
			n = 0
		}
		t[int(fields[i][0]-'A')*26+int(fields[i][1]-'A')] = shape.String()
	}
	return t
}()

// iban offers what begins with token t, if that is two letters and two digits
// and more.
func (f *Finder) iban(t *token) {
	at := int(t.start)
	if t.len() < 4 || t.kind&isLatin != 0 || !f.on[iban] || !f.free(at) || !isIBANStart(f.text[at:]) {
		return
	}
	a, b := folded[f.text[at]]-'a', folded[f.text[at+1]]-'a'
	shape := ibanShapes[int(a)*26+int(b)]
	if shape == "" {
		return
	}
	upper, lower := 0, 0
	rest := 0 // of the account part by 97
	n, i, gap := 0, at+4, 0
	for n < len(shape) {
		if i >= len(f.text) {
			return
		}
		c := f.text[i]
		i++
		if classes[c]&isAlnum == 0 {
			if gap++; gap > 1 || c != ' ' && c != '-' && c != '.' {
				return
			}
			continue
		}
		gap = 0
		switch {
		case c-'0' <= 9:
			if shape[n] == 'a' {
				return
			}
			rest = (rest*10 + int(c-'0')) % 97
		case shape[n] == 'n':
			return
		default:
			if classes[c] == isUpper {
				upper++
			} else {
				lower++
			}
			rest = (rest*100 + int(folded[c]-'a') + 10) % 97
		}
		n++
	}
	check := int(f.text[at+2]-'0')*10 + int(f.text[at+3]-'0')
	rest = ((rest*100+int(a)+10)*100 + int(b) + 10) % 97
	if (rest*100+check)%97 != 1 || upper > 0 && lower > 0 || !f.ends(i) || check < 2 {
		return
	}
	f.add(iban, at, i, 1, true, "country's form and check digits (ISO 13616)")
}

func isIBANStart(b []byte) bool {
	return classes[b[0]]&isAlpha != 0 && classes[b[1]]&isAlpha != 0 && b[2]-'0' <= 9 && b[3]-'0' <= 9
}
