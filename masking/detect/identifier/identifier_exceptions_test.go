package identifier_test

import (
	"strings"
	"time"
)

// exception says why this package and python-stdnum differ, and on which
// numbers they may: theirs is what stdnum says, and this package the contrary.
type exception struct {
	why string
	may func(n string, theirs bool) bool
}

// wider is where stdnum refuses and this package takes.
func wider(n string, theirs bool) bool { return !theirs }

// narrower is where stdnum takes and this package refuses.
func narrower(n string, theirs bool) bool { return theirs }

// among reports whether the character of n at i is one of set.
func among(n string, i int, set string) bool { return strings.IndexByte(set, n[i]) >= 0 }

// exceptions are all differences to python-stdnum 2.1 that are meant.
var exceptions = map[string]exception{
	"ABA_ROUTING_NUMBER": {"stdnum does not know which prefixes the Federal Reserve uses", func(n string, theirs bool) bool {
		return theirs && (n > "13" && n < "21" || n > "33" && n < "61" || n > "73" && n < "80" || n > "81")
	}},
	"AT_SOCIAL_SECURITY": {"stdnum does not look at the birth date", func(n string, theirs bool) bool {
		_, err := time.Parse("020106", n[4:])
		return theirs && err != nil
	}},
	"AT_TAX_NUMBER": {"stdnum has a list of the tax offices of some day", wider},
	"AU_TFN":        {"stdnum gives eight digits the weights of nine only", func(n string, theirs bool) bool { return !theirs && len(n) == 8 }},
	"AU_ABN":        {"stdnum wants 99 where the rule gives 10", func(n string, theirs bool) bool { return !theirs && n[:2] == "10" }},
	"BE_VAT": {"enterprises have numbers from 0 and 1 only, and check digits from 01 to 97", func(n string, theirs bool) bool {
		return theirs && (n[len(n)-10] > '1' || n[len(n)-2:] > "97" || n[len(n)-2:] == "00")
	}},
	"FI_PERSONAL_IDENTITY_CODE": {"stdnum does not take temporary codes", func(n string, theirs bool) bool { return !theirs && n[len(n)-4] == '9' }},
	"IN_GSTIN":                  {"stdnum does not know Ladakh, centre and other territory", func(n string, theirs bool) bool { return !theirs && (n[:2] == "38" || n[:2] > "96") }},
	"ISIN":                      {"stdnum does not know the codes of derivatives, of some clearing houses and of former countries", func(n string, theirs bool) bool { return !theirs && strings.Contains("EZ QS QT QW QY XK CS AN", n[:2]) }},
	"LI_PEID":                   {"stdnum does not count leading zeros", func(n string, theirs bool) bool { return !theirs && n[0] == '0' }},
	"BIC":                       {"stdnum does not look at the country", narrower},
	"BR_CNPJ":                   {"stdnum 2.1 does not know the letters of 2026", func(n string, theirs bool) bool { return !theirs && strings.ContainsAny(n, letters) }},
	"CH_UID":                    {"the suffix is not given to stdnum, and a wrong one is refused", func(n string, theirs bool) bool { return theirs && len(n) > 12 }},
	"CN_RIC": {"stdnum has a list of the counties of some day, and takes the year 1", func(n string, theirs bool) bool {
		return !theirs || n[6:10] < "1800" || n[6:10] > "2199"
	}},
	"CN_USCC": {"stdnum does not know departments with letters, and takes a department 0", func(n string, theirs bool) bool {
		return theirs == (n[0] == '0')
	}},
	"CZ_BIRTH_NUMBER": {"stdnum takes the months 41 to 49 and 91 to 99", oddMonth},
	"SK_BIRTH_NUMBER": {"stdnum takes the months 41 to 49 and 91 to 99", oddMonth},
	"CZ_VAT":          {"as for the birth number", func(n string, theirs bool) bool { return oddMonth(strings.TrimPrefix(n, "CZ"), theirs) }},
	"SK_VAT":          {"as for the birth number", func(n string, theirs bool) bool { return oddMonth(strings.TrimPrefix(n, "SK"), theirs) }},
	"ES_CIF":          {"stdnum's module takes the numbers of persons too", func(n string, theirs bool) bool { return theirs && among(n, len(n)-9, "KLMXYZ") }},
	"FR_NIR":          {"stdnum takes any first digit", func(n string, theirs bool) bool { return theirs && among(n, 0, "0569") }},
	"HU_VAT":          {"stdnum is given the first eight digits", func(n string, theirs bool) bool { return theirs && len(n) == 11 && !among(n, 8, "12345") }},
	"ID_NIK": {"stdnum has a list of the regencies of some day, and takes day 80 and regency 00", func(n string, theirs bool) bool {
		return !theirs || n[6:8] >= "72" || n[2:4] == "00"
	}},
	"KR_BRN": {"stdnum does not count the check digit", narrower},
	"KR_RRN": {"stdnum counts a check digit that ended in October 2020, and takes foreigners' numbers", func(n string, theirs bool) bool {
		if theirs {
			return among(n, 6, "5678")
		}
		return among(n, 6, "34") && n[:4] >= "2010" && n[:2] < "50"
	}},
	"LV_PERSONAL_CODE": {"stdnum does not know the codes from 32, and its module takes companies", func(n string, theirs bool) bool {
		return theirs && n[0] > '3' || !theirs && n[:2] == "32"
	}},
	"LV_VAT": {"stdnum does not know the codes from 32", func(n string, theirs bool) bool {
		return !theirs && strings.HasPrefix(strings.TrimPrefix(n, "LV"), "32")
	}},
	"MX_CURP": {"stdnum does not look for vowel and consonants or know the sex X, and has a list of indecent names", func(n string, theirs bool) bool {
		return !theirs || !among(n, 1, "AEIOUX") || strings.ContainsAny(n[13:16], "AEIOU")
	}},
	"MX_RFC": {"stdnum takes three characters of any kind at the end, and has a list of indecent names", func(n string, theirs bool) bool {
		return !theirs || !among(n, len(n)-1, "0123456789A") || strings.ContainsAny(n[len(n)-3:len(n)-1], "0O")
	}},
	"NO_FODSELSNUMMER": {"stdnum does not know the months of test persons", func(n string, theirs bool) bool { return !theirs && n[2:4] > "80" }},
	"RO_CNP":           {"stdnum does not know county 70", func(n string, theirs bool) bool { return !theirs && n[7:9] == "70" }},
	"SE_PERSONNUMMER": {"stdnum does not know coordination numbers, and takes the year 1", func(n string, theirs bool) bool {
		return !theirs && n[len(n)-6:len(n)-4] > "60" || theirs && len(n) == 12 && n < "18"
	}},
	"TW_UBN":  {"stdnum divides by ten, as before 2023", wider},
	"US_ITIN": {"stdnum does not know the groups from 50 to 65", func(n string, theirs bool) bool { return !theirs && n[3:5] >= "50" && n[3:5] <= "65" }},
	"ZA_ID_NUMBER": {"stdnum does not know refugees", func(n string, theirs bool) bool {
		return !theirs && n[10] == '2'
	}},
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

func oddMonth(n string, theirs bool) bool {
	return theirs && (n[2:4] >= "40" && n[2:4] < "50" || n[2:4] >= "90")
}
