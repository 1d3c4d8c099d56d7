package detect

import "lethe/masking/internal/calendar"

// moment is a date as far as it is read.
type moment struct {
	year, month, day int // 0 is not said
	short            bool
}

// exists reports whether the calendar has the day. Years of the Buddhist era
// are ahead.
func (m moment) exists() bool {
	year := m.year
	if year >= calendar.FirstBuddhist {
		year -= calendar.Buddhist
	}
	if m.short {
		year += 2000
	}
	if m.year != 0 || m.short {
		if year < 1800 || year > 2199 {
			return false
		}
	} else {
		year = 2000 // a day of February may be the 29th
	}
	if m.day == 0 {
		return m.month >= 1 && m.month <= 12
	}
	return calendar.Exists(year, m.month, m.day)
}

// saysYear reports whether four digits are a year of either era that a text may mean.
func saysYear(n int) bool {
	return n >= 1800 && n <= 2199 || n >= calendar.FirstBuddhist && n <= 2699
}

// readNumber reads up to most digits at i: their value, and how many.
func (f *Finder) readNumber(i, most int) (value, digits int) {
	for digits < most && f.isDigitAt(i+digits) {
		value = value*10 + int(f.text[i+digits]-'0')
		digits++
	}
	if f.isDigitAt(i + digits) {
		return 0, 0
	}
	return value, digits
}

// dateNumbers offers a date in numbers that begins with token t: 2024-05-31,
// 31/05/2567, 5.31.24, 20240531T101112.
func (f *Finder) dateNumbers(t *token) {
	text := f.text
	at := int(t.start)
	if !f.on[dateTime] || !f.free(at) || t.len() > 24 || at > 1 && f.isDigitAt(at-2) && (text[at-1] == '.' || text[at-1] == '-' || text[at-1] == '/' || text[at-1] == ':' || text[at-1] == ',') {
		return
	}
	a, na := f.readNumber(at, 4)
	if na == 0 {
		f.dateCompact(t)
		return
	}
	i := at + na
	if f.dateCJK(at, i, a, na) {
		return
	}
	sep := f.byteAt(i)
	if na == 3 || sep != '-' && sep != '/' && sep != '.' {
		return
	}
	i = f.skipSpace(i+1, sep)
	b, nb := f.readNumber(i, 4)
	if nb == 0 || nb == 3 {
		return
	}
	i += nb
	j := i
	if sep == '.' && f.byteAt(j) == ' ' {
		return
	}
	if f.byteAt(j) != sep {
		f.dateTwo(at, i, a, na, b, nb, sep)
		return
	}
	j = f.skipSpace(j+1, sep)
	c, nc := f.readNumber(j, 4)
	if nc != 2 && nc != 4 && !(nc == 1 && na == 4) {
		return
	}
	end := j + nc
	if nb > 2 || !f.dateEnds(end, sep) {
		return
	}
	var m moment
	base := float32(.85)
	switch {
	case na == 4 && nc <= 2:
		m = moment{year: a, month: b, day: c}
		if !m.exists() && sep != '.' {
			m = moment{year: a, month: c, day: b}
		}
	case na <= 2 && nc == 4:
		m = moment{year: c, month: b, day: a}
		if !m.exists() && sep != '.' {
			m = moment{year: c, month: a, day: b}
		}
	case na <= 2 && nc == 2:
		base = .65
		m = moment{year: c, month: b, day: a, short: true}
		if !m.exists() && sep != '.' {
			m = moment{year: c, month: a, day: b, short: true}
		}
		if (sep == '-' || sep == '.' && (na == 1 || nb == 1)) && f.near(aboutDate, at, end) < 0 {
			return
		}
	default:
		return
	}
	if !m.exists() || sep == '.' && f.near(aboutVersion, at, end) >= 0 && nc != 4 {
		return
	}
	f.addDate(at, end, base, "day, month and year in numbers")
}

