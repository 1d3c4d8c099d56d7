package masking

import (
	"fmt"
	"strings"
	"testing"

	"lethe/masking/internal/calendar"
	"lethe/stream"
)

// moving is a stream of orders with dates in several forms.
func moving(operatorParams Params) Plan {
	plan := Plan{Stream: "s", Subject: Subject{Column: "who", Domain: "id.internal"}, Fields: []Field{{Path: "who", Operator: "drop", Type: stream.Type{Base: stream.Int, Bits: 64}, Nullable: true}}}
	for name, typ := range map[string]stream.Base{"day": stream.Date, "at": stream.TimestampTZ, "text": stream.String} {
		plan.Fields = append(plan.Fields, Field{Path: name, Operator: "shift_date", Params: operatorParams, Type: stream.Type{Base: typ}, Nullable: true})
	}
	return plan
}

// shiftOf is how many days a subject's date moved.
func shiftOf(t *testing.T, w *Rewriter, who, day string) int {
	t.Helper()
	got, rej := row(t, w, fmt.Sprintf(`{"who":%s,"day":%q}`, who, day))
	if rej != nil {
		t.Fatal(rej)
	}
	got = strings.TrimSuffix(strings.TrimPrefix(got, `{"day":"`), `"}`)
	was, _ := dateForm{}.parse([]byte(day))
	is, ok := dateForm{}.parse([]byte(got))
	if !ok {
		t.Fatalf("no date: %s", got)
	}
	return is.day - was.day
}

func TestAllDatesOfASubjectMoveTogetherAndIntervalsStay(t *testing.T) {
	w := mustCompile(t, moving(Params{"days": 30}))
	different := map[int]bool{}
	for who := range 400 {
		id := fmt.Sprint(who)
		n := shiftOf(t, w, id, "2024-02-28Z")
		if n == 0 || n < -30 || n > 30 {
			t.Fatalf("moved by %d days", n)
		}
		if m := shiftOf(t, w.Clone(), id, "1999-12-31Z"); m != n {
			t.Fatalf("one date moved by %d days, another by %d", n, m)
		}
		different[n] = true
	}
	if len(different) != 60 {
		t.Errorf("%d different shifts", len(different))
	}
	other := moving(Params{"days": 30})
	other.Stream = "another"
	if shiftOf(t, mustCompile(t, other), "7", "2024-02-28Z") != shiftOf(t, w, "7", "2024-02-28Z") {
		t.Error("streams do not move together")
	}
}

func TestAShiftedDateIsWrittenAsItWas(t *testing.T) {
	w := mustCompile(t, moving(nil))
	n := shiftOf(t, w, "7", "2024-06-15Z")
	y, m, d := calendar.Civil(calendar.DayOf(2024, 6, 15) + n)
	thai := monthNames[0][m-1]
	for in, want := range map[string]string{
		`"at":"2024-06-15T23:59:59.123456Z"`: fmt.Sprintf(`"at":"%d-%02d-%02dT23:59:59.123456Z"`, y, m, d),
		`"text":"15/06/2024"`:                fmt.Sprintf(`"text":"%02d/%02d/%d"`, d, m, y),
		`"text":"15/6/24"`:                   fmt.Sprintf(`"text":"%d/%d/%02d"`, d, m, y%100),
		`"text":"15 มิถุนายน พ.ศ. 2567"`:     fmt.Sprintf(`"text":"%d %s พ.ศ. %d"`, d, thai, y+543),
		`"text":"15 มิ.ย. 2567"`:             fmt.Sprintf(`"text":"%d %s %d"`, d, monthNames[1][m-1], y+543),
		`"text":"Jun 15, 2024"`:              fmt.Sprintf(`"text":"%s %d, %d"`, monthNames[3][m-1], d, y),
		`"text":"2024-06-15 08:00:00+07"`:    fmt.Sprintf(`"text":"%d-%02d-%02d 08:00:00+07"`, y, m, d),
		`"text":""`:                          `"text":""`, `"text":null`: `"text":null`, `"day":null`: `"day":null`,
	} {
		if got, rej := row(t, w, `{"who":7,`+in+`}`); rej != nil || got != `{`+want+`}` {
			t.Errorf("%s: %s, want %s (%v)", in, got, want, rej)
		}
	}
}

func TestL1ADateThatCannotMoveIsRefusedOrHidden(t *testing.T) {
	w := mustCompile(t, moving(Params{"days": 365}))
	for _, in := range []string{`"text":"soon"`, `"text":"2024-06-15 at noon"`, `"text":"31/06/2024"`} {
		if got, rej := row(t, w, `{"who":7,`+in+`}`); rej == nil || rej.Reason != stream.ReasonOperator {
			t.Errorf("%s: %s %v", in, got, rej)
		}
	}
	refused := 0
	for who := range 20 { // half of the subjects move forwards
		if _, rej := row(t, w, fmt.Sprintf(`{"who":%d,"day":"9999-12-31Z"}`, who)); rej != nil {
			refused++
		}
	}
	if refused == 0 || refused == 20 {
		t.Errorf("%d of 20 dates at the end of time were refused", refused)
	}
	got, rej := row(t, w, `{"who":null,"day":"2024-06-15Z","at":"2024-06-15T00:00:00Z","text":"15/06/2024"}`)
	if want := `{"day":null,"at":null,"text":"[redacted]"}`; rej != nil || got != want {
		t.Errorf("dates of nobody: %s %v", got, rej)
	}
}

func TestShiftDateNeedsASubject(t *testing.T) {
	if _, err := Compile(Plan{Stream: "s", Fields: []Field{{Path: "v", Operator: "shift_date"}}}, hashKeys{}); err == nil {
		t.Error("it compiled without one")
	}
	op, _ := Lookup("shift_date")
	for days, ok := range map[int]bool{0: false, 6: false, 7: true, 36500: true, 36501: false} {
		if err := op.Check(Params{"days": days}); (err == nil) != ok {
			t.Errorf("days: %d: %v", days, err)
		}
	}
	if op.Takes(stream.Type{Base: stream.Int, Bits: 64}, nil) || !op.Takes(stream.Type{Base: stream.Date}, nil) {
		t.Error("it takes the wrong columns")
	}
}
