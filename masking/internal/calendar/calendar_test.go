package calendar

import (
	"testing"
	"time"
)

func TestDaysAreThoseThatTheStandardLibraryKnows(t *testing.T) {
	for year := -401; year <= 2801; year++ {
		for month := -1; month <= 14; month++ {
			for day := -1; day <= 33; day++ {
				at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
				want := at.Year() == year && int(at.Month()) == month && at.Day() == day
				if Exists(year, month, day) != want {
					t.Fatalf("%d-%d-%d: %v", year, month, day, !want)
				}
			}
		}
	}
}