// skipSpace passes the space that German puts behind a dot.
func (f *Finder) skipSpace(i int, sep byte) int {
	if sep == '.' && f.byteAt(i) == ' ' && f.isDigitAt(i+1) {
		return i + 1
	}
	return i
}

// dateEnds reports whether a date in numbers can end at i.
func (f *Finder) dateEnds(i int, sep byte) bool {
	switch b := f.byteAt(i); {
	case b == 'T' || b == 't':
		return f.isDigitAt(i + 1)
	case !f.ends(i):
		return false
	case b == sep || b == '-' || b == '/' || b == '.':
		return !f.isDigitAt(i + 1)
	}
	return true
}

// dateTwo offers month and year, or day and month, where a word says that it is
// a date.
func (f *Finder) dateTwo(at, end, a, na, b, nb int, sep byte) {
	if sep == '.' || !f.dateEnds(end, sep) || f.told(aboutDate, at, end) < 0 {
		return
	}
	var m moment
	switch {
	case na == 4 && nb == 2:
		m = moment{year: a, month: b}
	case na <= 2 && nb == 4:
		m = moment{year: b, month: a}
	case na <= 2 && nb == 2 && sep == '/':
		m = moment{year: b, month: a, short: true}
		if !m.exists() {
			m = moment{day: a, month: b}
		}
	}
	if m.exists() {
		f.addDate(at, end, .5, "two numbers of a date, and a word that announces it")
	}
}

// dateCompact offers 20240531 where a time follows or a word announces it.
func (f *Finder) dateCompact(t *token) {
	at := int(t.start)
	if f.isDigitAt(at+8) || !f.isDigitAt(at+7) {
		return
	}
	year, month, day := f.twoDigits(at)*100+f.twoDigits(at+2), f.twoDigits(at+4), f.twoDigits(at+6)
	m := moment{year: year, month: month, day: day}
	if !m.exists() {
		m = moment{year: f.twoDigits(at+4)*100 + f.twoDigits(at+6), month: f.twoDigits(at + 2), day: f.twoDigits(at)}
	}
	if !m.exists() {
		return
	}
	end := at + 8
	if f.byteAt(end) == 'T' && f.isDigitAt(end+1) {
		if stop := f.clock(end + 1); stop > 0 {
			f.add(dateTime, at, stop, .85, false, "date and time without separators (ISO 8601)")
		}
		return
	}
	if f.ends(end) && f.told(aboutDate, at, end) >= 0 {
		f.addDate(at, end, .5, "date without separators, and a word that announces it")
	}
}

func (f *Finder) twoDigits(i int) int {
	return int(f.byteAt(i)-'0')*10 + int(f.byteAt(i+1)-'0')
}

// dateCJK offers 2024年5月31日 and 2024년 5월 31일.
func (f *Finder) dateCJK(at, i, year, digits int) bool {
	if digits != 4 {
		return false
	}
	var m moment
	m.year = year
	for part, signs := range [...][2]string{{"年", "년"}, {"月", "월"}, {"日", "일"}} {
		if part > 0 {
			if f.byteAt(i) == ' ' {
				i++
			}
			v, n := f.readNumber(i, 2)
			if n == 0 {
				return false
			}
			i += n
			if part == 1 {
				m.month = v
			} else {
				m.day = v
			}
		}
		if !f.hasAt(i, signs[0]) && !f.hasAt(i, signs[1]) {
			return false
		}
		i += len(signs[0])
	}
	if m.exists() {
		f.addDate(at, i, .9, "day, month and year with their signs")
	}
	return true
}

// hasAt reports whether s stands at i.
func (f *Finder) hasAt(i int, s string) bool {
	return i >= 0 && i+len(s) <= len(f.text) && string(f.text[i:i+len(s)]) == s
}

