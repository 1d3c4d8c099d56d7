package verify_test

import (
	"encoding/json"
	"testing"
)

func TestL4WhatWasWrittenVerifies(t *testing.T) {
	w := newWorld(t).run(5)
	w.ingest(7) // not yet masked
	r := w.follow().verify()
	b, _ := json.MarshalIndent(r, "", " ")
	if !r.OK() || len(r.Notes) > 0 {
		t.Fatalf("%s", b)
	}
	t.Logf("%s", b)
}
