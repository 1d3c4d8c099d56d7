package masking

import (
	"strings"
	"testing"

	"lethe/masking/conform"
	"lethe/stream"
)

// asking is a plan with a schema of columns.
func asking(t testing.TB, plan Plan, columns map[string]string) Plan {
	t.Helper()
	plan.Schema = &RowSchema{Columns: map[string][]*conform.Rule{}}
	for name, schema := range columns {
		r, err := conform.Compile([]byte(schema))
		if err != nil {
			t.Fatal(err)
		}
		plan.Schema.Columns[name] = append(plan.Schema.Columns[name], r)
	}
	return plan
}

func TestSchemasSeeTheClearRowOfAfterAndNoOther(t *testing.T) {
	w := mustCompile(t, asking(t, customers(), map[string]string{
		"status": `{"enum":["x","y"]}`,
		"bio":    `{"maxLength":3}`,
	}))
	for _, c := range []struct{ row, reason, field string }{
		{`{"id":1,"status":"forbidden","bio":null}`, "schema.enum", "status"},
		{`{"id":1,"status":"x","bio":"long"}`, "schema.maxLength", "bio"},
		{`{"id":1,"st\u0061tus":"\u0078","bio":"abc"}`, "", ""},
	} {
		_, rej := row(t, w, c.row)
		if (rej == nil) != (c.reason == "") || rej != nil && *rej != (stream.Rejection{Reason: c.reason, Field: c.field}) {
			t.Errorf("%s: %v", c.row, rej)
		}
	}
	var out stream.Masked
	r := &stream.Record{Value: []byte(`{"before":{"bio":"forbidden"},"after": {"id":1,"status":"x"} ,"op":"u"}`), Unchanged: []string{"bio"}}
	if err := w.Process(r, &out); err != nil {
		t.Error(err)
	}
	if err := w.Process(&stream.Record{Value: []byte(`{"before":{"bio":"forbidden"},"op":"d"}`)}, &out); err != nil {
		t.Error(err)
	}
}

func TestTheLibraryDecidesWhatIsNotCompiledAndIsCounted(t *testing.T) {
	plan := customers()
	plan.Fields[3].Type = stream.Type{Base: stream.JSON}
	w := mustCompile(t, asking(t, plan, map[string]string{"bio": `{"type":["object","null"],"properties":{"a":{}},"unevaluatedProperties":false}`}))
	for in, refused := range map[string]bool{`{"id":1,"status":"x","bio":null}`: false, `{"id":1,"status":"x","bio":{"a":1}}`: false, `{"id":1,"status":"x","bio":{"secret":1}}`: true} {
		_, rej := row(t, w, in)
		if (rej != nil) != refused {
			t.Errorf("%s: %v", in, rej)
		}
		if rej != nil && (rej.Field != "bio._unknown" || !strings.HasPrefix(rej.Reason, stream.ReasonSchema)) {
			t.Errorf("L7: refused as %v", rej)
		}
	}
	var q stream.Quality
	w.Quality(&q)
	w.Quality(&q)
	if q.Library != 3 {
		t.Errorf("the library is said to have decided %d rows", q.Library)
	}
}

func TestL1ASchemaOfAColumnWithoutDecisionIsAFault(t *testing.T) {
	_, err := Compile(asking(t, customers(), map[string]string{"nobody": `{"type":"null"}`}), hashKeys{})
	if err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("%v", err)
	}
}
