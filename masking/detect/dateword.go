package detect

import "lethe/masking/internal/calendar"

// dateWord offers a date around token i, the name of a month: 5 May 2024, May
// 5th, 2024, 5. Mai, 5 de mayo de 2024, 5-MAY-24, May 2024.
func (f *Finder) dateWord(i int, t *token, w *word) {
	if !f.on[dateTime] || !f.free(int(t.start)) {
		return
	}
	m := moment{month: int(w.month)}
	start, end := int(t.start), int(t.end)
	before := f.dayBefore(i, &m)
	if before >= 0 {
		start = before
	} else if stop := f.dayAfter(end, &m); stop > 0 {
		end = stop
	}
	if stop := f.yearAfter(end, m.day != 0, &m); stop > 0 {
		end = stop
	} else if m.day != 0 && before < 0 {
		if from := f.yearBefore(int(t.start), &m); from >= 0 {
			start = from
		}
	}
	f.offerDate(start, end, m, w.other && classes[f.text[t.start]] != isUpper)
}

// offerDate adds a date in words that the calendar has. A month that is another
// word too needs a day and a year.
func (f *Finder) offerDate(start, end int, m moment, doubtful bool) {
	base := float32(.85)
	switch {
	case m.day == 0 && m.year == 0, doubtful && (m.day == 0 || m.year == 0):
		return
	case m.day == 0 && m.short:
		return
	case m.year == 0 && !m.short:
		base = .6
	case m.day == 0:
		base = .55
	}
	if !m.exists() {
		return
	}
	if from := f.weekdayBefore(start); from >= 0 {
		start = from
	}
	if stop := f.yearBehindClock(end); m.year == 0 && !m.short && stop > 0 {
		f.add(dateTime, start, stop, .85, false, "day, month or year in words")
		return
	}
	f.addDate(start, end, base, "day, month or year in words")
}

// yearBehindClock is where the year ends that stands behind the time of day, as in
// "Jan 5 10:11:12 2024" and "Jan 5 10:11:12 UTC 2024"; -1 if there is none.
func (f *Finder) yearBehindClock(end int) int {
	if f.byteAt(end) != ' ' {
		return -1
	}
	i := f.clock(end + 1)
	if i < 0 {
		return -1
	}
	if f.byteAt(i) != ' ' {
		return -1
	}
	year, n := f.readNumber(i+1, 4)
	if n != 4 || year < 1800 || year > 2199 || !f.ends(i+5) {
		return -1
	}
	return i + 5
}

// dayBefore reads the day before token i and gives where it begins, -1 if there
// is none: "5", "5th of", "5.", "1er", "5-".
func (f *Finder) dayBefore(i int, m *moment) int {
	j := i - 1
	for glue := 0; glue < 2 && j >= 0 && f.vocab.at(f.wordOf(j)).glue && f.close(j); glue++ {
		j--
	}
	if j < 0 || !f.close(j) {
		return -1
	}
	d := &f.tokens[j]
	day, n := f.readNumber(int(d.start), 2)
	if n == 0 || !f.free(int(d.start)) || n < d.len() && !isOrdinal(f.text[int(d.start)+n:d.end]) || day < 1 || day > 31 {
		return -1
	}
	if b := f.byteAt(int(d.start) - 1); (b == '.' || b == ',' || b == ':' || b == '/') && f.isDigitAt(int(d.start)-2) {
		return -1
	}
	m.day = day
	return int(d.start)
}

// close reports whether at most a separator or two stand behind token j.
func (f *Finder) close(j int) bool {
	if j+1 >= len(f.tokens) {
		return false
	}
	gap := f.text[f.tokens[j].end:f.tokens[j+1].start]
	if len(gap) == 0 || len(gap) > 3 {
		return false
	}
	for _, b := range gap {
		switch b {
		case ' ', '.', '-', '/', ',', '\'', 0xC2, 0xBA, 0xAA: // the last are º and ª
		default:
			return false
		}
	}
	return true
}

func isOrdinal(suffix []byte) bool {
	switch string(suffix) {
	case "st", "nd", "rd", "th", "er", "ST", "ND", "RD", "TH", "a", "o", "e", "ste", "de":
		return true
	}
	return false
}

// dayAfter reads the day after the month that ends at i: "May 5th".
func (f *Finder) dayAfter(i int, m *moment) int {
	if f.byteAt(i) == '.' {
		i++
	}
	if b := f.byteAt(i); b != ' ' && b != '-' && b != '/' {
		return -1
	}
	i++
	if f.hasAt(i, "the ") {
		i += 4
	}
	day, n := f.readNumber(i, 2)
	if n == 0 || day < 1 || day > 31 {
		return -1
	}
	i += n
	if i+2 <= len(f.text) && isOrdinal(f.text[i:i+2]) {
		i += 2
	}
	if !f.ends(i) || f.byteAt(i) == '.' && f.isDigitAt(i+1) || f.byteAt(i) == ':' || f.byteAt(i) == '%' {
		return -1
	}
	m.day = day
	return i
}

// yearAfter reads the year after what ends at i. Two digits are a year where a
// day is known and an apostrophe or the same dash as before stands there.
func (f *Finder) yearAfter(i int, hasDay bool, m *moment) int {
	for n := 0; n < 2 && (f.byteAt(i) == ',' || f.byteAt(i) == '.'); n++ {
		i++
	}
	apart := f.byteAt(i)
	if apart == ' ' || apart == '-' || apart == '/' {
		i++
	}
	for _, glue := range []string{"de ", "del ", "of ", "พ.ศ. ", "พ.ศ."} {
		if f.hasAt(i, glue) {
			i += len(glue)
			break
		}
	}
	quoted := f.byteAt(i) == '\''
	if quoted {
		i++
	}
	year, n := f.readNumber(i, 4)
	switch {
	case !f.ends(i+n) || (f.byteAt(i+n) == ':' && (n < 4 || apart != '/') || f.byteAt(i+n) == '.') && f.isDigitAt(i+n+1):
	case n == 4 && (saysYear(year)):
		m.year = year
		return i + n
	case n == 2 && hasDay && (quoted || apart == '-' || apart == '/' || apart == ' ' && (year > 31 || f.byteAt(i+n) != ' ')):
		m.year, m.short = year, true
		return i + n
	}
	return -1
}

