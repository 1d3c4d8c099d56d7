package rules

import (
	"testing"

	"lethe/masking"
	"lethe/stream"
)

func TestWhatAFieldShowsIsToldByItsOperatorAndParameters(t *testing.T) {
	for _, c := range []struct {
		op     string
		params masking.Params
		want   stream.Treatment
	}{
		{"keep", nil, stream.Treatment{Operator: "keep", Shows: stream.ShowsAll}},
		{"redact", nil, stream.Treatment{Operator: "redact"}},
		{"hmac", nil, stream.Treatment{Operator: "hmac", Shows: stream.ShowsPseudonym}},
		{"partial", masking.Params{"keep_last": 3, "keep_first": 1}, stream.Treatment{Operator: "partial", Params: "keep_first: 1, keep_last: 3", Shows: stream.ShowsPart, Part: 4}},
		{"generalize", masking.Params{"as": "month"}, stream.Treatment{Operator: "generalize", Params: "as: month", Shows: stream.ShowsPart, Part: 4}},
		{"generalize", masking.Params{"as": "decade"}, stream.Treatment{Operator: "generalize", Params: "as: decade", Shows: stream.ShowsPart, Part: 1}},
		{"generalize", masking.Params{"as": "zip3"}, stream.Treatment{Operator: "generalize", Params: "as: zip3", Shows: stream.ShowsPart}},
	} {
		if got := TreatmentOf(masking.Field{Operator: c.op, Params: c.params}); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.op, got, c.want)
		}
	}
}
