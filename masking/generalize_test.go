package masking

import (
	"strings"
	"testing"

	"lethe/masking/internal/calendar"
	"lethe/stream"
)

func TestL1GeneralizeGivesSomethingWiderOrRefuses(t *testing.T) {
	decade := Params{"as": "range", "width": 10}
	coded := Params{"as": "range", "width": 10, "from": 5, "bottom": 18, "top": int64(60)}
	cities := Params{"as": "hierarchy", "level": 2, "table": "Bangkok;Central;Thailand\nChiang Mai;North;Thailand\n\"a;b\";x;y\n42;n;number"}
	for _, c := range []struct {
		p       Params
		in, out string
	}{
		{decade, `20`, `"20-29"`}, {decade, `29.99`, `"20-29"`}, {decade, `30`, `"30-39"`}, {decade, `0`, `"0-9"`}, {decade, `-1`, `"-10 to -1"`},
		{decade, `-0.5`, `"-10 to -1"`}, {decade, `"๒๕"`, `"20-29"`}, {decade, `"25.50"`, `"20-29"`}, {decade, `2.5e1`, `"20-29"`}, {decade, `25e-30`, `"0-9"`},
		{decade, `1e300`, `operator`}, {decade, `"NaN"`, `operator`}, {decade, `"old"`, `operator`}, {decade, `true`, `operator`}, {decade, `[20]`, `operator`},
		{decade, `99999999999999999999`, `operator`}, {decade, `null`, `null`}, {decade, `""`, `""`}, {decade, `" "`, `operator`},
		{coded, `17`, `"\u003c18"`}, {coded, `18`, `"18-24"`}, {coded, `25`, `"25-34"`}, {coded, `59`, `"55-59"`}, {coded, `60`, `"60+"`}, {coded, `1e3`, `"60+"`},
		{Params{"as": "month"}, `"2024-03-09"`, `"2024-03"`}, {Params{"as": "quarter"}, `"2024-03-31T23:59:59.999999Z"`, `"2024-Q1"`},
		{Params{"as": "quarter"}, `"2024-04-01Z"`, `"2024-Q2"`}, {Params{"as": "year"}, `"2567-01-02"`, `"2024"`}, {Params{"as": "decade"}, `"12 มกราคม พ.ศ. 2567"`, `"2020s"`},
		{Params{"as": "year"}, `"๑๒ ม.ค. ๒๕๖๗"`, `"2024"`}, {Params{"as": "month"}, `"01/02/2006"`, `"2006-02"`}, {Params{"as": "month", "order": "mdy"}, `"01/02/2006"`, `"2006-01"`},
		{Params{"as": "month"}, `"01/13/2006"`, `operator`}, {Params{"as": "year"}, `"2/1/06"`, `operator`}, {Params{"as": "year"}, `"2023-02-29"`, `operator`},
		{Params{"as": "year"}, `"2024-01-01 0812345678"`, `operator`}, {Params{"as": "year"}, `2024`, `operator`}, {Params{"as": "year"}, `"2024-01-01T10:00:00+07:00"`, `"2024"`},
		{Params{"as": "age"}, `89`, `"89"`}, {Params{"as": "age"}, `90`, `"90+"`}, {Params{"as": "age"}, `"104"`, `"90+"`}, {Params{"as": "age"}, `-1`, `operator`}, {Params{"as": "age"}, `"1984-01-01"`, `operator`},
		{Params{"as": "age", "on": "2026-03-01"}, `"1984-03-02"`, `"41"`}, {Params{"as": "age", "on": "2026-03-01"}, `"1984-03-01Z"`, `"42"`},
		{Params{"as": "age", "on": "2026-03-01"}, `"1930-01-01"`, `"90+"`}, {Params{"as": "age", "on": "2026-03-01"}, `"2026-03-02"`, `operator`}, {Params{"as": "age", "on": "2026-03-01"}, `"5 ธันวาคม 2527"`, `"41"`},
		{Params{"as": "zip3"}, `"90210"`, `"902"`}, {Params{"as": "zip3"}, `"90210-1234"`, `"902"`}, {Params{"as": "zip3"}, `"902101234"`, `"902"`}, {Params{"as": "zip3"}, `"03601"`, `"000"`},
		{Params{"as": "zip3"}, `3601`, `"000"`}, {Params{"as": "zip3"}, `2139`, `"021"`}, {Params{"as": "zip3"}, `"9021"`, `operator`}, {Params{"as": "zip3"}, `"SW1A 1AA"`, `operator`}, {Params{"as": "zip3"}, `12`, `operator`},
		{Params{"as": "prefix"}, `"203.0.113.77"`, `"203.0.113.0/24"`}, {Params{"as": "prefix"}, `"2001:db8:1:2::7"`, `"2001:db8:1::/48"`}, {Params{"as": "prefix"}, `"::ffff:203.0.113.77"`, `"203.0.113.0/24"`},
		{Params{"as": "prefix", "bits4": 16}, `"203.0.113.77/32"`, `"203.0.0.0/16"`}, {Params{"as": "prefix"}, `"10.0.0.0/8"`, `"10.0.0.0/8"`}, {Params{"as": "prefix"}, `"fe80::1%eth0"`, `operator`}, {Params{"as": "prefix"}, `"1.2.3"`, `operator`},
		{Params{"as": "grid", "step": "0.05"}, `13.7563`, `"13.75"`}, {Params{"as": "grid", "step": 0.05}, `-33.8688`, `"-33.90"`}, {Params{"as": "grid", "step": 5}, `"100.5018"`, `"100"`},
		{Params{"as": "grid", "step": "0.5"}, `"13.7563, 100.5018"`, `"13.5,100.5"`}, {Params{"as": "grid", "step": "0.1"}, `-0.01`, `"-0.1"`}, {Params{"as": "grid", "step": "0.1"}, `"13,100,7"`, `operator`},
		{cities, `"Bangkok"`, `"Thailand"`}, {cities, `"a;b"`, `"y"`}, {cities, `42`, `"number"`}, {cities, `"Paris"`, `"[redacted]"`},
		{Params{"as": "hierarchy", "table": "Bangkok;Central\n*;elsewhere"}, `"Paris"`, `"elsewhere"`},
	} {
		want := strings.ReplaceAll(c.out, `\u003c`, "<")
		if got := masked(t, Field{Operator: "generalize", Params: c.p}, c.in); got != want {
			t.Errorf("%v of %s: %s, want %s", c.p, c.in, got, want)
		}
	}
	for _, in := range []string{`null`, `""`} {
		if got := masked(t, Field{Operator: "generalize", Params: decade, Special: true}, in); got != redacted {
			t.Errorf("%s of class special: %s", in, got)
		}
	}
}

