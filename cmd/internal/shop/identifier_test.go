package shop

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// The checks below are written from the published rules, apart from the code
// that makes the numbers, and first held against published examples.

func digitsOf(s string) []int {
	var d []int
	for _, c := range s {
		if c >= '0' && c <= '9' {
			d = append(d, int(c-'0'))
		}
	}
	return d
}

func thaiValid(s string) bool {
	d := digitsOf(s)
	if len(d) != 13 {
		return false
	}
	rest := 0
	for i := range 12 {
		rest += d[i] * (13 - i)
	}
	if rest %= 11; rest <= 1 {
		return d[12] == 1-rest
	}
	return d[12] == 11-rest
}

func nricValid(s string) bool {
	if len(s) != 9 {
		return false
	}
	sum := 0
	for i, w := range []int{2, 7, 6, 5, 4, 3, 2} {
		sum += int(s[i+1]-'0') * w
	}
	if s[0] == 'T' || s[0] == 'G' {
		sum += 4
	}
	table := "JZIHGFEDCBA"
	if s[0] == 'F' || s[0] == 'G' {
		table = "XWUTRQPNMLK"
	}
	return table[sum%11] == s[8]
}

func steuerValid(s string) bool {
	d := digitsOf(s)
	if len(d) != 11 || d[0] == 0 {
		return false
	}
	times := map[int]int{}
	for _, x := range d[:10] {
		times[x]++
	}
	doubled := 0
	for _, n := range times {
		if n > 1 {
			doubled++
		}
	}
	// ISO/IEC 7064 MOD 11,10: the check value of the whole is 1.
	p := 10
	for _, x := range d[:10] {
		p = (x + p) % 10
		if p == 0 {
			p = 10
		}
		p = p * 2 % 11
	}
	return doubled == 1 && (p+d[10])%10 == 1
}

func dniValid(s string) bool {
	s = strings.NewReplacer("X", "0", "Y", "1", "Z", "2").Replace(s[:1]) + s[1:]
	n, err := strconv.Atoi(s[:len(s)-1])
	return err == nil && len(s) == 9 && "TRWAGMYFPDXBNJZSQVHLCKE"[n%23] == s[8]
}

func peselValid(s string) bool {
	d, sum := digitsOf(s), 0
	for i, w := range []int{1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1} {
		sum += d[i] * w
	}
	return len(d) == 11 && sum%10 == 0
}

func bsnValid(s string) bool {
	d, sum := digitsOf(s), 0
	for i, w := range []int{9, 8, 7, 6, 5, 4, 3, 2, -1} {
		sum += d[i] * w
	}
	return len(d) == 9 && sum%11 == 0
}

func luhnValid(s string) bool {
	d, sum := digitsOf(s), 0
	for i := range d {
		x := d[len(d)-1-i]
		if i%2 == 1 {
			x = x*2/10 + x*2%10
		}
		sum += x
	}
	return sum%10 == 0
}

func TestTheChecksAcceptPublishedExamples(t *testing.T) {
	for _, c := range []struct {
		name  string
		valid func(string) bool
		good  []string
	}{
		{"nric", nricValid, []string{"S1234567D", "T1234567J", "F1234567N", "G1234567X"}},
		{"steuer", steuerValid, []string{"86095742719", "47036892816"}},
		{"dni", dniValid, []string{"12345678Z", "X1234567L"}},
		{"pesel", peselValid, []string{"44051401359"}},
		{"bsn", bsnValid, []string{"111222333", "123456782"}},
		{"luhn", luhnValid, []string{"4111111111111111", "4242 4242 4242 4242"}},
		{"thai", thaiValid, []string{"1-2345-67890-12-1"}},
	} {
		for _, s := range c.good {
			if !c.valid(s) {
				t.Errorf("%s: a published example is refused", c.name)
			}
			last := s[len(s)-1]
			wrong := byte('0' + (last-'0'+1)%10)
			if last >= 'A' {
				wrong = 'A' + (last-'A'+1)%26
			}
			if c.valid(s[:len(s)-1] + string(wrong)) {
				t.Errorf("%s: a wrong check digit is accepted", c.name)
			}
		}
	}
}

func TestIdentifiersHaveRightCheckDigits(t *testing.T) {
	valid := map[string]func(string) bool{"TH": thaiValid, "SG": nricValid, "DE": steuerValid, "ES": dniValid, "PL": peselValid, "NL": bsnValid}
	g := newGenerator(Config{Seed: 3}.filled())
	seen := map[string]int{}
	for id := int64(1); id <= 20_000; id++ {
		c := g.customer(id)
		seen[c.Country]++
		if !valid[c.Country](c.NationalID) {
			t.Fatalf("customer %d of %s: the check digit of the national identifier is wrong", id, c.Country)
		}
		if !luhnValid(c.CardNumber) {
			t.Fatalf("customer %d: the card number fails Luhn's check", id)
		}
		if c.Country == "PL" && !strings.HasPrefix(c.NationalID, c.BirthDate.Format("06")) {
			t.Fatalf("customer %d: the PESEL is of another birth year", id)
		}
	}
	for _, home := range newCountries() {
		if share := seen[home.code] / 200; share < home.share-2 || share > home.share+2 {
			t.Errorf("%s has %d%% of the customers, want about %d%%", home.code, share, home.share)
		}
	}
}

func TestNobodyCanBeReached(t *testing.T) {
	g := newGenerator(Config{Seed: 4}.filled())
	for id := int64(1); id <= 5000; id++ {
		c := g.customer(id)
		_, domain, _ := strings.Cut(c.Email, "@")
		reserved := domain == "example.com" || domain == "example.org" || domain == "example.net" ||
			strings.HasSuffix(domain, ".example") || strings.HasSuffix(domain, ".example.com")
		if !reserved {
			t.Fatalf("customer %d has mail in %s", id, domain)
		}
		if age := opened.Sub(c.BirthDate); age < 17*365*24*time.Hour {
			t.Fatalf("customer %d was born in %d", id, c.BirthDate.Year())
		}
	}
}