// yearBefore reads the year that ends before i, as in "2024 May 5".
func (f *Finder) yearBefore(i int, m *moment) int {
	if b := f.byteAt(i - 1); b != ' ' && b != '-' {
		return -1
	}
	from := i - 5
	if from < 0 || !f.free(from) {
		return -1
	}
	year, n := f.readNumber(from, 4)
	if n != 4 || year < 1800 || year > 2199 {
		return -1
	}
	m.year = year
	return from
}

// weekdayBefore is where the day of the week before a date begins, -1 if there
// is none.
func (f *Finder) weekdayBefore(start int) int {
	i := f.tokenBefore(start)
	if i < 0 {
		return -1
	}
	t := &f.tokens[i]
	gap := start - int(t.end)
	if gap < 1 || gap > 3 || !f.vocab.at(f.wordOf(i)).day {
		return -1
	}
	for _, b := range f.text[t.end:start] {
		if b != ' ' && b != ',' && b != '.' {
			return -1
		}
	}
	return int(t.start)
}

// dateGlued offers 05May2024, one token.
func (f *Finder) dateGlued(t *token) {
	if !f.on[dateTime] || t.len() < 5 || t.len() > 15 || !f.free(int(t.start)) {
		return
	}
	at := int(t.start)
	day, n := f.readNumber(at, 2)
	i := at + n
	for i < int(t.end) && classes[f.text[i]]&isAlpha != 0 {
		i++
	}
	name := f.text[at+n : i]
	w := f.vocab.at(f.vocab.find(hashOf(name), name))
	year, digits := f.readNumber(i, 4)
	if w.month == 0 || n == 0 || i+digits != int(t.end) || digits != 4 && digits != 2 {
		return
	}
	m := moment{day: day, month: int(w.month), year: year, short: digits == 2}
	if m.exists() {
		f.addDate(at, int(t.end), .8, "day, month or year in words")
	}
}

// dateThai offers a date whose day, token t, a Thai month follows: 5 มกราคม 2567,
// 5 ม.ค. 67.
func (f *Finder) dateThai(t *token) {
	at := int(t.start)
	day, n := f.readNumber(at, 2)
	if n == 0 || n != t.len() || day < 1 || day > 31 || !f.on[dateTime] {
		return
	}
	i := int(t.end)
	if f.byteAt(i) == '-' && f.isDigitAt(i+1) {
		return // of a range; its end bears the month
	}
	if f.byteAt(i) == ' ' {
		i++
	}
	month, end := f.thaiMonth(i)
	if month == 0 {
		return
	}
	m := moment{month: month, day: day}
	if stop := f.thaiYear(end, &m); stop > 0 {
		end = stop
	}
	base := float32(.85)
	if m.year == 0 {
		base = .6
	}
	if m.exists() {
		f.addDate(at, end, base, "day, month or year in words")
	}
}

// dateThaiMonth offers a Thai month and the year, token t, behind it.
func (f *Finder) dateThaiMonth(t *token) {
	if t.len() != 4 || !f.on[dateTime] {
		return
	}
	i := int(t.start)
	if f.byteAt(i-1) == ' ' {
		i--
	}
	for _, era := range thaiEras {
		if f.hasAt(i-len(era), era) {
			if i -= len(era); f.byteAt(i-1) == ' ' {
				i--
			}
			break
		}
	}
	if b := f.byteAt(i - 1); b < 0x80 && b != '.' {
		return
	}
	year, _ := f.readNumber(int(t.start), 4)
	for month := 1; month <= 12; month++ {
		for form := range calendar.Bare {
			m, name := moment{month: month, year: year}, calendar.ThaiMonth(month, form)
			if f.hasAt(i-len(name), name) && m.exists() {
				f.addDate(i-len(name), int(t.end), .55, "day, month or year in words")
				return
			}
		}
	}
}

// thaiMonth reads the month at i.
func (f *Finder) thaiMonth(i int) (month, end int) {
	if f.byteAt(i) != 0xE0 {
		return 0, i
	}
	for month := 1; month <= 12; month++ {
		for form := range calendar.Bare + 1 {
			if name := calendar.ThaiMonth(month, form); f.hasAt(i, name) {
				return month, i + len(name)
			}
		}
	}
	return 0, i
}

// thaiYear reads the year at i, of four digits, or of two if they end there.
func (f *Finder) thaiYear(i int, m *moment) int {
	if f.byteAt(i) == ' ' {
		i++
	}
	era, short := false, f.byteAt(i-1) == '.' || f.byteAt(i-2) == '.'
	for _, name := range thaiEras {
		if f.hasAt(i, name) {
			i += len(name)
			era = true
			break
		}
	}
	if f.byteAt(i) == ' ' {
		i++
	}
	year, n := f.readNumber(i, 4)
	switch b := f.byteAt(i + n); {
	case n == 4 && (saysYear(year)):
		m.year = year
		return i + n
	case n == 2 && (era || year >= 40 || short) && b != ':' && b != '/' && b != '%' && !((b == '.' || b == '-' || b == ',') && f.isDigitAt(i+n+1)):
		m.year, m.short = year, true
		return i + n
	}
	return -1
}
