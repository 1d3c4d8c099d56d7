package postgres

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"lethe/stream"
)

// sample is a column, a value and what it is in an envelope.
type sample struct{ typ, value, want string }

var samples = []sample{
	{"bool", "true", `true`},
	{"bool", "false", `false`},
	{"bool", "NULL", `null`},
	{"int2", "-32768", `-32768`},
	{"int4", "2147483647", `2147483647`},
	{"int8", "9223372036854775807", `9223372036854775807`},
	{"oid", "4294967295", `4294967295`},
	{"float4", "1.1", `1.1`},
	{"float8", "0.1", `0.1`},
	{"float8", "1e300", `1e+300`},
	{"float8", "-0.0", `0`},
	{"float8", "'-0'", `-0`},
	{"float8", "'NaN'", `"NaN"`},
	{"float4", "'Infinity'", `"Infinity"`},
	{"float8", "'-Infinity'", `"-Infinity"`},
	{"numeric(10,2)", "12345.6", `"12345.60"`},
	{"numeric", "123456789012345678901234567890.5", `"123456789012345678901234567890.5"`},
	{"numeric", "'NaN'", `"NaN"`},
	{"money", "12.5", `"$12.50"`},
	{"text", "'สมชาย \"x\" \\ y'", `"สมชาย \"x\" \\ y"`},
	{"text", `E'a\nb\tc\rd\x01'`, `"a\nb\tc\rd\u0001"`},
	{"text", "''", `""`},
	{"varchar(10)", "'abc'", `"abc"`},
	{"char(5)", "'ab'", `"ab   "`},
	{"\"char\"", "'x'", `"x"`},
	{"name", "'n'", `"n"`},
	{"uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`},
	{"mood", "'happy'", `"happy"`},
	{"inet", "'192.168.0.1/24'", `"192.168.0.1/24"`},
	{"cidr", "'10.0.0.0/8'", `"10.0.0.0/8"`},
	{"macaddr", "'08:00:2b:01:02:03'", `"08:00:2b:01:02:03"`},
	{"int4range", "'[1,5)'", `"[1,5)"`},
	{"tstzrange", "'[2024-01-01 00:00+07,2024-01-02 00:00+07)'", `"[\"2023-12-31 17:00:00+00\",\"2024-01-01 17:00:00+00\")"`},
	{"int4multirange", "'{[1,3),[5,8)}'", `"{[1,3),[5,8)}"`},
	{"interval", "'1 year 2 days 03:04:05.5'", `"1 year 2 days 03:04:05.5"`},
	{"xml", "'<a>b</a>'", `"<a>b</a>"`},
	{"tsvector", "'fat cat'", `"'cat' 'fat'"`},
	{"bit(3)", "B'101'", `"101"`},
	{"point", "'(1.5,2)'", `"(1.5,2)"`},
	{"bytea", `'\x'`, `""`},
	{"bytea", `'\x00ff10'`, `"AP8Q"`},
	{"bytea", "convert_to(repeat('abc', 50), 'UTF8')", `"` + strings.Repeat("YWJj", 50) + `"`},
	{"date", "'2024-01-31'", `"2024-01-31Z"`},
	{"date", "'infinity'", `"infinity"`},
	{"date", "'0044-03-15 BC'", `"0044-03-15 BC"`},
	{"time", "'12:30:00.5'", `"12:30:00.5Z"`},
	{"time", "'24:00:00'", `"24:00:00Z"`},
	{"timetz", "'12:30:00+05:30'", `"12:30:00+05:30"`},
	{"timestamp", "'2024-01-31 12:30:00'", `"2024-01-31T12:30:00Z"`},
	{"timestamp", "'2024-01-31 12:30:00.123456'", `"2024-01-31T12:30:00.123456Z"`},
	{"timestamp", "'-infinity'", `"-infinity"`},
	{"timestamptz", "'2024-01-31 12:30:00+07'", `"2024-01-31T05:30:00Z"`},
	{"timestamptz", "'2024-01-31 12:30:00.5 Asia/Bangkok'", `"2024-01-31T05:30:00.5Z"`},
	{"timestamptz", "'infinity'", `"infinity"`},
	{"timestamptz", "'0044-03-15 12:00:00+00 BC'", `"0044-03-15 12:00:00+00 BC"`},
	{"json", `'{"a": [1, null], "b": "x"}'`, `{"a": [1, null], "b": "x"}`},
	{"jsonb", `'{"b":{"mail":"x"},"a":1e2}'`, `{"a": 100, "b": {"mail": "x"}}`},
	{"jsonb", `'null'`, `null`},
	{"int4[]", "'{1,NULL,3}'", `[1,null,3]`},
	{"int4[]", "'{}'", `[]`},
	{"int4[]", "'{{1,2},{3,4}}'", `[[1,2],[3,4]]`},
	{"int4[]", "'[2:3]={7,8}'", `[7,8]`},
	{"text[]", `ARRAY['a"b', 'c,d', '{e}', 'f\g', 'NULL', '', NULL]`, `["a\"b","c,d","{e}","f\\g","NULL","",null]`},
	{"bool[]", "'{t,f}'", `[true,false]`},
	{"numeric(6,2)[]", "'{1.5,NaN}'", `["1.50","NaN"]`},
	{"jsonb[]", `ARRAY['{"a": "x,y"}'::jsonb, '[1]']`, `[{"a": "x,y"},[1]]`},
	{"bytea[]", `ARRAY['\x01ff'::bytea]`, `["Af8="]`},
	{"timestamptz[]", "ARRAY['2024-01-31 12:30:00+07'::timestamptz]", `["2024-01-31T05:30:00Z"]`},
	{"date[]", "ARRAY['2024-01-31'::date]", `["2024-01-31Z"]`},
	{"box[]", "ARRAY['((1,1),(0,0))'::box, '((2,2),(0,0))'::box]", `["(1,1),(0,0)","(2,2),(0,0)"]`},
	{"mood[]", "'{happy,sad}'", `["happy","sad"]`},
	{"int2vector", "'1 2 3'", `"1 2 3"`},
	{"email", "'a@b.example'", `"a@b.example"`},
	{"percent", "12", `12`},
	{"percent[]", "'{1,2}'", `[1,2]`},
	{"scores", "'{3,4}'", `[3,4]`},
	{"price", "1.5", `"1.50"`},
	{"address", "ROW('Soi 1', 10110)", `"(\"Soi 1\",10110)"`},
	{"citext", "'MiXed'", `"MiXed"`},
	{"hstore", "'a=>1'", `"\"a\"=>\"1\""`},
	{"regclass", "'public.sample'", `"public.sample"`},
}

func typeDatabase(t *testing.T) *database {
	d := newDatabase(t)
	d.exec(`CREATE EXTENSION citext; CREATE EXTENSION hstore;
		CREATE TYPE mood AS ENUM ('happy', 'sad');
		CREATE DOMAIN email AS text; CREATE DOMAIN percent AS int2 CHECK (VALUE <= 100);
		CREATE DOMAIN scores AS int4[]; CREATE DOMAIN price AS numeric(8,2);
		CREATE TYPE address AS (street text, postcode int)`)
	var cols []string
	for i, s := range samples {
		cols = append(cols, fmt.Sprintf("c%d %s", i, s.typ))
	}
	d.exec("CREATE TABLE sample (id int PRIMARY KEY, " + strings.Join(cols, ", ") + ")")
	// The writer's settings must not matter.
	d.exec("ALTER DATABASE " + d.name + " SET DateStyle = 'SQL, DMY'; ALTER DATABASE " + d.name + " SET timezone = 'Asia/Bangkok'; " +
		"ALTER DATABASE " + d.name + " SET bytea_output = 'escape'; ALTER DATABASE " + d.name + " SET IntervalStyle = 'iso_8601'; " +
		"ALTER DATABASE " + d.name + " SET extra_float_digits = 0")
	return d
}

func insertSamples(id int) string {
	values := []string{fmt.Sprint(id)}
	for _, s := range samples {
		values = append(values, s.value)
	}
	return "INSERT INTO sample VALUES (" + strings.Join(values, ", ") + ")"
}

func TestEveryTypeIsWrittenAsTheMappingSaysBySnapshotAndStream(t *testing.T) {
	d := typeDatabase(t)
	d.exec(insertSamples(1))
	f := d.follow(stream.Position{}, nil)
	f.take(1)
	f.untilCaughtUp()
	d.exec(insertSamples(2))
	for i, r := range f.take(2) {
		e := parse1(t, r)
		if want := []string{"r", "c"}[i]; e.Op != want {
			t.Fatalf("op %s, want %s", e.Op, want)
		}
		var after map[string]json.RawMessage
		if err := json.Unmarshal(e.After, &after); err != nil {
			t.Fatal(err)
		}
		for n, s := range samples {
			if got := string(after[fmt.Sprintf("c%d", n)]); got != s.want {
				t.Errorf("op %s: %s %s is %s, want %s", e.Op, s.typ, s.value, got, s.want)
			}
		}
		if string(r.Key) != fmt.Sprintf(`{"id":%d}`, i+1) {
			t.Errorf("the key is %s", r.Key)
		}
	}
}

func TestDiscoverNamesTypesAsContractsDo(t *testing.T) {
	d := typeDatabase(t)
	src := d.open(nil)
	defer src.Close()
	schemas, err := src.Discover(t.Context())
	if err != nil || len(schemas) != 1 {
		t.Fatalf("%d schemas: %v", len(schemas), err)
	}
	want := map[string]string{"bool": "bool", "int2": "int16", "int4": "int32", "int8": "int64", "oid": "int64", "float4": "float32",
		"float8": "float64", "numeric(10,2)": "decimal(10,2)", "numeric": "decimal", "bytea": "bytes", "date": "date", "time": "time",
		"timestamp": "timestamp", "timestamptz": "timestamptz", "json": "json", "jsonb": "json", "int4[]": "array<int32>",
		"numeric(6,2)[]": "array<decimal(6,2)>", "percent": "int16", "percent[]": "array<int16>", "scores": "array<int32>",
		"price": "decimal(8,2)", "mood": "string", "mood[]": "array<string>", "uuid": "string", "address": "string", "box[]": "array<string>",
		"bytea[]": "array<bytes>", "timestamptz[]": "array<timestamptz>", "date[]": "array<date>", "jsonb[]": "array<json>",
		"text[]": "array<string>", "bool[]": "array<bool>"}
	for i, s := range samples {
		f := schemas[0].Fields[i+1]
		typ := want[s.typ]
		if typ == "" {
			typ = "string"
		}
		if f.Type.String() != typ || !f.Nullable {
			t.Errorf("%s is told as %s", s.typ, f.Type)
		}
	}
	if id := schemas[0].Fields[0]; id.Nullable || id.Physical != "integer" {
		t.Errorf("the key is told as %+v", id)
	}
}
