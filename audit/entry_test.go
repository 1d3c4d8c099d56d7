package audit_test

import (
	"testing"

	"lethe/audit"
)

func TestAnEntryIsReadByTheKindThatItHasAndNotByOneInItsBody(t *testing.T) {
	const intent = `{"body":{"note":"\"kind\":\"shred\"","of":{"kind":"receipt"}},"id":"r/1","kind":"intent","prev":"","sig":"AA==","v":1}`
	if e, ok := audit.ReadEntry([]byte(intent), "shred", "receipt"); ok {
		t.Errorf("an intent was read as %s", e.Kind)
	}
	e, ok := audit.ReadEntry([]byte(intent), "shred", "intent")
	if !ok || e.ID != "r/1" || e.Kind != "intent" || len(e.Body) == 0 {
		t.Errorf("the intent was read as %+v, %v", e, ok)
	}
	if e, ok := audit.ReadEntry([]byte(intent)); !ok || e.Kind != "intent" {
		t.Errorf("of any kind it was read as %+v, %v", e, ok)
	}
	for _, none := range []string{``, `{}`, `{"refused":{"sha256":"00","size":"1"}}`, `{"kind":"intent"`, `[`} {
		if e, ok := audit.ReadEntry([]byte(none)); ok {
			t.Errorf("%q was read as %+v", none, e)
		}
		if e, ok := audit.ReadEntry([]byte(none), "intent"); ok {
			t.Errorf("%q was read as %+v", none, e)
		}
	}
}
