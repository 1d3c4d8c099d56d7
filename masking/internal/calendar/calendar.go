// Package calendar knows the days of the Gregorian calendar, of every year, how rows
// write days and times of day, and what Thai dates add. It leaves to its callers which
// years and eras there are.
package calendar

// Exists reports whether a year has that month and that day, both from 1.
func Exists(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		return day <= 29
	}
	return day <= [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
}

// toEpoch is how many days 1970-01-01 lies after 0000-03-01, and era how many days 400
// years have, after which the calendar is the same again: days_from_civil and
// civil_from_days in Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
const (
	toEpoch = 719468
	era     = 146097
)

// DayOf counts days since 1970-01-01. Years begin in March here, so that the day
// that comes and goes is the last.
func DayOf(year, month, day int) int {
	if month < 3 {
		year--
		month += 12
	}
	return year*365 + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - toEpoch
}

// Civil is the date of a day after the year 0.
func Civil(day int) (year, month, dom int) {
	day += toEpoch
	eras, doe := day/era, day%era
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	year, month, dom = eras*400+yoe, mp+3, doy-(153*mp+2)/5+1
	if month > 12 {
		year, month = year+1, month-12
	}
	return year, month, dom
}
