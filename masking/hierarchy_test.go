package masking

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"lethe/stream"
)

func TestL1AValueThatNoTableListsIsRedactedAndCounted(t *testing.T) {
	table := "\ufeffBangkok;Central;Thailand\r\nLyon;Rhône;France\r\n"
	w := mustCompile(t, Plan{Stream: "s", Fields: []Field{{Path: "city", Operator: "generalize", Params: Params{"as": "hierarchy", "table": table, "level": 2}, Normal: "lower"}}})
	for in, want := range map[string]string{
		`"Bangkok"`: `"Thailand"`, `" BANGKOK "`: `"Thailand"`, `"Paris"`: redacted, `"Bangkok;Central"`: redacted, `7`: redacted, `""`: `""`, `null`: `null`,
	} {
		got, rej := row(t, w, `{"city":`+in+`}`)
		if rej != nil || got != `{"city":`+want+`}` {
			t.Errorf("%s: %s %v", in, got, rej)
		}
	}
	counts := map[string]int64{}
	w.Counts(func(f stream.FieldCount, n int64) { counts[f.Operator] += n })
	if counts["redact"] != 3 || counts["generalize"] != 4 {
		t.Errorf("counted %v", counts)
	}
}

func TestATableIsReadWholeAndItsFaultsShowNothingOfIt(t *testing.T) {
	const bad = canary + ";;x\nBangkok;Central;Thailand\n" + canary + "\nBangkok;North;Laos\n" + canary + ";a;" + canary + "\n\xff;a;b\n\"" + canary
	_, err := ReadHierarchy(bad, 2)
	if err == nil || strings.Contains(err.Error(), canary) {
		t.Fatalf("%v", err)
	}
	var lines []int
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		var f LineFault
		if errors.As(e, &f) {
			lines = append(lines, f.Line)
		}
	}
	if fmt.Sprint(lines) != "[3 4 5 6 7]" {
		t.Errorf("faults at lines %v: %v", lines, err)
	}
	if _, err := ReadHierarchy(strings.Repeat("a\n", 1000), 1); len(strings.Split(err.Error(), "\n")) != mostLineFaults {
		t.Errorf("%v", err)
	}
}

func TestTablesThatSayTheSameAreTheSame(t *testing.T) {
	a, err := ReadHierarchy("b;x;2\n*;rest;4\n\"a;\";y;1\na;y;1\n", 2)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ReadHierarchy(a.String(), 1)
	if err != nil || a.String() != b.String() || a.String() != "a;1\n\"a;\";1\nb;2\n*;4\n" || a.Len() != 3 {
		t.Errorf("%v\n%s%s", err, a, b)
	}
}

func TestTwoLinesForOneNormalFormAreRefused(t *testing.T) {
	f := Field{Path: "v", Operator: "generalize", Params: Params{"as": "hierarchy", "table": "A;x\na;y"}, Normal: "lower"}
	if _, err := Compile(Plan{Stream: "s", Fields: []Field{f}}, hashKeys{}); err == nil || !strings.Contains(err.Error(), "normal form") {
		t.Errorf("%v", err)
	}
	f.Normal = ""
	if got := masked(t, f, `"a"`); got != `"y"` {
		t.Errorf("%s", got)
	}
}