func TestGeneralizeTellsEveryFaultOfItsParameters(t *testing.T) {
	op, _ := Lookup("generalize")
	for _, c := range []struct {
		p    Params
		want string // in the fault; "" for none
	}{
		{nil, "write as:"}, {Params{"as": "range"}, "needs width"}, {Params{"as": "range", "width": 1}, "at least 2"}, {Params{"as": "range", "width": 5, "top": 9, "bottom": 9}, "bottom is not below top"},
		{Params{"as": "month", "width": 5}, "width does nothing with as: month"}, {Params{"as": "prefix", "bits4": 32}, "at most 31"}, {Params{"as": "prefix", "bits4": 0}, ""},
		{Params{"as": "grid"}, "needs step"}, {Params{"as": "grid", "step": "0"}, "above zero"}, {Params{"as": "grid", "step": "-1"}, "above zero"}, {Params{"as": "age", "on": "2026-02-30"}, "want a day"},
		{Params{"as": "hierarchy"}, "needs a table"}, {Params{"as": "hierarchy", "file": "a.csv", "table": "a;b"}, "one of them"}, {Params{"as": "hierarchy", "file": "a.csv"}, ""}, {Params{"as": "hierarchy", "table": ""}, "no lines"}, {Params{"as": "hierarchy", "table": "a;b", "level": 2}, "no level 2"},
		{Params{"as": "hierarchy", "table": "a;a"}, "the value itself"}, {Params{"as": "hierarchy", "table": "a;b\na;c"}, "another line"}, {Params{"as": "hierarchy", "table": "a;b", "level": 0}, "at least 1"},
		{Params{"as": "year", "bits4": 24, "bits6": 48, "level": 1, "table": "", "from": 0, "order": "mdy"}, ""}, // what a kept revision says
	} {
		err := op.Check(c.p)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v", c.p, err)
		}
	}
	for _, c := range []struct {
		t  stream.Type
		p  Params
		ok bool
	}{
		{stream.Type{Base: stream.Date}, Params{"as": "year"}, true}, {stream.Type{Base: stream.Date}, Params{"as": "zip3"}, false}, {stream.Type{Base: stream.Date}, Params{"as": "age"}, false},
		{stream.Type{Base: stream.Date}, Params{"as": "age", "on": "2026-01-01"}, true}, {stream.Type{Base: stream.Int, Bits: 32}, Params{"as": "year"}, false}, {stream.Type{Base: stream.Int, Bits: 32}, Params{"as": "range"}, true},
		{stream.Type{Base: stream.String}, Params{"as": "prefix"}, true}, {stream.Type{Base: stream.Bool}, Params{"as": "hierarchy"}, false}, {stream.Type{Base: stream.JSON}, Params{"as": "range"}, false},
	} {
		if op.Takes(c.t, c.p) != c.ok {
			t.Errorf("%v on %v: %v", c.p, c.t, !c.ok)
		}
	}
}

