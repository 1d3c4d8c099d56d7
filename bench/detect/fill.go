package main

import (
	"fmt"
	"strings"
	"time"
)

// value is what stands for a placeholder: what is written before it, the value,
// its entity ("" for what is no personal data), and whether it was coined.
func (m *maker) value(what string, l *locale) (before, value, entity string, coined bool) {
	switch what {
	case "person", "first", "last":
		value, coined = m.person(what, l)
		return "", value, "PERSON", coined
	case "thperson", "thtitled", "thkhun", "thdoctor", "thrank", "thnick":
		value, coined = m.thaiPerson(what)
		return "", value, "PERSON", coined
	case "city":
		return "", take(m, l.Name+" city", l.Cities), "LOCATION", false
	case "country":
		return "", take(m, "country", m.Countries), "LOCATION", false
	case "address":
		return "", m.inLine(take(m, l.Name+" address", l.Addresses)), "LOCATION", false
	case "street":
		return "", m.inLine(take(m, l.Name+" street", l.Streets)), "LOCATION", false
	case "thprovince":
		return "", m.thaiPlace(), "LOCATION", false
	case "org":
		return "", take(m, l.Name+" org", l.Companies), "ORGANIZATION", false
	case "phone":
		return "", take(m, l.Name+" phone", l.Phones), "PHONE_NUMBER", false
	case "date":
		return "", m.date(l.Name), "DATE_TIME", false
	case "thdate":
		return "", m.date("th_TH"), "DATE_TIME", false
	case "id":
		id := m.IDs[m.IntN(len(m.IDs))]
		return id.Word + []string{" ", ": ", " no. ", " number "}[m.IntN(4)], id.Value, id.Entity, false
	case "thid":
		for {
			if id := m.IDs[m.IntN(len(m.IDs))]; id.Entity == "TH_TNIN" {
				return "", id.Value, id.Entity, false
			}
		}
	}
	if entity := entities[what]; entity != "" {
		return "", take(m, what, m.Values[entity]), entity, false
	}
	return "", m.noise(what), "", false
}

// entities are those of values that have no locale.
var entities = map[string]string{"email": "EMAIL_ADDRESS", "url": "URL", "ip": "IP_ADDRESS", "mac": "MAC_ADDRESS", "card": "CREDIT_CARD", "iban": "IBAN_CODE"}

func (m *maker) person(what string, l *locale) (string, bool) {
	p := take(m, l.Name+" person", l.People)
	first, last, whole := p[0], p[1], p[2]
	other := l.People[m.IntN(len(l.People))]
	coined := false
	if m.IntN(3) == 0 && !strings.Contains(last, " ") {
		newLast := coin(m.Rand, last, other[1])
		newFirst := first
		if m.IntN(2) == 0 || what == "first" {
			newFirst = coin(m.Rand, first, other[0])
		}
		coined = newLast != last && what != "first" || newFirst != first && what != "last"
		whole = strings.Replace(strings.Replace(whole, last, newLast, 1), first, newFirst, 1)
		first, last = newFirst, newLast
	}
	switch {
	case what == "first":
		return first, coined
	case what == "last":
		return last, coined
	case m.IntN(12) == 0:
		return last + ", " + first, coined
	case m.IntN(15) == 0:
		initial := []rune(first)[0]
		return string(initial) + ". " + last, coined
	}
	return whole, coined
}

var thaiTitles = []string{"นาย", "นาง", "นางสาว", "น.ส.", "ด.ช.", "คุณ"}

func (m *maker) thaiPerson(what string) (string, bool) {
	people := m.locale("th_TH").People
	p, other := take(m, "thai person", people), people[m.IntN(len(people))]
	first, last, coined := p[0], p[1], false
	if m.IntN(3) == 0 {
		first, last = coin(m.Rand, first, other[0]), coin(m.Rand, last, other[1])
		coined = first != p[0] || last != p[1]
	}
	switch what {
	case "thkhun":
		return "คุณ" + first, coined
	case "thdoctor":
		return "คุณหมอ" + first, coined
	case "thnick":
		return []string{"น้อง", "พี่", "ป้า", "ลุง"}[m.IntN(4)] + take(m, "nick", m.Nicks), coined
	case "thrank":
		return []string{"พ.ต.ท.", "ร.ต.อ.", "ด.ต.", "พล.ต.ต.", "ส.ต.ท."}[m.IntN(5)] + first + " " + last, coined
	case "thtitled":
		return thaiTitles[m.IntN(len(thaiTitles))] + first + " " + last, coined
	}
	return first + " " + last, coined
}

func (m *maker) thaiPlace() string {
	province, district := take(m, "province", m.Provinces), take(m, "district", m.Districts)
	switch m.IntN(5) {
	case 0, 1:
		return "จังหวัด" + province
	case 2:
		return "จ." + province
	case 3:
		return "อำเภอ" + district
	}
	return province
}

