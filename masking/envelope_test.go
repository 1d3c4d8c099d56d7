package masking

import (
	"errors"
	"slices"
	"testing"

	"lethe/stream"
)

// customers is the plan of most tests.
func customers() Plan {
	return Plan{
		Stream: "crm.public.customer",
		Key:    []string{"id"},
		Fields: []Field{
			{Path: "id", Operator: "hmac", Domain: "id.internal", Type: stream.Type{Base: stream.Int, Bits: 64}, Required: true},
			{Path: "email", Operator: "hmac", Domain: "contact.email", Normal: "lower", Type: stream.Type{Base: stream.String}, Nullable: true},
			{Path: "status", Operator: "keep", Type: stream.Type{Base: stream.String}, Required: true},
			{Path: "bio", Operator: "redact", Type: stream.Type{Base: stream.String}, Nullable: true, Required: true},
			{Path: "legacy", Operator: "drop", Type: stream.Type{Base: stream.String}, Nullable: true},
		},
	}
}

func TestEnvelopesComeOutAsDebeziumWritesThem(t *testing.T) {
	w := mustCompile(t, customers())
	for _, c := range []struct {
		name, key, in, out string
		kind               stream.Kind
		reason             string
		unchanged          []string
	}{
		{name: "an update", key: `{"id":42}`,
			in: `{"before":{"id":42,"email":"A@x.org","status":"new","bio":null,"legacy":"z"},"after":{"id":42,"email":" a@x.org","status":"old","bio":"born 1970","legacy":null},` +
				`"source":{"version":"3.7","connector":"postgresql","name":"crm","ts_ms":1,"snapshot":"false","db":"d","sequence":"[\"1\",\"2\"]","ts_us":2,"ts_ns":3,"schema":"public","table":"customer","txId":9,"lsn":8,"xmin":null,"surprise":"Somchai"},` +
				`"transaction":{"id":"9:8","total_order":1,"data_collection_order":1,"note":"Somchai"},"op":"u","ts_ms":4,"ts_us":5,"ts_ns":6,"message":"Somchai"}`,
			out: `{"before":{"id":"ID","email":"EMAIL","status":"new","bio":null},"after":{"id":"ID","email":"EMAIL","status":"old","bio":"[redacted]"},` +
				`"source":{"version":"3.7","connector":"postgresql","name":"crm","ts_ms":1,"snapshot":"false","db":"d","sequence":"[\"1\",\"2\"]","ts_us":2,"ts_ns":3,"schema":"public","table":"customer","txId":9,"lsn":8,"xmin":null},` +
				`"transaction":{"id":"9:8","total_order":1,"data_collection_order":1},"op":"u","ts_ms":4,"ts_us":5,"ts_ns":6}`},
		{name: "a delete of what replica identity default shows", key: `{"id":42}`,
			in:  `{"before":{"id":42,"email":null,"status":null,"bio":null},"after":null,"op":"d","ts_ms":4}`,
			out: `{"before":{"id":"ID","email":null,"status":null,"bio":null},"after":null,"op":"d","ts_ms":4}`},
		{name: "a truncate", kind: stream.KindTruncate, in: `{"op":"t","ts_ms":4}`, out: `{"op":"t","ts_ms":4}`},
		{name: "a truncate that is said to be a row", in: `{"op":"t","ts_ms":4}`, reason: "operation"},
		{name: "a message", in: `{"op":"m","message":{"prefix":"x","content":"U29tY2hhaQ=="}}`, reason: "operation"},
		{name: "no op", in: `{"after":{"id":1,"status":"x","bio":null}}`, reason: "operation"},
		{name: "an insert without a row", in: `{"after":null,"op":"c"}`, reason: "operation"},
		{name: "a delete with a row", in: `{"after":{"id":1,"status":"x","bio":null},"op":"d"}`, reason: "operation"},
		{name: "trailing bytes", in: `{"op":"d"} {}`, reason: "malformed"},
		{name: "source of another shape", in: `{"op":"d","source":"Somchai","ts_ms":"Somchai","transaction":[1]}`, out: `{"op":"d"}`},
		{name: "a file that is no binary log", in: `{"op":"d","source":{"file":"somchai.csv","pos":4}}`, out: `{"op":"d","source":{"pos":4}}`},
		{name: "a binary log", in: `{"op":"d","source":{"file":"mysql-bin.000003","pos":4}}`, out: `{"op":"d","source":{"file":"mysql-bin.000003","pos":4}}`},
		{name: "two rows after", in: `{"after":{"id":1,"status":"x","bio":null},"\u0061fter":{"id":1,"status":"x","bio":null},"op":"c"}`, reason: "duplicate"},
		{name: "two operations", in: `{"op":"d","op":"c"}`, reason: "duplicate"},
		{name: "columns left out as unchanged", unchanged: []string{"bio", "legacy", "secret_name"},
			in: `{"after":{"id":42,"status":"x"},"op":"u"}`, out: `{"after":{"id":"ID","status":"x"},"op":"u"}`},
		{name: "columns left out that changed", in: `{"after":{"id":42,"status":"x"},"op":"u"}`, reason: "required"},
		{name: "a key without its column", key: `{"email":"x"}`, in: `{"op":"d"}`, reason: "required"},
		{name: "a key whose column is said to be unchanged", key: `{"email":"x"}`, unchanged: []string{"id"}, in: `{"op":"d"}`, reason: "required"},
		{name: "a key of another shape", key: `42`, in: `{"op":"d"}`, reason: "malformed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, email := digest(t, "id.internal", "42"), digest(t, "contact.email", "a@x.org")
			var out stream.Masked
			var key []byte
			if c.key != "" {
				key = []byte(c.key)
			}
			err := process(w, &stream.Record{Key: key, Value: []byte(c.in), Kind: c.kind, Unchanged: c.unchanged}, &out)
			var rej *stream.Rejection
			if errors.As(err, &rej) {
				if rej.Reason != c.reason {
					t.Fatalf("rejected: %v, want %q", rej, c.reason)
				}
				return
			}
			want := replaceAll(c.out, `"ID"`, id, `"EMAIL"`, email)
			if err != nil || c.reason != "" || string(out.Value) != want {
				t.Fatalf("%v\ngot  %s\nwant %s %s", err, out.Value, want, c.reason)
			}
			if c.key != "" && string(out.Key) != `{"id":`+id+`}` {
				t.Errorf("key %s", out.Key)
			}
			if c.key == "" && out.Key != nil {
				t.Errorf("a key from nowhere: %s", out.Key)
			}
			if c.unchanged != nil && !slices.Equal(out.Unchanged, []string{"bio", "_unknown"}) {
				t.Errorf("unchanged %q", out.Unchanged)
			}
			if del := out.Delete; del != (len(c.in) > 0 && containsOp(c.in, 'd')) {
				t.Errorf("delete %v", del)
			}
		})
	}
}