func TestADateIsReadHoweverItIsWrittenAndAnotherIsWrittenTheSameWay(t *testing.T) {
	for in, want := range map[string]string{ // another day, written the same way
		"2024-03-09": "2024-11-05", "2024-03-09Z": "2024-11-05Z", "2024/03/09 1:02": "2024/11/05 1:02", "2024-03-09T01:02:03.5+07:00": "2024-11-05T01:02:03.5+07:00",
		"09/03/2024": "05/11/2024", "9/3/24": "5/11/24", "9/3/2567": "5/11/2567", "9 มี.ค. 2567": "5 พ.ย. 2567", "๙ มีนาคม พ.ศ. ๒๕๖๗": "๕ พฤศจิกายน พ.ศ. ๒๕๖๗", "9 มี.ค. 67": "5 พ.ย. 67",
		"9มี.ค.2567 13:00 น.": "5พ.ย.2567 13:00 น.", "Mar 9, 2024": "Nov 5, 2024", "March 9, 2024 1:02 PM": "November 5, 2024 1:02 PM", "09-MAR-2024": "05-NOV-2024", "9 March ค.ศ. 2024": "5 November ค.ศ. 2024",
	} {
		w, ok := dateForm{}.parse([]byte(in))
		got, fits := w.append(nil, []byte(in), calendar.DayOf(2024, 11, 5))
		if !ok || !fits || w.day != calendar.DayOf(2024, 3, 9) || string(got) != want {
			t.Errorf("%s: %s, want %s (%v)", in, got, want, ok)
		}
	}
	for _, in := range []string{"", "2024", "2024-03", "2024-13-01", "0000-01-01", "1/2/3", "2024-03-09x", "2024-03-09 25:00", "Marching 9, 2024", "9 มี.ค. พ.ศ. 2567 ค.ศ.", "20240309", "9 9 9 2024", "2024-03-09T", "123-01-2024"} {
		if _, ok := (dateForm{}).parse([]byte(in)); ok {
			t.Errorf("%q reads as a date", in)
		}
	}
}
