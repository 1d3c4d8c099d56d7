package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"lethe/stream"
)

func TestWhatGoesToQuarantineIsToldInWordsWithWhatToDo(t *testing.T) {
	operator := func(string, string, string) string { return "partial" }
	r := &refusals{log: slog.New(slog.DiscardHandler), dir: ".", operator: operator}
	r.add("crm-lake", "crm.public.people", map[string]map[string]stream.Int64{stream.ReasonOperator: {"phone": 1}})
	r.add("crm-lake", "crm.public.people", map[string]map[string]stream.Int64{stream.ReasonParked: {"": 2}})
	var b bytes.Buffer
	showRefused(&b, r.list(), ".")
	for _, want := range []string{
		"to quarantine: 1 of crm.public.people/phone: too short for partial to hide at least half of it\n    → use redact, or keep fewer characters, in the policy, then name source and connection anew",
		"to quarantine: 2 of crm.public.people: parked behind an earlier record of the same key that is in quarantine",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	for _, reason := range []string{stream.ReasonCiphertext, stream.ReasonNoContract, stream.ReasonTooLarge, stream.ReasonOperation, stream.ReasonMalformed,
		stream.ReasonType, stream.ReasonNull, stream.ReasonRequired, stream.ReasonDuplicate, stream.ReasonSchema, stream.ReasonNormal} {
		if why := (refusal{Reason: reason}).why(); why == reason || !strings.Contains(why, " ") {
			t.Errorf("%s is told as %q", reason, why)
		}
	}
}
