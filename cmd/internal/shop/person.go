package shop

import (
	"strconv"
	"strings"
	"time"
)

// person is somebody who does not exist.
type person struct {
	name  string // as they write it
	latin string // in ASCII letters, for mail addresses
	male  bool
	born  time.Time
}

func (g *generator) person(home *country) person {
	p := person{male: g.IntN(2) == 0, born: g.born()}
	p.name, p.latin = home.name(g, p.male)
	return p
}

// email is an address in a domain that RFC 2606 reserves.
func (g *generator) email(p person) string {
	parts := strings.Fields(strings.ToLower(p.latin))
	first, family := parts[0], parts[len(parts)-1]
	domain := pick(g, []string{"example.com", "example.org", "example.net", "mail.example.com", "post.example", "inbox.example"})
	n := strconv.Itoa(g.IntN(1000))
	switch g.IntN(4) {
	case 0:
		return first + "." + family + "@" + domain
	case 1:
		return first + "." + family + n + "@" + domain
	case 2:
		return first[:1] + family + n + "@" + domain
	}
	return first + "_" + n + "@" + domain
}

// pair is a word as it is written and in ASCII letters.
type pair struct{ own, latin string }

func thaiName(g *generator, male bool) (string, string) {
	first, title := pick(g, thaiWomen()), pick(g, []string{"", "", "นางสาว", "นาง", "คุณ"})
	if male {
		first, title = pick(g, thaiMen()), pick(g, []string{"", "", "นาย", "คุณ"})
	}
	a, b := pick(g, thaiFamilyFirst()), pick(g, thaiFamilyLast())
	latin := first.latin + " " + a.latin + b.latin
	if g.IntN(5) == 0 {
		return latin, latin
	}
	return title + first.own + " " + a.own + b.own, latin
}

func thaiMen() []pair {
	return []pair{{"สมชาย", "Somchai"}, {"อนันต์", "Anan"}, {"ประเสริฐ", "Prasert"}, {"วีระ", "Weera"}, {"ธนา", "Thana"}, {"กิตติ", "Kitti"},
		{"สุรชัย", "Surachai"}, {"นพดล", "Noppadon"}, {"ชัยวัฒน์", "Chaiwat"}, {"ณัฐ", "Nat"}, {"พงศ์", "Pong"}, {"อาทิตย์", "Arthit"},
		{"ปรีชา", "Preecha"}, {"มานะ", "Mana"}, {"เอก", "Ek"}, {"ธีรพงษ์", "Theeraphong"}, {"วิชัย", "Wichai"}, {"ภูมิ", "Phum"}}
}

func thaiWomen() []pair {
	return []pair{{"สุดา", "Suda"}, {"มาลี", "Malee"}, {"กมล", "Kamon"}, {"พิมพ์", "Pim"}, {"อรทัย", "Orathai"}, {"นภา", "Napha"},
		{"วรรณา", "Wanna"}, {"รัตนา", "Rattana"}, {"ดวงใจ", "Duangjai"}, {"จันทร์", "Chan"}, {"สายฝน", "Saifon"}, {"ปราณี", "Pranee"},
		{"ชุติมา", "Chutima"}, {"ณิชา", "Nicha"}, {"บุษบา", "Butsaba"}, {"ศิริพร", "Siriporn"}, {"อัญชลี", "Anchalee"}, {"ใบบัว", "Baibua"}}
}

func thaiFamilyFirst() []pair {
	return []pair{{"ทอง", "Thong"}, {"ศรี", "Sri"}, {"สุข", "Suk"}, {"บุญ", "Boon"}, {"แก้ว", "Kaew"}, {"วงศ์", "Wong"}, {"รุ่ง", "Rung"},
		{"พงษ์", "Phong"}, {"ชัย", "Chai"}, {"จันทร", "Chanthara"}, {"มณี", "Manee"}, {"ไพร", "Phrai"}, {"สาย", "Sai"}, {"ธาร", "Than"}}
}

func thaiFamilyLast() []pair {
	return []pair{{"พัฒนา", "phatthana"}, {"เจริญ", "charoen"}, {"สกุลดี", "sakundee"}, {"รัตนกุล", "rattanakun"}, {"ใจงาม", "jaingam"},
		{"วิไลวรรณ", "wilaiwan"}, {"สว่าง", "sawang"}, {"มั่นคง", "mankhong"}, {"ร่มเย็น", "romyen"}, {"ทรัพย์ทวี", "sapthawee"},
		{"น้ำใส", "namsai"}, {"ดาวเรือง", "daoruang"}, {"ปัญญาดี", "panyadee"}, {"สุขสันต์", "suksan"}}
}

