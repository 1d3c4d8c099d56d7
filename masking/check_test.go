package masking

import (
	"testing"

	"lethe/stream"
)

func TestAPlanIsCheckedWithoutKeysAndCompiledWithoutThemOnlyWhereItNeedsNone(t *testing.T) {
	plan := Plan{Stream: "a.b.c", Subject: Subject{Column: "id", Domain: "id"}, Fields: []Field{
		{Path: "id", Operator: "hmac", Domain: "id"},
		{Path: "card", Operator: "fpe", Domain: "card", Erasable: true},
		{Path: "mail", Operator: "encrypt", Domain: "mail", Erasable: true},
		{Path: "name", Operator: "tokenize", Domain: "name"},
		{Path: "nick", Operator: "hmac", Domain: "nick", Apart: true}}}
	if err := Check(plan); err != nil {
		t.Errorf("a good plan: %v", err)
	}
	for _, f := range plan.Fields {
		one := plan
		one.Fields = []Field{f}
		if _, err := Compile(one, nil); err == nil || len(stream.Faults(err)) == 0 {
			t.Errorf("%s without keys: %v", f.Operator, err)
		}
	}
	plan.Fields[1].Operator = "enigma"
	if err := Check(plan); err == nil {
		t.Error("an unknown operator was passed")
	}
	if _, err := Compile(Plan{Stream: "a.b.c", Fields: []Field{{Path: "a", Operator: "redact"}}}, nil); err != nil {
		t.Errorf("a plan that needs no keys: %v", err)
	}
}