// thaiAddress writes an address of which each place is one by itself.
func (m *maker) thaiAddress(t *text, b *strings.Builder) {
	fmt.Fprintf(b, "%d/%d หมู่ %d", 1+m.IntN(300), 1+m.IntN(99), 1+m.IntN(15))
	signs := [][3]string{{"ต.", "อ.", "จ."}, {"ตำบล", "อำเภอ", "จังหวัด"}}[m.IntN(2)]
	for i, name := range [3]string{take(m, "tambon", m.Tambons), take(m, "district", m.Districts), take(m, "province", m.Provinces)} {
		b.WriteByte(' ')
		t.spans = append(t.spans, span{start: b.Len(), end: b.Len() + len(signs[i]) + len(name), entity: "LOCATION"})
		b.WriteString(signs[i] + name)
	}
	fmt.Fprintf(b, " %d", 10000+m.IntN(86000))
}

// inLine puts an address of several lines into one, mostly.
func (m *maker) inLine(address string) string {
	if m.IntN(4) == 0 {
		return strings.TrimSpace(address)
	}
	return strings.Join(strings.FieldsFunc(address, func(r rune) bool { return r == '\n' }), ", ")
}

// forms are how dates are written in English texts.
var forms = []string{"2006-01-02", "02/01/2006", "1/2/06", "January 2, 2006", "2 January 2006", "Jan 2, 2006", "2 Jan 06", "Mon, 2 Jan 2006", "2006-01-02 15:04:05",
	"2006-01-02T15:04:05Z", "January 2006", "2-Jan-2006", "02.01.2006", "2 January", "2006/01/02", "02/Jan/2006:15:04:05 +0000", "Mon Jan 2 15:04:05 2006"}

// months of the languages that write them out here.
var months = map[string][]string{
	"de_DE": strings.Fields("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
	"fr_FR": strings.Fields("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
	"es_ES": strings.Fields("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
	"th_TH": strings.Fields("มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม"),
}

var shortThai = strings.Fields("ม.ค. ก.พ. มี.ค. เม.ย. พ.ค. มิ.ย. ก.ค. ส.ค. ก.ย. ต.ค. พ.ย. ธ.ค.")

// date writes a day in a form of the locale.
func (m *maker) date(locale string) string {
	t, err := time.Parse("2006-01-02T15:04:05", take(m, "date", m.Values["DATE_TIME"]))
	if err != nil {
		panic(err) // values.py writes them so
	}
	month, k := "", m.IntN(3)
	if names := months[locale]; names != nil {
		month = names[t.Month()-1]
	}
	switch locale {
	case "de_DE":
		return []string{t.Format("02.01.2006"), t.Format("2.1.06"), fmt.Sprintf("%d. %s %d", t.Day(), month, t.Year())}[k]
	case "fr_FR":
		return []string{t.Format("02/01/2006"), t.Format("02/01/06"), fmt.Sprintf("%d %s %d", t.Day(), month, t.Year())}[k]
	case "es_ES":
		return []string{t.Format("02/01/2006"), t.Format("2-1-2006"), fmt.Sprintf("%d de %s de %d", t.Day(), month, t.Year())}[k]
	case "da_DK", "no_NO", "fi_FI", "cs_CZ", "sk_SK", "de_AT", "de_CH", "ro_RO", "hr_HR", "sl_SI", "tr_TR":
		return t.Format([]string{"02.01.2006", "2.1.2006", "2. 1. 2006"}[k])
	case "pt_BR", "pt_PT", "es_MX", "nl_BE":
		return t.Format([]string{"02/01/2006", "02-01-2006", "2/1/2006"}[k])
	case "hu_HU":
		return t.Format([]string{"2006.01.02", "2006-01-02", "2006/01/02"}[k])
	case "nl_NL", "it_IT", "pl_PL", "sv_SE", "id_ID", "ms_MY", "vi_VN":
		return t.Format([]string{"02-01-2006", "02/01/2006", "2006-01-02"}[k])
	case "th_TH":
		return []string{fmt.Sprintf("%d/%d/%d", t.Day(), t.Month(), t.Year()+543), fmt.Sprintf("%d %s %d", t.Day(), month, t.Year()+543),
			fmt.Sprintf("%d %s %02d", t.Day(), shortThai[t.Month()-1], (t.Year()+543)%100)}[k]
	}
	return t.Format(forms[m.IntN(len(forms))])
}

// noise is a number or code that is nobody's.
func (m *maker) noise(what string) string {
	form := map[string]string{"n1": "%", "n2": "%#", "n3": "%##", "n4": "%###", "n5": "%####", "n6": "%#####", "n8": "%#######", "n12": "%###########", "m2": "4#",
		"hex40": strings.Repeat("x", 40), "hex32": strings.Repeat("x", 32), "uuid": "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx", "sku": "AX-%###-K"}[what]
	if form == "" {
		panic("template: no placeholder {" + what + "}")
	}
	b := []byte(form)
	for i, c := range b {
		switch c {
		case '%':
			b[i] = byte('1' + m.IntN(9))
		case '#':
			b[i] = byte('0' + m.IntN(10))
		case 'x':
			b[i] = "0123456789abcdef"[m.IntN(16)]
		}
	}
	return string(b)
}
