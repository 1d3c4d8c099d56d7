package rows

// maxYear bounds years, so that microseconds fit 64 bits.
const maxYear = 290_000

const (
	second = 1_000_000
	day    = 24 * 60 * 60 * second
)

// parseDate reads 2006-01-02 or 2006-01-02Z as days since 1970-01-01. Years may
// have a sign and more than four digits.
func parseDate(b []byte) (int64, error) {
	days, rest, err := cutDate(b)
	if err == nil && len(rest) != 0 && string(rest) != "Z" {
		err = errType
	}
	return days, err
}

// parseTime reads 15:04:05.999999 or 15:04:05.999999Z as microseconds since
// midnight.
func parseTime(b []byte) (int64, error) {
	t, rest, err := cutTime(b)
	if err == nil && len(rest) != 0 && string(rest) != "Z" {
		err = errType
	}
	return t, err
}

// parseTimestamp reads 2006-01-02T15:04:05.999999Z as microseconds since
// 1970-01-01; with a zone, an offset such as +07:00 may stand for the Z.
func parseTimestamp(b []byte, zone bool) (int64, error) {
	days, b, err := cutDate(b)
	if err != nil {
		return 0, err
	}
	if len(b) == 0 || b[0] != 'T' && b[0] != ' ' {
		return 0, errType
	}
	t, b, err := cutTime(b[1:])
	if err != nil {
		return 0, err
	}
	t += days * day
	switch {
	case len(b) == 0 && !zone, string(b) == "Z":
		return t, nil
	case zone && len(b) == 6 && (b[0] == '+' || b[0] == '-') && b[3] == ':':
		h, ok := two(b[1:], 23)
		m, ok2 := two(b[4:], 59)
		if !ok || !ok2 {
			return 0, errType
		}
		offset := (h*60 + m) * 60 * second
		if b[0] == '-' {
			return t + offset, nil
		}
		return t - offset, nil
	}
	return 0, errType
}

// cutDate reads a date and returns what follows it.
func cutDate(b []byte) (days int64, rest []byte, err error) {
	neg := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg = b[0] == '-'
		b = b[1:]
	}
	var y int64
	i := 0
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		if y = y*10 + int64(b[i]-'0'); y > maxYear {
			return 0, nil, errRange
		}
	}
	if i < 4 || len(b) < i+6 || b[i] != '-' || b[i+3] != '-' {
		return 0, nil, errType
	}
	if neg {
		y = -y
	}
	m, ok := two(b[i+1:], 12)
	d, ok2 := two(b[i+4:], 31)
	if !ok || !ok2 || m == 0 || d == 0 || d > daysIn(y, m) {
		return 0, nil, errRange
	}
	return daysSinceEpoch(y, m, d), b[i+6:], nil
}

// cutTime reads a time of day and returns what follows it.
func cutTime(b []byte) (micros int64, rest []byte, err error) {
	if len(b) < 8 || b[2] != ':' || b[5] != ':' {
		return 0, nil, errType
	}
	h, ok := two(b, 23)
	m, ok2 := two(b[3:], 59)
	s, ok3 := two(b[6:], 59)
	if !ok || !ok2 || !ok3 {
		return 0, nil, errRange
	}
	micros = ((h*60+m)*60 + s) * second
	b = b[8:]
	if len(b) == 0 || b[0] != '.' {
		return micros, b, nil
	}
	unit := int64(second / 10)
	i := 1
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		d := int64(b[i] - '0')
		if unit == 0 && d != 0 {
			return 0, nil, errRange // nothing is rounded
		}
		micros += d * unit
		unit /= 10
	}
	if i == 1 {
		return 0, nil, errType
	}
	return micros, b[i:], nil
}

// two reads two digits up to limit.
func two(b []byte, limit int64) (int64, bool) {
	if len(b) < 2 || b[0]-'0' > 9 || b[1]-'0' > 9 {
		return 0, false
	}
	v := int64(b[0]-'0')*10 + int64(b[1]-'0')
	return v, v <= limit
}

func daysIn(y, m int64) int64 {
	switch m {
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysSinceEpoch counts days in the proleptic Gregorian calendar. Years are
// taken to begin in March, so that the leap day is a year's last; 400 of them
// are an era of 146,097 days, and 719,468 days lie between 0000-03-01 and
// 1970-01-01.
func daysSinceEpoch(y, m, d int64) int64 {
	if m <= 2 {
		y--
	}
	era := y / 400
	if y < 0 {
		era = (y - 399) / 400
	}
	inEra := y - era*400
	inYear := (153*((m+9)%12)+2)/5 + d - 1
	return era*146_097 + inEra*365 + inEra/4 - inEra/100 + inYear - 719_468
}
