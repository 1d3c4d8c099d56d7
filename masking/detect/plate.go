package detect

// plateForm is how plates of a country are written: 9 is a digit, A a letter.
type plateForm struct {
	entity entity
	form   string
}

// plateForms are offered where a word announces a plate.
var plateForms = []plateForm{
	{ukPlate, "AA99 AAA"}, {ukPlate, "AA99AAA"}, {ukPlate, "AA99-AAA"}, {ukPlate, "A999 AAA"}, {ukPlate, "A999AAA"}, {ukPlate, "AAA 999A"}, {ukPlate, "AAA999A"},
	{ukPlate, "A99 AAA"}, {ukPlate, "AAA 99A"},
	{inPlate, "AA99AA9999"}, {inPlate, "AA 99 AA 9999"}, {inPlate, "AA-99-AA-9999"}, {inPlate, "AA99A9999"}, {inPlate, "AA 99 A 9999"}, {inPlate, "AA9AA9999"}, {inPlate, "AA99 AA 9999"},
	{inPlate, "AA99 AA9999"}, {inPlate, "AA-99-A-9999"}, {inPlate, "AA 99 9999"},
	{trPlate, "99 A 9999"}, {trPlate, "99 AA 999"}, {trPlate, "99 AA 9999"}, {trPlate, "99 AAA 99"}, {trPlate, "99 AAA 999"}, {trPlate, "99AAA999"}, {trPlate, "99AA999"}, {trPlate, "99 A 99999"},
	{dePlate, "A-A 9"}, {dePlate, "A-A 99"}, {dePlate, "A-A 999"}, {dePlate, "A-A 9999"}, {dePlate, "A-AA 9"}, {dePlate, "A-AA 99"}, {dePlate, "A-AA 999"}, {dePlate, "A-AA 9999"},
	{dePlate, "AA-A 99"}, {dePlate, "AA-A 999"}, {dePlate, "AA-A 9999"}, {dePlate, "AA-AA 99"}, {dePlate, "AA-AA 999"}, {dePlate, "AA-AA 9999"},
	{dePlate, "AAA-A 99"}, {dePlate, "AAA-A 999"}, {dePlate, "AAA-AA 99"}, {dePlate, "AAA-AA 999"}, {dePlate, "A AA 9999"}, {dePlate, "AA AA 999"}, {dePlate, "AA AA 9999"},
	{plate, "AA-999-AA"}, {plate, "AA 999 AA"}, {plate, "AA999AA"}, {plate, "9999 AAA"}, {plate, "9999AAA"}, {plate, "AA-99-99"}, {plate, "99-AA-99"}, {plate, "AA-999-A"}, {plate, "A-999-AA"},
	{plate, "9-AAA-99"}, {plate, "99-AAA-9"}, {plate, "AA 99999"}, {plate, "AA 9999A"}, {plate, "AAA 9999"}, {plate, "AAA9999"}, {plate, "AAA9999A"}, {plate, "AAA 9999 A"}, {plate, "AA 9999 A"}, {plate, "AAA 999"},
	{plate, "AAA-999"}, {plate, "AAA-9999"}, {plate, "9AAA999"}, {plate, "99-AA-999"}, {plate, "AA 99 AAA"}, {plate, "1-AAA-999"}, {plate, "AAA999"}, {plate, "99A-999.99"}, {plate, "99A-99999"}, {plate, "A 9999 AA"}, {plate, "A 9999 AAA"},
}

// plates offers what begins with token t, where a word announces a plate.
func (f *Finder) plates(t *token) {
	at := int(t.start)
	if !f.topics.has(aboutPlate) || !f.free(at) || t.len() > 10 || t.kind&isLower != 0 {
		return
	}
	for i := range plateForms {
		p := &plateForms[i]
		end := at + len(p.form)
		if end > len(f.text) || !f.ends(end) || !fitsForm(f.text[at:end], p.form) {
			continue
		}
		if before := f.nearBefore(aboutPlate, at); p.form == "AA 99999" && (before < 0 || before > 12) {
			continue // a state of the USA and its ZIP code are written so
		}
		if told := f.told(aboutPlate, at, end); told >= 0 && told <= 40 {
			f.add(p.entity, at, end, score(.6, told)+float32(len(p.form))/1000, false, "form of a plate, and a word that announces it")
		}
	}
}

// thaiPlate offers 1กข 1234 and กข-1234, whose digits are token t.
func (f *Finder) thaiPlate(i int, t *token) {
	if t.len() > 4 || i == 0 || !f.topics.has(aboutPlate) {
		return
	}
	letters := &f.tokens[i-1]
	gap := int(t.start) - int(letters.end)
	if letters.kind != isWide || letters.len() < 3 || gap > 1 {
		return
	}
	start := int(letters.end)
	for n := 0; n < 3 && start-3 >= int(letters.start) && f.text[start-3] == 0xE0 && f.text[start-2] == 0xB8 && f.text[start-1] <= 0xAE; n++ {
		start -= 3
	}
	if n := int(letters.end) - start; n < 3 || n > 6 {
		return
	}
	if b := f.byteAt(start - 1); b >= 0x80 || b == '.' {
		return // the end of a word
	}
	if f.isDigitAt(start-1) && !f.isDigitAt(start-2) {
		start--
	}
	if told := f.near(aboutPlate, start, int(t.end)); told >= 0 && told <= 20 {
		f.add(plate, start, int(t.end), score(.6, told), false, "form of a plate, and a word that announces it")
	}
}
