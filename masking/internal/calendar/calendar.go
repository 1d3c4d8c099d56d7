// Package calendar knows the days of the Gregorian calendar, of every year: it
// leaves to its callers which years and eras there are.
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
