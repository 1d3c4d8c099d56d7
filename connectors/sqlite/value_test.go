package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"lethe/stream"
)

func TestDeclaredTypes(t *testing.T) {
	for decl, want := range map[string]string{
		"INTEGER": "int64", "INT": "int64", "tinyint(1)": "int64", "UNSIGNED BIG INT": "int64", "bigint": "int64",
		"REAL": "float64", "DOUBLE PRECISION": "float64", "float": "float64",
		"NUMERIC": "decimal", "NUMERIC(10,2)": "decimal(10,2)", "DECIMAL (12, 4)": "decimal(12,4)", "decimal(9)": "decimal(9,0)",
		"DECIMAL(2,5)": "decimal", "NUMERIC(x,y)": "decimal",
		"BOOLEAN": "bool", "bool": "bool", "DATE": "date", "DATETIME": "timestamp", "Timestamp": "timestamp", "DATETIME(6)": "timestamp",
		"TIMESTAMP WITH TIME ZONE": "timestamptz", "TIMESTAMPTZ": "timestamptz", "TIME": "time",
		"JSON": "json", "JSONB": "json", "BLOB": "bytes",
		"TEXT": "string", "NVARCHAR(160)": "string", "CLOB": "string", "": "string", "STRING": "string", "UUID": "string", "ANY": "string",
	} {
		if got := typeOf(decl).String(); got != want {
			t.Errorf("%q is %s, want %s", decl, got, want)
		}
	}
}

func TestValuesAreWrittenAsTheirTypeOrAsWhatTheyAre(t *testing.T) {
	for _, c := range []struct {
		decl string
		v    driver.Value
		want string
	}{
		{"INTEGER", int64(math.MaxInt64), `9223372036854775807`}, {"INTEGER", 1.5, `1.5`}, {"INTEGER", "abc", `"abc"`}, {"INTEGER", nil, `null`},
		{"REAL", 0.1, `0.1`}, {"REAL", math.Inf(-1), `"-Infinity"`}, {"REAL", 1e300, `1e+300`},
		{"NUMERIC(10,2)", 0.99, `"0.99"`}, {"NUMERIC", int64(12), `"12"`}, {"NUMERIC", 1e21, `"1000000000000000000000"`}, {"DECIMAL", "n/a", `"n/a"`},
		{"BOOLEAN", int64(0), `false`}, {"BOOLEAN", int64(1), `true`}, {"BOOLEAN", int64(2), `2`}, {"BOOLEAN", "yes", `"yes"`},
		{"TEXT", "tab\t\"\\\x01ก", `"tab\t\"\\\u0001ก"`}, {"TEXT", "bad\xff", "\"bad\ufffd\""}, {"TEXT", []byte{1, 2}, `"AQI="`}, {"", int64(7), `"7"`}, {"UUID", 1.5, `"1.5"`},
		{"BLOB", []byte("hi"), `"aGk="`}, {"BLOB", "hi", `"aGk="`}, {"BLOB", []byte{}, `""`},
		{"DATE", "2024-02-29", `"2024-02-29Z"`}, {"DATE", "2024-02-30", `"2024-02-30"`}, {"DATE", "2024-02-29 00:00:00", `"2024-02-29Z"`}, {"DATE", "2024-02-29 01:00:00", `"2024-02-29 01:00:00"`}, {"DATE", int64(19000), `19000`},
		{"DATETIME", "2024-02-29 10:11:12", `"2024-02-29T10:11:12Z"`}, {"DATETIME", "2024-02-29T10:11:12.5", `"2024-02-29T10:11:12.5Z"`},
		{"DATETIME", "2024-02-29 10:11", `"2024-02-29T10:11:00Z"`}, {"DATETIME", "2024-02-29", `"2024-02-29T00:00:00Z"`},
		{"DATETIME", "2024-02-29T00:11:12+07:00", `"2024-02-28T17:11:12Z"`}, {"DATETIME", "2024-02-29 10:11:12.123456789 +0000 UTC", `"2024-02-29T10:11:12.123456Z"`},
		{"DATETIME", "29.2.2024", `"29.2.2024"`}, {"DATETIME", "2024-02-29 25:00:00", `"2024-02-29 25:00:00"`}, {"DATETIME", "2024-02-29x10:11:12", `"2024-02-29x10:11:12"`},
		{"TIMESTAMPTZ", "2024-02-29T10:11:12-05:30", `"2024-02-29T15:41:12Z"`}, {"TIME", "07:08", `"07:08:00Z"`}, {"TIME", "7 o'clock", `"7 o'clock"`},
		{"JSON", `{"a": [1, null]}`, `{"a": [1, null]}`}, {"JSON", `{"a":`, `"{\"a\":"`}, {"JSON", int64(3), `3`}, {"JSON", "\"\xff\"", "\"\\\"\ufffd\\\"\""},
	} {
		if got := string(appendValue(nil, typeOf(c.decl), c.v)); got != c.want {
			t.Errorf("%s %v is written %s, want %s", c.decl, c.v, got, c.want)
		}
	}
}

