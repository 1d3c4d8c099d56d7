package masking

import (
	"fmt"
	"testing"

	"lethe/stream"
)

// busy is a stream of eight rules and what eight columns more are kept as.
func busy() Plan {
	text := stream.Type{Base: stream.String}
	return Plan{
		Stream: "crm.public.customer",
		Key:    []string{"id"},
		Fields: []Field{
			{Path: "id", Operator: "hmac", Domain: "id.internal", Type: stream.Type{Base: stream.Int, Bits: 64}, Required: true},
			{Path: "first_name", Operator: "redact", Type: text, Nullable: true, Required: true},
			{Path: "last_name", Operator: "redact", Type: text, Nullable: true, Required: true},
			{Path: "email", Operator: "hmac", Domain: "contact.email", Normal: "lower", Type: text, Nullable: true, Required: true},
			{Path: "phone", Operator: "partial", Params: Params{"keep_last": 4}, Type: text, Nullable: true, Required: true},
			{Path: "national_id", Operator: "drop", Type: text, Nullable: true, Required: true},
			{Path: "birth", Operator: "null", Type: stream.Type{Base: stream.Date}, Nullable: true, Required: true},
			{Path: "notes", Operator: "redact", Type: text, Nullable: true, Required: true},
			{Path: "status", Operator: "keep", Type: text, Required: true},
			{Path: "country", Operator: "keep", Type: text, Required: true},
			{Path: "balance", Operator: "keep", Type: stream.Type{Base: stream.Decimal, Precision: 12, Scale: 2}, Required: true},
			{Path: "created", Operator: "keep", Type: stream.Type{Base: stream.TimestampTZ}, Required: true},
			{Path: "version", Operator: "keep", Type: stream.Type{Base: stream.Int, Bits: 32}, Required: true},
			{Path: "active", Operator: "keep", Type: stream.Type{Base: stream.Bool}, Required: true},
		},
	}
}

// busyRecord is an insert of about 800 bytes.
func busyRecord(n int) *stream.Record {
	return &stream.Record{
		Stream: "crm.public.customer",
		Key:    fmt.Appendf(nil, `{"id":%d}`, 1000000+n),
		Value: fmt.Appendf(nil, `{"before":null,"after":{"id":%d,"first_name":"สมชาย","last_name":"ใจดี","email":"somchai.%d@example.org","phone":"081-234-%04d",`+
			`"national_id":"1-2345-67890-12-1","birth":"1984-03-0%dZ","notes":"โทรกลับวันจันทร์ prefers e-mail in the morning, asked about an invoice of last month twice and about the \"gold\" card",`+
			`"status":"active","country":"TH","balance":"10%d.50","created":"2026-01-31T15:04:05.123456Z","version":%d,"active":true},`+
			`"source":{"version":"1","connector":"postgresql","name":"crm","ts_ms":1769871845123,"snapshot":"false","db":"shop","sequence":"[\"24023128\",\"24023128\"]","schema":"public","table":"customer","txId":555,"lsn":24023128,"xmin":null},`+
			`"op":"c","ts_ms":1769871845456}`, 1000000+n, n, n%10000, n%9+1, n%90+10, n),
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	w := mustCompile(t, busy())
	records := make([]*stream.Record, 64)
	for i := range records {
		records[i] = busyRecord(i)
		records[i].Unchanged = []string{"extra", "status"}
	}
	outs := make([]stream.Masked, len(records))
	mask := func() {
		for i, r := range records {
			if err := w.Process(r, &outs[i]); err != nil {
				t.Fatal(err)
			}
		}
		w.Finish()
		w.Counts(func(stream.FieldCount, int64) {})
	}
	mask()
	if n := testing.AllocsPerRun(20, mask); n != 0 {
		t.Errorf("%v allocations for %d records", n, len(records))
	}
}

func BenchmarkRewriter(b *testing.B) {
	w := mustCompile(b, busy())
	records := make([]*stream.Record, 1024)
	for i := range records {
		records[i] = busyRecord(i)
	}
	b.Logf("%d bytes", len(records[0].Key)+len(records[0].Value))
	outs := make([]stream.Masked, 64)
	b.SetBytes(int64(len(records[0].Value)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := w.Process(records[i%len(records)], &outs[i%len(outs)]); err != nil {
			b.Fatal(err)
		}
		if i%len(outs) == len(outs)-1 {
			w.Finish()
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
