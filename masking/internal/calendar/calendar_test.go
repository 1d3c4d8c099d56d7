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

func TestDaysAreCountedAsTheStandardLibraryCounts(t *testing.T) {
	at := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	for at.Year() < 10000 {
		y, m, d := Civil(int(at.Unix() / 86400))
		if n := DayOf(at.Year(), int(at.Month()), at.Day()); y != at.Year() || m != int(at.Month()) || d != at.Day() || int64(n) != at.Unix()/86400 {
			t.Fatalf("%v: %d-%d-%d, day %d", at, y, m, d, n)
		}
		at = at.AddDate(0, 0, 13)
	}
}

func TestTimesOfAnyOtherByteAreRefused(t *testing.T) {
	for _, good := range []string{"2024-02-29", "15:04:05.123456"} {
		fits := IsDate
		if len(good) > 10 {
			fits = IsClock
		}
		for at := range good {
			for c := range 256 {
				text := []byte(good)
				text[at] = byte(c)
				isDigit := c >= '0' && c <= '9'
				if good[at]-'0' > 9 && c != int(good[at]) || good[at]-'0' <= 9 && !isDigit {
					if fits(text) {
						t.Errorf("%q is taken", text)
					}
				}
			}
		}
		if !fits([]byte(good)) {
			t.Errorf("%s is refused", good)
		}
	}
}
