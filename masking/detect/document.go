package detect

// The lengths of compact forms that may be documents.
const (
	shortestDocument = 6
	longestDocument  = 18
)

// document offers the compact form as a number of a passport, driving licence or
// bank account where a word announces one. What has a check or a country's own
// form is an identifier already.
func (f *Finder) document(c *compact, start, end int) {
	if c.n < shortestDocument || c.n > longestDocument {
		return
	}
	digits := c.n - c.letters
	if digits < 4 {
		return
	}
	if told := f.told(aboutPassport, start, end); told >= 0 && told <= 40 && c.n >= 7 && c.n <= 10 && c.groups <= 2 {
		e := passport
		if c.letters == 0 && c.n == 9 || c.letters == 1 && c.n == 9 && c.text[0] >= 'A' {
			e = usPassport
		}
		f.add(e, start, end, score(.65, told), false, "form of a passport number, and a word that announces it")
	}
	if told := f.told(aboutLicence, start, end); told >= 0 && told <= 40 && c.n >= 7 {
		f.add(licence, start, end, score(.6, told), false, "form of a licence number, and a word that announces it")
	}
	if c.letters > 0 {
		return
	}
	told := f.told(aboutAccount, start, end)
	if f.isThaiAccount(c, start, end) {
		f.add(account, start, end, score(.6, told), false, "groups of a Thai bank account")
	} else if told >= 0 && told <= 40 && c.n >= 8 && c.n <= 17 && (c.groups == 1 || c.groups <= 4 && told <= 12) {
		f.add(usBankNumber, start, end, score(.55, told), false, "digits of an account, and a word that announces it")
	}
}

// thaiAccount is how the accounts of Thai banks are written.
const (
	thaiAccount       = "999-9-99999-9"
	thaiAccountDigits = 10
)

// isThaiAccount reports whether digits are grouped as such an account.
func (f *Finder) isThaiAccount(c *compact, start, end int) bool {
	return c.n == thaiAccountDigits && end-start == len(thaiAccount) && fitsForm(f.text[start:end], thaiAccount)
}

// machineReadable offers the line of a passport that machines read, which holds
// or begins with token t: 44 characters of A to Z, 0 to 9 and <, with check digits
// (ICAO 9303-4).
func (f *Finder) machineReadable(t *token) {
	start := int(t.start)
	end := start
	fillers := 0
	for end < len(f.text) && end-start < 45 && (classes[f.text[end]]&(isUpper|isDigit) != 0 || f.text[end] == '<') {
		if f.text[end] == '<' {
			fillers++
		}
		end++
	}
	if end-start != 44 || fillers == 0 || !f.free(start) {
		return
	}
	line := f.text[start:end]
	if line[0] == 'P' && line[44-1] == '<' && fillers > 3 {
		f.add(passport, start, end, 1, true, "line of a passport that machines read (ICAO 9303)")
		return
	}
	if mrzDigit(line[:9]) == line[9] && mrzDigit(line[13:19]) == line[19] && mrzDigit(line[21:27]) == line[27] {
		f.add(passport, start, end, 1, true, "line of a passport that machines read (ICAO 9303)")
	}
}

// mrzDigit is the check digit of ICAO 9303-3 §4.9.
func mrzDigit(field []byte) byte {
	sum := 0
	for i, b := range field {
		v := 0
		switch {
		case b <= '9' && b >= '0':
			v = int(b - '0')
		case b >= 'A':
			v = int(b-'A') + 10
		}
		sum += v * [3]int{7, 3, 1}[i%3]
	}
	return byte('0' + sum%10)
}
