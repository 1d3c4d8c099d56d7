package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lethe/masking"
	"lethe/stream"
)

// wider are what dates are generalised to, from what shows least on.
var wider = []string{"decade", "year", "quarter", "month"}

// TreatmentOf says what a plan does to a field.
func TreatmentOf(f masking.Field) stream.Treatment {
	t := stream.Treatment{Operator: f.Operator}
	var params []string
	for _, name := range slices.Sorted(maps.Keys(f.Params)) {
		params = append(params, fmt.Sprintf("%s: %v", name, f.Params[name]))
	}
	t.Params = strings.Join(params, ", ")
	spec, ok := masking.Lookup(f.Operator)
	if !ok {
		return t
	}
	traits := spec.Traits(f.Params)
	switch {
	case traits.Lowers:
	case wholly(traits):
		t.Shows = stream.ShowsAll
	case traits.Clear:
		t.Shows = stream.ShowsPart
	default:
		t.Shows = stream.ShowsPseudonym
	}
	switch f.Operator {
	case "partial":
		t.Part = count(f.Params["keep_first"]) + count(f.Params["keep_last"])
	case "generalize":
		as, _ := f.Params["as"].(string)
		t.Part = slices.Index(wider, as) + 1
	}
	return t
}

// count is a parameter's number as a policy, or a kept revision, has it.
func count(v any) int {
	switch n := v.(type) {
	case int:
		return n
	case int64:
		return int(n)
	case float64:
		return int(n)
	}
	return 0
}