// The driver would turn text in date columns into times and so lose its form.
func TestValuesComeAsTheyAreStored(t *testing.T) {
	s := newShop(t, "WAL", `CREATE TABLE v (id INTEGER PRIMARY KEY, d DATE, at TIMESTAMP, b BOOLEAN, n NUMERIC(8,2), j JSON, x BLOB, g TEXT GENERATED ALWAYS AS (upper(j)) VIRTUAL, "odd ""name" TEXT)`)
	s.exec(`INSERT INTO v (id, d, at, b, n, j, x, "odd ""name") VALUES (1, '2024-02-29', 'soon', 1, '12.50', '[1]', x'00ff', 'o')`)
	wantTold(t, s.poll(stream.Position{}), `v r {"id":1} {"id":1,"d":"2024-02-29Z","at":"soon","b":true,"n":"12.5","j":[1],"x":"AP8=","g":"[1]","odd \"name":"o"}`)
}

func TestDiscoverTellsTypesKeysAndNulls(t *testing.T) {
	s := newShop(t, "WAL", `CREATE TABLE a (id INTEGER PRIMARY KEY, n TEXT NOT NULL, m TEXT);
		CREATE TABLE b (y TEXT, x INTEGER, PRIMARY KEY (x, y)) WITHOUT ROWID;
		CREATE TABLE c (v); CREATE VIEW d AS SELECT * FROM a; CREATE VIRTUAL TABLE e USING fts5(t)`)
	schemas, err := s.open().Discover(t.Context())
	must(t, err)
	var got []string
	for _, sc := range schemas {
		line := sc.Stream + "(" + strings.Join(sc.Key, ",") + ")"
		for _, f := range sc.Fields {
			line += " " + f.Name + ":" + f.Type.String()
			if f.Nullable {
				line += "?"
			}
		}
		got = append(got, line)
	}
	want := "crm.main.a(id) id:int64 n:string m:string?\ncrm.main.b(x,y) y:string x:int64\ncrm.main.c() v:string?"
	if strings.Join(got, "\n") != want {
		t.Errorf("discovered:\n%s\nwant:\n%s", strings.Join(got, "\n"), want)
	}
}

func FuzzTextIsAlwaysJSON(f *testing.F) {
	for _, s := range []string{"", "a", "\xff\xfe", "\u2028", `"\`, "2024-01-01 10:00:00+07:00", "12:00", "2024-01-01T", "\x00", `{"a":1}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for base := stream.String; base < stream.Array; base++ {
			b := appendText(nil, stream.Type{Base: base}, s)
			if !json.Valid(b) || !utf8.Valid(b) {
				t.Fatalf("type %s: not JSON", stream.Type{Base: base})
			}
			if base == stream.String && utf8.ValidString(s) {
				var back string
				if err := json.Unmarshal(b, &back); err != nil || back != s {
					t.Fatal("text does not read back")
				}
			}
			if base == stream.Timestamp && b[len(b)-2] == 'Z' && len(s) > 10 && s[10] == ' ' && !strings.ContainsAny(s, "Z") {
				if _, err := time.Parse("2006-01-02T15:04:05.999999Z", string(b[1:len(b)-1])); err != nil {
					t.Fatal("a timestamp that was read is not written as one")
				}
			}
		}
	})
}
