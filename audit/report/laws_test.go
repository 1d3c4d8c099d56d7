package report

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEveryFactOfLawIsWhole(t *testing.T) {
	l, err := readLaws()
	if err != nil {
		t.Fatal(err)
	}
	text := func(where string, s said) {
		if s.EN == "" || s.TH == "" {
			t.Errorf("%s is not said in both languages", where)
		}
	}
	for _, f := range l.Forms {
		text(f.ID, f.Title)
		if f.Effective == "" || f.Source == "" || len(f.Clocks) == 0 || len(f.Fields) == 0 {
			t.Errorf("%s has no date, source, clocks or fields", f.ID)
		}
		for _, c := range f.Clocks {
			text(f.ID+" "+c.Section, c.To)
			text(f.ID+" "+c.Section, c.From)
		}
		for _, a := range f.Fields {
			text(f.ID+" "+a.Section, a.Ask)
		}
	}
	letters := ""
	for _, i := range l.Safe {
		text(i.Letter, i.Name)
		letters += i.Letter
	}
	if letters != "ABCDEFGHIJKLMNOPQR" {
		t.Errorf("identifiers %s", letters)
	}
	for _, c := range l.Audit {
		text(c.Section, c.Name)
	}
	for _, f := range l.Floor {
		text(f.Section, f.About)
		text(f.Section, f.Keep)
	}
}

func TestWhatSafeHarborNamesAreElementsOrFamiliesThatThereAre(t *testing.T) {
	l, err := readLaws()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../rules/elements.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var elements []string
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z_.]+): \{class`).FindAllStringSubmatch(string(text), -1) {
		elements = append(elements, m[1])
	}
	for _, i := range l.Safe {
		for _, name := range i.Elements {
			if !slices.ContainsFunc(elements, func(e string) bool { return within(e, []string{name}) }) && name != "text" {
				t.Errorf("%s: nothing is about %s", i.Letter, name)
			}
		}
	}
}

// The terms are those that the vocabulary has.
func TestTheTermsAreThoseOfTheVocabulary(t *testing.T) {
	files, err := filepath.Glob("../../../shared/data/spec/dpv-2.3-*.csv")
	if err != nil || len(files) == 0 {
		t.Skip("the vocabulary's lists are not here")
	}
	var all strings.Builder
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(raw)
	}
	for _, iri := range regexp.MustCompile(`https://w3id\.org/dpv[/a-z]*#[\w-]+`).FindAllString(string(lawText), -1) {
		if !strings.Contains(all.String(), `"`+iri+`"`) {
			t.Errorf("no term %s", iri)
		}
	}
	for _, op := range []string{"hmac", "encrypt", "redact"} {
		if iri := operatorCell(op).IRI; !strings.Contains(all.String(), `"`+iri+`"`) {
			t.Errorf("no term %s", iri)
		}
	}
}

// What is due by when, as the laws have it.
func TestEachClockRunsAsLongAsItsLawSays(t *testing.T) {
	l, err := readLaws()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]time.Duration{}
	for _, f := range l.Forms {
		for _, c := range f.Clocks {
			got[f.Law+" "+c.Section] = max(got[f.Law+" "+c.Section], time.Duration(c.Hours)*time.Hour+time.Duration(c.Days)*24*time.Hour)
			if f.Law == "pdpa-th" && c.Hours > 0 {
				got["pdpa-th, first"] = time.Duration(c.Hours) * time.Hour
			}
		}
	}
	const day = 24 * time.Hour
	want := map[string]time.Duration{
		"gdpr Art. 33(1)": 72 * time.Hour, "gdpr Art. 33(2)": 0, "gdpr Art. 34": 0,
		"pdpa-th, first": 72 * time.Hour, "pdpa-th s.37(4)": 15 * day,
		"pdpa-sg s.26C": 30 * day, "pdpa-sg s.26D(1)": 3 * day, "pdpa-sg s.26D": 0, "pdpa-sg s.26C(3)(a)": 0,
		"hipaa §164.404(b)": 60 * day, "hipaa §164.406(b)": 60 * day, "hipaa §164.408(b)": 60 * day, "hipaa §164.410(b)": 60 * day,
	}
	if !maps.Equal(got, want) {
		t.Errorf("clocks are %v, want %v", got, want)
	}
}

// Singapore's s.26B: 500 persons or more.
func TestABreachOfFiveHundredPersonsIsToldAsOne(t *testing.T) {
	for n, want := range map[int]string{499: "Fewer than 500", 500: "Possibly 500 persons or more"} {
		in := invented()
		in.Facts.Counted = &Counted{Distinct: n, Streams: map[string]int{}}
		w := &work{Input: in}
		if got := w.answer("threshold", nil).EN; !strings.HasPrefix(got, want) {
			t.Errorf("%d persons: %s", n, got)
		}
	}
}
