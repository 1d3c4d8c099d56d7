package replay_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lethe/connectors"
	"lethe/connectors/parquet"
	"lethe/connectors/parquet/replay"
	"lethe/stream"
)

const topic = "lethe.shop.masked.pii.crm-lake.crm.public.customer.g2"

// publish loads one row per value of a column v and publishes the object.
func publish(t *testing.T, dir, typ string, from int64, values ...string) stream.Loaded {
	t.Helper()
	s, err := parquet.Connector().OpenSink(connectors.Env{
		Name:   "lake",
		Secret: func(string) ([]byte, error) { return make([]byte, 32), nil },
	}, connectors.Config{"url": dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ty, err := stream.ParseType(typ)
	if err != nil {
		t.Fatal(err)
	}
	b := stream.Rows{
		Schema: &stream.Schema{Stream: "crm.public.customer", Fields: []stream.Field{{Name: "v", Type: ty}}},
		Range:  stream.Range{Topic: topic, From: from, To: from + int64(len(values))},
	}
	for i, v := range values {
		b.List = append(b.List, stream.Row{Offset: from + int64(i), Key: []byte(`{"id":1}`), Value: []byte(`{"op":"c","after":{"v":` + v + `}}`)})
	}
	l, err := s.Load(context.Background(), b)
	if err == nil {
		err = s.Publish(context.Background(), l)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestValuesComeBackAsTheEnvelopeHadThem(t *testing.T) {
	for typ, values := range map[string][]string{
		"string":                     {`"ข้อมูล"`, `""`, `null`},
		"bool":                       {`true`, `false`, `null`},
		"int16":                      {`-5`, `null`},
		"int64":                      {`9223372036854775807`},
		"float32":                    {`1.5`, `"NaN"`, `"-Infinity"`},
		"float64":                    {`1e-7`, `"Infinity"`, `null`},
		"decimal(5,2)":               {`"-0.05"`, `"123.40"`, `"0.00"`},
		"decimal(18,0)":              {`"-7"`},
		"decimal(38,3)":              {`"-12345678901234567890.001"`, `"0.000"`, `null`},
		"decimal":                    {`"1e5"`},
		"bytes":                      {`"AAH/"`, `null`},
		"date":                       {`"2024-02-29Z"`, `"1969-12-31Z"`},
		"time":                       {`"23:59:59.5Z"`, `"00:00:00Z"`},
		"timestamp":                  {`"1999-12-31T23:59:59.999999Z"`},
		"timestamptz":                {`"2024-01-01T00:00:00Z"`, `null`},
		"json":                       {`{"a":[1,null,"x"]}`, `"text"`, `null`},
		"array<date>":                {`["2024-02-29Z",null]`, `[]`, `null`},
		"array<array<decimal(4,1)>>": {`[["1.5"],[],null]`},
	} {
		dir := t.TempDir()
		publish(t, dir, typ, 0, values...)
		n := 0
		err := replay.Replay(dir, topic, func(_ int32, offset int64, op, key, seq string, columns map[string]any) error {
			got, err := json.Marshal(columns["v"])
			if err != nil {
				return err
			}
			if string(got) != values[n] || offset != int64(n) || op != "c" || key != `{"id":1}` || len(seq) != 40 {
				t.Errorf("%s: %s at %d, %s %s %s, want %s", typ, got, offset, op, key, seq, values[n])
			}
			n++
			return nil
		})
		if err != nil || n != len(values) {
			t.Errorf("%s: %d rows, %v", typ, n, err)
		}
	}
}

func TestWhatTheManifestDoesNotSayIsAnError(t *testing.T) {
	nothing := func(int32, int64, string, string, string, map[string]any) error { return nil }
	dir := t.TempDir()
	if err := replay.Replay(dir, topic, nothing); err != nil {
		t.Errorf("an empty directory: %v", err)
	}
	l := publish(t, dir, "int64", 0, "1", "2", "3")
	path := filepath.Join(dir, l.Object)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := replay.Replay(dir, topic, nothing); err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("a changed object: %v", err)
	}
	publish(t, dir, "int64", 2, "4")
	if err := replay.Replay(dir, topic, nothing); err == nil || !strings.Contains(err.Error(), "overlap") {
		t.Errorf("overlapping objects: %v", err)
	}
}
