package schema

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"go.yaml.in/yaml/v3"

	"lethe/masking"
	"lethe/masking/conform"
	"lethe/stream"
)

func typ(t testing.TB, s string) stream.Type {
	t.Helper()
	x, err := stream.ParseType(s)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func customer(t testing.TB) Contract {
	c := New(stream.Schema{Stream: "crm.public.customer", Key: []string{"region", "id"}, Fields: []stream.Field{
		{Name: "id", Type: typ(t, "int64"), Physical: "bigint"},
		{Name: "region", Type: typ(t, "string"), Physical: "character(2)"},
		{Name: "email", Type: typ(t, "string"), Nullable: true, Physical: "character varying(60)"},
		{Name: "credit", Type: typ(t, "decimal(10,2)"), Nullable: true, Physical: "numeric(10,2)"},
		{Name: "orders.list", Type: typ(t, "json"), Nullable: true, Physical: "jsonb"},
		{Name: "tags", Type: typ(t, "array<string>"), Nullable: true, Physical: "text[]"},
		{Name: "seen_at", Type: typ(t, "timestamptz"), Nullable: true},
	}})
	c.Class = stream.PII
	c.Columns[0].Element = "id.internal"
	c.Columns[2].Element = "contact.email"
	c.Columns[2].Evidence = []Evidence{{"contact.email", "column name"}, {"contact.email", "detector email 97 %"}}
	c.Columns[3].Class = stream.Financial
	return c
}

const customerFile = `apiVersion: v3.1.0
kind: DataContract
id: crm.public.customer
version: 1.0.0
status: draft
schema:
  - name: crm.public.customer
    logicalType: object
    customProperties:
      - property: letheClass
        value: pii
    properties:
      - name: id
        logicalType: integer
        physicalType: bigint
        required: true
        primaryKey: true
        primaryKeyPosition: 2
        customProperties:
          - property: letheType
            value: int64
          - property: letheElement
            value: id.internal
      - name: region
        logicalType: string
        physicalType: character(2)
        required: true
        primaryKey: true
        primaryKeyPosition: 1
        customProperties:
          - property: letheType
            value: string
      - name: email
        logicalType: string
        physicalType: character varying(60)
        customProperties:
          - property: letheType
            value: string
          - property: letheElement
            value: contact.email
          - property: letheEvidence
            value:
              - 'contact.email: column name'
              - 'contact.email: detector email 97 %'
`

func TestAContractReadsBackAsItWasWritten(t *testing.T) {
	c := customer(t)
	text := Write(c)
	if !strings.HasPrefix(string(text), customerFile) {
		t.Errorf("wrote\n%s", text)
	}
	back, err := Parse("customer.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	if again := Write(back); !bytes.Equal(again, text) {
		t.Errorf("wrote again\n%s\nwant\n%s", again, text)
	}
	if got, want := back.Rows(), c.Rows(); !equalJSON(t, got, want) {
		t.Errorf("rows %+v, want %+v", got, want)
	}
	if got := back.Columns[4].Path; got != `orders\.list` {
		t.Errorf("path %s", got)
	}
	if got := back.Columns[2].Where; got != "customer.yaml:33: schema[0].properties[2] (email)" {
		t.Errorf("where %s", got)
	}
	validODCS(t, text)
}

func equalJSON(t *testing.T, a, b any) bool {
	x, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

// validODCS checks a file against the standard's own JSON schema.
func validODCS(t *testing.T, text []byte) {
	t.Helper()
	const at = "../../../shared/data/spec/odcs-json-schema-v3.1.0.json"
	spec, err := os.ReadFile(at)
	if err != nil {
		t.Skipf("the ODCS schema is not here: %v", err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("odcs", bytes.NewReader(spec)); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("odcs")
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(doc); err != nil {
		t.Errorf("not ODCS: %#v\n%s", err, text)
	}
}

const rich = `kind: DataContract
apiVersion: v3.1.0
id: 53581432-6c55-4ba2-a65f-72344a91553a
name: orders
version: 2.0.0
status: active
description: {purpose: fulfil orders}
team: {name: sales}
customProperties: [{property: owner, value: sales}]
schema:
  - name: crm.public.order
    logicalType: object
    description: one row an order
    customProperties: [{property: gdprSensitive, value: true}, {property: letheClass, value: pii}]
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true, primaryKeyPosition: 1, logicalTypeOptions: {format: u64, minimum: 1}}
      - {name: total, logicalType: number, logicalTypeOptions: {minimum: 0.10, multipleOf: 0.01, maximum: 123456789012345678901234567890.12}}
      - {name: small, logicalType: integer, logicalTypeOptions: {format: i8}}
      - {name: code, logicalType: string, logicalTypeOptions: {minLength: 2, maxLength: 4, pattern: '^[A-Z]+$'}}
      - {name: mail, logicalType: string, logicalTypeOptions: {format: email}, classification: pii}
      - name: state
        logicalType: string
        quality: [{type: library, metric: invalidValues, arguments: {validValues: [open, done, "7"]}, mustBe: 0}]
      - {name: day, logicalType: date, logicalTypeOptions: {minimum: "2020-01-01", exclusiveMaximum: "2100-01-01"}}
      - {name: at, logicalType: timestamp, logicalTypeOptions: {timezone: true, minimum: "2020-01-01T00:00:00Z"}}
      - {name: f, logicalType: number, logicalTypeOptions: {format: f64, maximum: 10}}
      - name: ship
        logicalType: object
        properties:
          - {name: street, logicalType: string, logicalTypeOptions: {maxLength: 5}, customProperties: [{property: letheElement, value: address.street}]}
      - name: lines
        logicalType: array
        logicalTypeOptions: {maxItems: 2}
        items:
          logicalType: object
          properties:
            - {name: qty, logicalType: integer, logicalTypeOptions: {minimum: 1}}
            - {name: to.whom, logicalType: string, customProperties: [{property: letheElement, value: person.name}]}
      - name: tags
        logicalType: array
        items: {logicalType: string, logicalTypeOptions: {maxLength: 3}, customProperties: [{property: letheElement, value: text}]}
      - {name: never, logicalType: string, unique: true, quality: [{metric: nullValues, mustBe: 0}, {metric: duplicateValues, mustBe: 0}, {type: text, description: ask sales}]}
`

func TestAContractThatPeopleWroteIsUnderstood(t *testing.T) {
	c, err := Parse("order.yaml", []byte(rich))
	if err != nil {
		t.Fatal(err)
	}
	validODCS(t, []byte(rich))
	validODCS(t, Write(c))
	var types, paths []string
	for _, col := range c.Columns {
		types = append(types, col.Type.String())
	}
	for _, col := range c.All() {
		if col.Element != "" {
			paths = append(paths, col.Path+"="+col.Element)
		}
	}
	if got, want := strings.Join(types, " "), "decimal decimal int16 string string string date timestamptz float64 json json array<string> string"; got != want {
		t.Errorf("types\n%s\nwant\n%s", got, want)
	}
	if got, want := strings.Join(paths, " "), `ship.street=address.street lines[].to\.whom=person.name tags[]=text`; got != want {
		t.Errorf("elements\n%s\nwant\n%s", got, want)
	}
	if c.Class != stream.PII || c.Columns[4].Class != stream.PII || !slices.Equal(c.Unchecked, []string{"order.yaml:42: schema[0].properties[12].quality[1]", "order.yaml:42: schema[0].properties[12].unique"}) {
		t.Errorf("class %s, %s, unchecked %q", c.Class, c.Columns[4].Class, c.Unchecked)
	}
	again, err := Parse("order.yaml", Write(c))
	if err != nil || !bytes.Equal(Write(again), Write(c)) {
		t.Errorf("read back: %v\n%s", err, Write(c))
	}
	for _, keep := range []string{"team:", "fulfil orders", "gdprSensitive", "one row an order", "unique: true", "ask sales", "owner"} {
		if !strings.Contains(string(Write(c)), keep) {
			t.Errorf("%s was lost", keep)
		}
	}
}

func TestMergeKeepsWhatPeopleWrote(t *testing.T) {
	c := customer(t)
	s := c.Rows()
	s.Fields = append(s.Fields[1:4:4], stream.Field{Name: "nick", Type: typ(t, "string"), Nullable: true})
	s.Fields[1].Nullable = false
	m := c.Merge(s)
	if len(m.Columns) != 4 || m.Columns[1].Element != "contact.email" || m.Columns[1].Nullable || m.Columns[3].Element != "" || m.Class != stream.PII {
		t.Errorf("merged %+v", m.Columns)
	}
}

func TestRowsAreCheckedByKeywordWithoutShowingThem(t *testing.T) {
	c, err := Parse("order.yaml", []byte(rich))
	if err != nil {
		t.Fatal(err)
	}
	rs, err := c.RowSchema()
	if err != nil {
		t.Fatal(err)
	}
	const good = `{"id":"18446744073709551615","total":"123456789012345678901234567890.12","small":-128,"code":"AB","mail":"a@b.co","state":"7","day":"2020-01-01Z","at":"2020-01-01T00:00:00Z","f":9.5,"ship":{"street":"Soi 4"},"lines":[{"qty":1}],"tags":["a"],"never":""}`
	if r := refusal(t, rs, good); r != "" {
		t.Fatalf("good row: %v", r)
	}
	for row, want := range map[string]string{
		`{}`: "",
		`{"id":null,"total":null,"code":null,"mail":null,"state":null,"day":null,"at":null,"f":null,"ship":null,"lines":null,"tags":null}`: "",
		`{"id":"0"}`:                                    "schema.minimum id",
		`{"id":"18446744073709551616"}`:                 "schema.maximum id",
		`{"total":"123456789012345678901234567890.13"}`: "schema.maximum total",
		`{"total":"0.105"}`:                             "schema.multipleOf total",
		`{"total":"NaN"}`:                               "schema.type total",
		`{"total":1e999999999}`:                         "schema.maximum total",
		`{"small":128}`:                                 "schema.maximum small",
		`{"code":"A"}`:                                  "schema.minLength code",
		`{"code":"ABCDE"}`:                              "schema.maxLength code",
		`{"code":"ab"}`:                                 "schema.pattern code",
		`{"mail":"nobody"}`:                             "schema.format mail",
		`{"state":"gone"}`:                              "schema.enum state",
		`{"day":"2019-12-31Z"}`:                         "schema.minimum day",
		`{"day":"2100-01-01Z"}`:                         "schema.exclusiveMaximum day",
		`{"day":"infinity"}`:                            "schema.minimum day",
		`{"at":"2019-12-31T23:59:59.999999Z"}`:          "schema.minimum at",
		`{"f":"Infinity"}`:                              "schema.type f",
		`{"ship":{"street":"Sukhumvit"}}`:               "schema.maxLength ship.street",
		`{"lines":[{"qty":1},{"qty":0}]}`:               "schema.minimum lines[].qty",
		`{"lines":[{},{},{}]}`:                          "schema.maxItems lines",
		`{"tags":["a","long"]}`:                         "schema.maxLength tags[]",
		`{"never":null}`:                                "schema.not never",
	} {
		if got := refusal(t, rs, row); got != want {
			t.Errorf("%s: %q, want %q", row, got, want)
		}
	}
	plain := customer(t)
	if rs, err := plain.RowSchema(); rs != nil || err != nil {
		t.Errorf("a contract without keywords has row schema %v, %v", rs, err)
	}
}

const documented = `kind: DataContract
apiVersion: v3.1.0
id: x
version: 1.0.0
status: active
schema:
  - name: crm.public.event
    logicalType: object
    properties:
      - name: payload
        logicalType: object
        customProperties:
          - property: letheSchema
            value:
              $schema: http://json-schema.org/draft-07/schema#
              type: [object, "null"]
              required: [kind]
              properties: {kind: {$ref: "#/definitions/kind"}, amount: {type: number, multipleOf: 0.01}}
              additionalProperties: false
              definitions: {kind: {enum: [sale, refund]}}
      - {name: id, logicalType: integer, required: true, primaryKey: true, primaryKeyPosition: 1}
`

func TestAColumnMayCarryAWholeJSONSchema(t *testing.T) {
	c, err := Parse("event.yaml", []byte(documented))
	if err != nil {
		t.Fatal(err)
	}
	validODCS(t, []byte(documented))
	again, err := Parse("event.yaml", Write(c))
	if err != nil {
		t.Fatal(err)
	}
	rs, err := again.RowSchema()
	if err != nil {
		t.Fatal(err)
	}
	for row, want := range map[string]string{
		`{"payload":null}`:                           "",
		`{"payload":{"kind":"sale","amount":1.25}}`:  "",
		`{"payload":{"kind":"sale","amount":1.255}}`: "schema.multipleOf payload.amount",
		`{"payload":{"amount":1}}`:                   "schema.required payload",
		`{"payload":{"kind":"gift"}}`:                "schema.enum payload.kind",
		`{"payload":{"kind":"sale","name":"x"}}`:     "schema.additionalProperties payload",
		`{"payload":[]}`:                             "schema.type payload",
	} {
		if got := refusal(t, rs, row); got != want {
			t.Errorf("%s: %q, want %q", row, got, want)
		}
	}
	for from, to := range map[string]string{"#/definitions/kind": "https://example.org/kind", "type: [object": "type: [thing"} {
		if _, err := Parse("event.yaml", []byte(strings.Replace(documented, from, to, 1))); err == nil || !strings.Contains(err.Error(), "event.yaml:14: ") {
			t.Errorf("%s: %v", to, err)
		}
	}
}

// refusal is keyword and place of what the first column of a row, by name, is
// refused for; "" for nothing.
func refusal(t testing.TB, rs *masking.RowSchema, row string) string {
	t.Helper()
	values := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(row), &values); err != nil {
		t.Fatal(err)
	}
	var c conform.Checker
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, rule := range rs.Columns[name] {
			switch c.Check(rule, values[name]) {
			case conform.Fails:
				return "schema." + c.Keyword() + " " + masking.EscapeName(name) + string(c.AppendPath(nil))
			case conform.Beyond:
				t.Fatalf("%s: left to the library", row)
			}
		}
	}
	return ""
}

func TestEveryFaultOfAContractIsToldAtOnce(t *testing.T) {
	_, err := Parse("c.yaml", []byte(`kind: Contract
apiVersion: v2.2.0
id: x
version: "1"
status: draft
taem: {}
schema:
  - name: customer
    customProperties: [{property: letheKlass, value: pii}]
    properties:
      - {name: a}
      - {name: b, logicalType: text}
      - {name: b, logicalType: string, logicalTypeOptions: {minimum: 1, pattern: '(', format: mail}}
      - {name: c, logicalType: integer, customProperties: [{property: letheType, value: string}]}
      - {name: d, logicalType: string, customProperties: [{property: letheType, value: varchar}, {property: letheElment, value: x}]}
      - {name: e, logicalType: date, requierd: true, logicalTypeOptions: {minimum: "yesterday"}}
      - {name: f, logicalType: string, customProperties: [{property: letheEvidence, value: [contact.email]}]}
      - {name: g, logicalType: string, quality: [{metric: invalidValues, mustBe: 0, arguments: {valid: [a]}}]}
`))
	want := `c.yaml:6: taem: unknown key "taem"
  → did you mean "team"?
c.yaml:1: kind: not a data contract
  → write kind: DataContract
c.yaml:2: apiVersion: another version of ODCS
  → write apiVersion: v3.1.0
c.yaml:8: schema[0].name: stream "customer" has no source or schema
  → write <source>.<schema>.<table>
c.yaml:9: schema[0].customProperties[0]: unknown property "letheKlass"
  → did you mean "letheClass"?
c.yaml:11: schema[0].properties[0]: column "a" has no type
  → add logicalType: string | date | timestamp | time | number | integer | object | array | boolean
c.yaml:12: schema[0].properties[1].logicalType: unknown type "text"
  → one of: array boolean date integer number object string time timestamp
c.yaml:13: schema[0].properties[2].logicalTypeOptions.minimum: minimum is no option of string
  → one of: format maxLength minLength pattern
c.yaml:13: schema[0].properties[2].logicalTypeOptions.pattern: not a regular expression: missing closing ): ` + "`(`" + `
  → use RE2 syntax: no look-around, no back-references
c.yaml:13: schema[0].properties[2].logicalTypeOptions.format: unknown format "mail"
  → did you mean "email"?
c.yaml:13: schema[0].properties[2]: column "b" is written twice
  → keep one
c.yaml:14: schema[0].properties[3].logicalType: integer is not string, which letheType says
  → write logicalType: string
c.yaml:15: schema[0].properties[4].customProperties[1]: unknown property "letheElment"
  → did you mean "letheElement"?
c.yaml:15: schema[0].properties[4]: letheType: type "varchar": not one of string bool int16 int32 int64 float32 float64 decimal decimal(p,s) bytes date time timestamp timestamptz json array<type>
  → write one of them, or let lethe discover write it: remove the property and run it again
c.yaml:16: schema[0].properties[5].requierd: unknown key "requierd"
  → did you mean "required"?
c.yaml:16: schema[0].properties[5].logicalTypeOptions.minimum: want a date as text
  → write it as "2006-01-02"
c.yaml:17: schema[0].properties[6].customProperties[0].value: letheEvidence: want <element>: <why>
  → write ["contact.email: column name"]
c.yaml:18: schema[0].properties[7].quality[0]: invalidValues says no valid values
  → add arguments: {validValues: [...]} or {pattern: ...}
c.yaml:18: schema[0].properties[7].quality[0].arguments.valid: argument "valid" is not known for invalidValues
  → one of: pattern validValues`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestATableWithoutColumnsHasAContract(t *testing.T) {
	text := Write(New(stream.Schema{Stream: "crm.public.empty"}))
	if !bytes.Contains(text, []byte("properties: []\n")) {
		t.Errorf("written\n%s", text)
	}
	for _, data := range [][]byte{text, bytes.Replace(text, []byte("    properties: []\n"), nil, 1)} {
		c, err := Parse("c.yaml", data)
		if err != nil {
			t.Fatal(err)
		}
		if back := Write(c); c.Stream != "crm.public.empty" || len(c.Columns) != 0 || !bytes.Equal(back, text) {
			t.Errorf("%s read as\n%s", data, back)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(rich))
	f.Add([]byte(customerFile))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("c.yaml", data)
		if err != nil {
			return
		}
		rs, err := c.RowSchema()
		if err != nil {
			t.Fatalf("accepted, but: %v", err)
		}
		if rs != nil {
			refusal(t, rs, `{"id":1}`)
		}
		text := Write(c)
		back, err := Parse("c.yaml", text)
		if err != nil {
			t.Fatalf("written file is refused: %v\n%s", err, text)
		}
		if !bytes.Equal(Write(back), text) {
			t.Fatalf("not stable:\n%s", text)
		}
	})
}