func singaporeanName(g *generator, male bool) (string, string) {
	switch g.IntN(5) {
	case 0:
		father := pick(g, []string{"Rahman", "Yusof", "Ismail", "Hamid", "Salleh", "Osman"})
		first, of := pick(g, []string{"Nur Aisyah", "Siti Hajar", "Nurul Huda", "Farah"}), "binte"
		if male {
			first, of = pick(g, []string{"Muhammad Irfan", "Hafiz", "Ahmad Faizal", "Zulkifli"}), "bin"
		}
		name := first + " " + of + " " + father
		return name, name
	case 1:
		father := pick(g, []string{"Suresh", "Mohan", "Ganesan", "Krishnan", "Velu"})
		first, of := pick(g, []string{"Priya", "Kavitha", "Deepa", "Shanti"}), "d/o"
		if male {
			first, of = pick(g, []string{"Arjun", "Prakash", "Ravi", "Dinesh"}), "s/o"
		}
		name := first + " " + of + " " + father
		return name, name
	}
	family := pick(g, []string{"Tan", "Lim", "Lee", "Ng", "Wong", "Goh", "Chua", "Koh", "Teo", "Ong", "Toh", "Sim"})
	given := pick(g, []string{"Wei", "Jia", "Hui", "Zhi", "Xin", "Kai", "Mei", "Yong", "Shu"}) + " " + pick(g, []string{"Ling", "Ming", "Hao", "Ting", "Jie", "Yi", "Xuan", "Peng", "En"})
	name := family + " " + given
	if g.IntN(3) == 0 {
		english := pick(g, []string{"Grace", "Rachel", "Cheryl", "Joanne"})
		if male {
			english = pick(g, []string{"Marcus", "Desmond", "Adrian", "Benedict"})
		}
		return english + " " + name, english + " " + family
	}
	return name, given + " " + family
}

func germanName(g *generator, male bool) (string, string) {
	first := pick(g, []pair{{"Jörg", "Joerg"}, {"Lukas", "Lukas"}, {"Matthias", "Matthias"}, {"Günther", "Guenther"}, {"Felix", "Felix"}, {"Bernd", "Bernd"}})
	if !male {
		first = pick(g, []pair{{"Käthe", "Kaethe"}, {"Anke", "Anke"}, {"Sabine", "Sabine"}, {"Lena", "Lena"}, {"Heike", "Heike"}, {"Jule", "Jule"}})
	}
	return join(first, pick(g, []pair{{"Müller", "Mueller"}, {"Sommerfeld", "Sommerfeld"}, {"Weißbach", "Weissbach"}, {"Grünwald", "Gruenwald"},
		{"Kirschner", "Kirschner"}, {"Lindemann", "Lindemann"}, {"Vogelsang", "Vogelsang"}, {"Hölzer", "Hoelzer"}, {"Steinbrück", "Steinbrueck"}}))
}

// join puts names together as they are written and in ASCII.
func join(parts ...pair) (string, string) {
	var written, ascii []string
	for _, p := range parts {
		written, ascii = append(written, p.own), append(ascii, p.latin)
	}
	return strings.Join(written, " "), strings.Join(ascii, " ")
}

func spanishName(g *generator, male bool) (string, string) {
	first := pick(g, []pair{{"José", "Jose"}, {"Álvaro", "Alvaro"}, {"Diego", "Diego"}, {"Iván", "Ivan"}, {"Sergio", "Sergio"}})
	if !male {
		first = pick(g, []pair{{"Lucía", "Lucia"}, {"Inés", "Ines"}, {"Carmen", "Carmen"}, {"Rocío", "Rocio"}, {"Marta", "Marta"}})
	}
	families := []pair{{"García", "Garcia"}, {"Peña", "Pena"}, {"Robledo", "Robledo"}, {"Ibáñez", "Ibanez"}, {"Montero", "Montero"},
		{"Castaño", "Castano"}, {"Rivas", "Rivas"}, {"Olmedo", "Olmedo"}, {"Núñez", "Nunez"}}
	return join(first, pick(g, families), pick(g, families))
}

func polishName(g *generator, male bool) (string, string) {
	if male {
		return join(pick(g, []pair{{"Paweł", "Pawel"}, {"Łukasz", "Lukasz"}, {"Tomasz", "Tomasz"}, {"Michał", "Michal"}, {"Jan", "Jan"}}),
			pick(g, []pair{{"Wiśniewski", "Wisniewski"}, {"Zieliński", "Zielinski"}, {"Brzozowski", "Brzozowski"}, {"Jaworski", "Jaworski"}, {"Kamiński", "Kaminski"}}))
	}
	return join(pick(g, []pair{{"Agnieszka", "Agnieszka"}, {"Małgorzata", "Malgorzata"}, {"Zofia", "Zofia"}, {"Elżbieta", "Elzbieta"}, {"Hanna", "Hanna"}}),
		pick(g, []pair{{"Wiśniewska", "Wisniewska"}, {"Zielińska", "Zielinska"}, {"Brzozowska", "Brzozowska"}, {"Jaworska", "Jaworska"}, {"Kamińska", "Kaminska"}}))
}

func dutchName(g *generator, male bool) (string, string) {
	first := pick(g, []pair{{"Daan", "Daan"}, {"Sem", "Sem"}, {"Joost", "Joost"}, {"Wouter", "Wouter"}, {"Bram", "Bram"}})
	if !male {
		first = pick(g, []pair{{"Sanne", "Sanne"}, {"Fleur", "Fleur"}, {"Lotte", "Lotte"}, {"Anouk", "Anouk"}, {"Noëlle", "Noelle"}})
	}
	return join(first, pick(g, []pair{{"de Vries", "de Vries"}, {"van der Molen", "van der Molen"}, {"Bakker", "Bakker"}, {"Kuiper", "Kuiper"},
		{"van Dijk", "van Dijk"}, {"Zandstra", "Zandstra"}, {"Hoekstra", "Hoekstra"}}))
}
