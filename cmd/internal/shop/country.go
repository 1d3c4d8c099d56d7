package shop

import (
	"strconv"
	"strings"
)

// country is where customers live and how names, numbers and streets look there.
type country struct {
	code     string
	share    int // of 100 customers
	currency string
	price    int64 // how many times as many cents as in euro
	name     func(*generator, bool) (name, latin string)
	phone    func(*generator) string
	national func(*generator, person) string
	address  func(*generator) (address, city string)
}

// newCountries lists them; their shares add up to 100.
func newCountries() []*country {
	return []*country{
		{"TH", 52, "THB", 35, thaiName, thaiPhone, thaiID, thaiAddress},
		{"SG", 20, "SGD", 1, singaporeanName, singaporeanPhone, nric, singaporeanAddress},
		{"DE", 8, "EUR", 1, germanName, germanPhone, steuerID, germanAddress},
		{"ES", 7, "EUR", 1, spanishName, spanishPhone, dni, spanishAddress},
		{"PL", 7, "PLN", 4, polishName, polishPhone, pesel, polishAddress},
		{"NL", 6, "EUR", 1, dutchName, dutchPhone, bsn, dutchAddress},
	}
}

// fill writes a random digit for each # of the pattern, 1 to 9 for each %.
func (g *generator) fill(pattern string) string {
	b := []byte(pattern)
	for i, c := range b {
		switch c {
		case '#':
			b[i] = '0' + byte(g.IntN(10))
		case '%':
			b[i] = '1' + byte(g.IntN(9))
		}
	}
	return string(b)
}

func thaiPhone(g *generator) string {
	return g.fill(pick(g, []string{"08%-###-####", "09%-###-####", "06%-###-####", "08%#######", "+66 8% ### ####", "+669%#######", "02-%##-####"}))
}

func singaporeanPhone(g *generator) string {
	return g.fill(pick(g, []string{"+65 9### ####", "+65 8### ####", "9### ####", "8#######", "+65 6%## ####"}))
}

func germanPhone(g *generator) string {
	return g.fill(pick(g, []string{"+49 151 %#######", "0171 %######", "+49 30 %#######", "0160/%#######"}))
}

func spanishPhone(g *generator) string {
	return g.fill(pick(g, []string{"+34 6## ### ###", "6########", "+34 7%# ## ## ##", "91% ## ## ##"}))
}

func polishPhone(g *generator) string {
	return g.fill(pick(g, []string{"+48 5## ### ###", "6##-###-###", "+48 7## ### ###", "22 %## ## ##"}))
}

func dutchPhone(g *generator) string {
	return g.fill(pick(g, []string{"06-%#######", "+31 6 %### ####", "06 %#######", "020-%######"}))
}

func number(g *generator, n int) string { return strconv.Itoa(1 + g.IntN(n)) }

// place is a city and how its postal codes look.
type place struct{ city, district, code string }

func thaiAddress(g *generator) (string, string) {
	p := pick(g, []place{
		{"กรุงเทพมหานคร", "แขวงบางดอกไม้ เขตบางสวน", "10##0"}, {"กรุงเทพมหานคร", "แขวงทุ่งทอง เขตคลองแก้ว", "10##0"},
		{"นนทบุรี", "ต.บางน้ำใส อ.เมือง", "11##0"}, {"เชียงใหม่", "ต.ดอยงาม อ.เมือง", "50##0"}, {"เชียงใหม่", "ต.แม่ไม้ อ.หางดง", "50##0"},
		{"ขอนแก่น", "ต.โนนทราย อ.เมือง", "40##0"}, {"ชลบุรี", "ต.หาดสวย อ.บางละมุง", "20##0"}, {"ภูเก็ต", "ต.ทะเลใส อ.เมือง", "83##0"},
		{"สงขลา", "ต.ท่าเรือ อ.หาดใหญ่", "90##0"}, {"นครราชสีมา", "ต.ทุ่งหญ้า อ.เมือง", "30##0"},
	})
	street := pick(g, []string{"ถนนดอกแก้ว", "ถนนริมคลอง", "ซอยสายลม", "ถนนตะวันออก", "ซอยมะลิ", "ถนนสวนส้ม", "ซอยร่มไทร", "ถนนสะพานไม้"})
	house := number(g, 400)
	if g.IntN(2) == 0 {
		house += "/" + number(g, 99)
	}
	moo := ""
	if g.IntN(3) == 0 {
		moo = " หมู่ " + number(g, 12)
	}
	return house + moo + " " + street + " " + p.district + " " + p.city + " " + g.fill(p.code), p.city
}

