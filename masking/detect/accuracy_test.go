package detect

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"lethe/masking/internal/calendar"
	"lethe/masking/internal/checkdigit"
)

// writer makes texts whose personal data is known.
type writer struct{ *rand.Rand }

func (w writer) pick(list ...string) string { return list[w.IntN(len(list))] }

// fill replaces # by a digit, % by one from 1 to 9, ? by a capital and ! by a
// small letter.
func (w writer) fill(form string) string {
	b := []byte(form)
	for i, c := range b {
		switch c {
		case '#':
			b[i] = byte('0' + w.IntN(10))
		case '%':
			b[i] = byte('1' + w.IntN(9))
		case '?':
			b[i] = byte('A' + w.IntN(26))
		case '!':
			b[i] = byte('a' + w.IntN(26))
		}
	}
	return string(b)
}

func (w writer) value(entity string) string {
	switch entity {
	case "EMAIL_ADDRESS":
		return w.fill(w.pick("!!!!.!!!!@!!!!!.com", "!!!_##@!!!.!!!!.co.th", "!!!!+!!@!!-!!!.io", "???!!@!!!!!!.org"))
	case "CREDIT_CARD":
		digits := w.fill(w.pick("4##############", "51#############", "3528###########", "62#############", "37############"))
		for last := byte('0'); ; last++ {
			if checkdigit.Luhn(append([]byte(digits), last)) {
				digits += string(last)
				break
			}
		}
		if len(digits) == 16 && w.IntN(2) == 0 {
			return strings.Join([]string{digits[:4], digits[4:8], digits[8:12], digits[12:]}, w.pick(" ", "-"))
		}
		return digits
	case "IBAN_CODE":
		return w.iban()
	case "IP_ADDRESS":
		return w.pick(fmt.Sprintf("%d.%d.%d.%d", 10+w.IntN(200), w.IntN(256), w.IntN(256), 10+w.IntN(200)), w.fill("2001:db8:%###::%#:1"))
	case "URL":
		return w.fill(w.pick("https://!!!!.com/!!!/##?!=#", "http://www.!!!!!.de", "www.!!!!!!.co.uk/!!!.html", "!!!!!!.org"))
	case "MAC_ADDRESS":
		return w.fill("0#:1#:a#:b#:##:f#")
	case "US_SSN":
		return w.fill("2##-4%-1%%%")
	case "PHONE_NUMBER":
		return w.fill(w.pick("08#-###-####", "+66 8# ### ####", "02 1## ####", "+65 9### ####", "(212) 5##-####", "415-6##-####", "+1 212 5## ####",
			"020 7### ####", "+44 20 7### ####", "06 12 ## ## ##", "+33 6 12 ## ## ##", "030 2#######", "+49 171 2######", "010-%###-####", "+81 90-%###-####", "9### ####"))
	}
	day := time.Date(1950+w.IntN(80), time.Month(1+w.IntN(12)), 1+w.IntN(28), w.IntN(24), w.IntN(60), 0, 0, time.UTC)
	if w.IntN(5) == 0 {
		return fmt.Sprintf("%d %s %d", day.Day(), calendar.ThaiMonth(int(day.Month()), w.IntN(2)), day.Year()+calendar.Buddhist)
	}
	return day.Format(w.pick("2006-01-02", "2.1.2006", "02/01/2006", "1/2/06", "January 2, 2006", "2 Jan 2006", "Monday, 2 January 2006", "2006-01-02T15:04:05Z", "02-Jan-2006", "January 2006", "2006/01/02 15:04"))
}

func (w writer) iban() string {
	form := w.pick("DE##################", "GB????##############", "FR#######################", "NL????##########", "ES####################")
	account := w.fill(form[2:])
	rest := 0
	for _, c := range []byte(account + form[:2] + "00") {
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	whole := fmt.Sprintf("%s%02d%s", form[:2], 98-rest, account)
	if w.IntN(2) == 0 {
		return whole
	}
	var groups []string
	for ; len(whole) > 4; whole = whole[4:] {
		groups = append(groups, whole[:4])
	}
	return strings.Join(append(groups, whole), " ")
}

// around are sentences for any value; in them a word announces the entity or not.
var around = []string{"The caller left %s with us.", "%s", "noted: %s, then hung up", "Wir haben %s notiert.", "บันทึก %s ไว้แล้ว", "see (%s)", "voici %s, merci", "\"%s\"\tok"}

// TestPersonalDataIsFoundInTextsOfManyForms demands what the detectors are for:
// exact spans of what they look for, in texts that say nothing else.
func TestPersonalDataIsFoundInTextsOfManyForms(t *testing.T) {
	w := writer{rand.New(rand.NewPCG(1, 2))}
	f := finder(t)
	for entity, least := range map[string]float64{
		"EMAIL_ADDRESS": .99, "CREDIT_CARD": .99, "IBAN_CODE": .99, "IP_ADDRESS": .99, "URL": .99, "MAC_ADDRESS": .99, "US_SSN": .99,
		"PHONE_NUMBER": .97, "DATE_TIME": .97,
	} {
		right, found, misses := 0, 0, []string{}
		const n = 1000
		for range n {
			value := w.value(entity)
			text := fmt.Sprintf(w.pick(around...), value)
			at := strings.Index(text, value)
			hit := false
			for _, g := range f.Find(nil, []byte(text)) {
				found++
				hit = hit || g.Entity == entity && g.Start == at && g.End == at+len(value)
			}
			if hit {
				right++
			} else if len(misses) < 5 {
				misses = append(misses, text)
			}
		}
		if f1 := 2 * float64(right) / float64(n+found); f1 < least {
			t.Errorf("%s: F1 %.3f, want %.2f; missed %q", entity, f1, least, misses)
		}
	}
}