// addDate adds a date, with the time that follows it.
func (f *Finder) addDate(start, end int, base float32, why string) {
	stop := end
	i := end
	switch {
	case f.byteAt(i) == 'T' || f.byteAt(i) == 't', f.byteAt(i) == ':' && f.isDigitAt(i-4): // 05/Jan/2024:10:11:12
		i++
	case f.byteAt(i) == ',' && f.byteAt(i+1) == ' ':
		i += 2
	case f.byteAt(i) == ' ' && f.byteAt(i+1) == ' ':
		i += 2
	case f.byteAt(i) == ' ':
		i++
	}
	if f.hasAt(i, "เวลา ") {
		i += len("เวลา ")
	}
	if i > end {
		if t := f.clock(i); t > 0 {
			stop = t
		}
	}
	told := f.near(aboutDate, start, end)
	f.add(dateTime, start, stop, score(base, told), false, why)
}

// clock is where the time of day at i ends, -1 if there is none: 10:11:12.5Z,
// 9:30 pm, 14h30, 14.30 น.
func (f *Finder) clock(i int) int {
	hour, n := f.readNumber(i, 2)
	if n == 0 {
		if v, six := f.readNumber(i, 6); six == 6 && v/10000 < 24 && v/100%100 < 60 {
			return f.zone(i + 6)
		}
		return -1
	}
	i += n
	if hour > 24 {
		return -1
	}
	if f.byteAt(i) != ':' && f.byteAt(i) != '.' && f.byteAt(i) != 'h' {
		if end := f.halfDay(i); end > i && hour <= 12 {
			return end
		}
		return -1
	}
	dotted := f.byteAt(i) == '.'
	minute, n := f.readNumber(i+1, 2)
	if n != 2 || minute > 59 {
		return -1
	}
	i += 3
	if f.byteAt(i) == ':' {
		second, n := f.readNumber(i+1, 2)
		if n != 2 || second > 60 {
			return -1
		}
		i += 3
		if f.byteAt(i) == '.' || f.byteAt(i) == ',' {
			if _, n := f.readNumber(i+1, 9); n > 0 {
				i += 1 + n
			}
		}
	}
	if end := f.halfDay(i); end > i {
		return f.zone(end)
	}
	if f.byteAt(i) == ' ' && f.hasAt(i+1, "น.") {
		return i + 1 + len("น.")
	}
	if f.hasAt(i, "น.") {
		return i + len("น.")
	}
	if dotted {
		return -1 // 5.30 may be an amount
	}
	end := f.zone(i)
	if !f.ends(end) {
		return -1
	}
	return end
}

// halfDay is where "am" or "p.m." at i ends, i if it is not there.
func (f *Finder) halfDay(i int) int {
	from := i
	if f.byteAt(i) == ' ' {
		i++
	}
	if b := f.byteAt(i) | 0x20; b != 'a' && b != 'p' {
		return from
	}
	i++
	if f.byteAt(i) == '.' {
		i++
	}
	if f.byteAt(i)|0x20 != 'm' || !f.ends(i+1) {
		return from
	}
	i++
	if f.byteAt(i) == '.' && f.byteAt(i-2) == '.' {
		i++
	}
	return i
}

// zone is where the time zone at i ends, i if there is none.
func (f *Finder) zone(i int) int {
	switch {
	case f.byteAt(i)|0x20 == 'z' && f.ends(i+1):
		return i + 1
	case f.byteAt(i) == ' ' && (f.byteAt(i+1) == '+' || f.byteAt(i+1) == '-') && f.isDigitAt(i+5) && f.ends(i+6):
		return f.zone(i + 1) // +0000, in logs and mail
	case (f.byteAt(i) == '+' || f.byteAt(i) == '-') && f.isDigitAt(i+1) && f.isDigitAt(i+2):
		end := i + 3
		if f.byteAt(end) == ':' && f.isDigitAt(end+1) {
			end++
		}
		if f.isDigitAt(end) && f.isDigitAt(end+1) {
			end += 2
		}
		if f.ends(end) {
			return end
		}
	case f.hasAt(i, " UTC") || f.hasAt(i, " GMT"):
		if f.ends(i + 4) {
			return i + 4
		}
	}
	return i
}