func singaporeanAddress(g *generator) (string, string) {
	street := pick(g, []string{"Frangipani Avenue", "Old Kiln Road", "Rain Tree Drive", "Lorong Cempaka", "Jalan Kenanga", "Pandan Grove", "Heron Street", "Tembusu Crescent"})
	number := g.fill("%#")
	if g.IntN(3) > 0 {
		return "Blk " + g.fill("%##") + " " + street + " #" + g.fill("0%-") + g.fill("##") + " Singapore " + g.fill("%#####"), "Singapore"
	}
	return number + " " + street + " Singapore " + g.fill("%#####"), "Singapore"
}

func germanAddress(g *generator) (string, string) {
	p := pick(g, []place{{"Berlin", "", "10###"}, {"Hamburg", "", "20###"}, {"München", "", "80###"}, {"Köln", "", "50###"}, {"Leipzig", "", "04###"}, {"Jena", "", "077##"}})
	street := pick(g, []string{"Birkenweg", "Am alten Hafen", "Lindenallee", "Mühlgasse", "Kastanienstraße", "Sonnenhang", "Ziegelstraße"})
	return street + " " + number(g, 140) + ", " + g.fill(p.code) + " " + p.city, p.city
}

func spanishAddress(g *generator) (string, string) {
	p := pick(g, []place{{"Madrid", "", "280##"}, {"Barcelona", "", "080##"}, {"Sevilla", "", "410##"}, {"Valencia", "", "460##"}, {"Bilbao", "", "480##"}})
	street := pick(g, []string{"Calle del Olivo", "Calle de la Fuente", "Avenida del Mar", "Plaza del Reloj", "Calle Nueva", "Paseo de los Pinos"})
	return street + " " + number(g, 90) + ", " + number(g, 8) + "º " + pick(g, []string{"A", "B", "C", "D"}) + ", " + g.fill(p.code) + " " + p.city, p.city
}

func polishAddress(g *generator) (string, string) {
	p := pick(g, []place{{"Warszawa", "", "0#-###"}, {"Kraków", "", "3#-###"}, {"Gdańsk", "", "80-###"}, {"Wrocław", "", "5#-###"}, {"Łódź", "", "9#-###"}})
	street := pick(g, []string{"ul. Lipowa", "ul. Słoneczna", "ul. Nad Rzeką", "ul. Jesionowa", "al. Wiśniowa", "ul. Młyńska"})
	return street + " " + number(g, 120) + "/" + number(g, 60) + ", " + g.fill(p.code) + " " + p.city, p.city
}

func dutchAddress(g *generator) (string, string) {
	p := pick(g, []place{{"Amsterdam", "", "10##"}, {"Utrecht", "", "35##"}, {"Rotterdam", "", "30##"}, {"Leiden", "", "23##"}, {"Groningen", "", "97##"}})
	street := pick(g, []string{"Molenweg", "Tulpstraat", "Havenkade", "Lindelaan", "Zandpad", "Kerkplein"})
	letters := string([]byte{'A' + byte(g.IntN(26)), 'A' + byte(g.IntN(26))})
	return street + " " + number(g, 180) + ", " + g.fill(p.code) + " " + strings.ToUpper(letters) + " " + p.city, p.city
}
