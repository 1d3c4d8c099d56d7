package rules

import (
	"strings"
	"testing"

	"lethe/stream"
)

func TestOnlyAGeneralisationThatEveryPackAcceptsLowersAClass(t *testing.T) {
	for _, c := range []struct {
		packs, as string
		label     stream.Label
	}{
		{"[pdpa-th, gdpr]", "decade", "internal"},
		{"[pdpa-th, gdpr]", "year", "pii-pseudo"},
		{"[]", "decade", "pii-pseudo"},
	} {
		env := shopEnv()
		env.Policy.Data = []byte("packs: " + c.packs + "\nsubjects: {crm.public.event: none}\nmask: {elements: {id.record: keep, person.birth_date: {generalize: {as: " + c.as + "}}}}\n")
		env.Contracts = []File{contract("crm.public.event", []string{"id"}, column("id", "int64", "element=id.record"), column("birth_date", "date", "element=person.birth_date"))}
		s := compile(t, env).Streams[0]
		if s.Label != c.label {
			t.Errorf("%s under %s: label %s, want %s", c.as, c.packs, s.Label, c.label)
		}
		if said := strings.Contains(strings.Join(s.Decisions[1].Because, "\n"), "pdpa-th s.22 accepts person.birth_date as decade"); said != (c.label == "internal") {
			t.Errorf("%s under %s: %q", c.as, c.packs, s.Decisions[1].Because)
		}
		if typ := s.Rows.Fields[1].Type.Base; typ != stream.String {
			t.Errorf("the column is %v", typ)
		}
	}
}

func TestPoliciesWithCoarseOperatorsCompileAndMask(t *testing.T) {
	env := evading(column("birth_date", "date?", "element=person.birth_date"), column("latitude", "float64", "element=geo.point"), column("salary", "decimal(10,2)", "element=finance.income"))
	env = edit(t, env, `"commerce.*": keep`, `person.birth_date: shift_date, geo.point: {generalize: {as: grid, step: 0.5}}, finance.income: {noise: {percent: 10}}`)
	got := masks(t, env, `{"birth_date":"1984-03-09Z","latitude":13.7563,"salary":"100.00"}`)
	if !strings.Contains(got, `"latitude":"13.5"`) || strings.Contains(got, "1984-03-09") || strings.Contains(got, `"100.00"`) {
		t.Error(got)
	}
}

// A row of nobody has no shift, and null is what stands for a date then.
func TestADateThatIsShiftedMayBecomeNull(t *testing.T) {
	env := edit(t, evading(column("birth_date", "date", "element=person.birth_date")), `"commerce.*": keep`, `person.birth_date: shift_date`)
	for _, s := range compile(t, env).Streams {
		for _, f := range s.Rows.Fields {
			if f.Name == "birth_date" && !f.Nullable {
				t.Error("the masked column takes no null")
			}
		}
	}
}
