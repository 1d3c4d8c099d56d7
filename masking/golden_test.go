package masking

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"lethe/stream"
)

var update = flag.Bool("update", false, "write the golden files anew")

// coarse is a stream whose values become coarser, or move.
func coarse() Plan {
	plan := Plan{Stream: "s", Subject: Subject{Column: "who", Domain: "id.internal"}, Fields: []Field{{Path: "who", Operator: "drop"}, {Path: "coarse", Operator: "keep"}}}
	for path, p := range map[string]Params{
		"range": {"as": "range", "width": 25, "from": 10, "top": 1000}, "month": {"as": "month"}, "age": {"as": "age", "on": "2026-01-01"},
		"zip": {"as": "zip3"}, "net": {"as": "prefix"}, "place": {"as": "grid", "step": "0.05"}, "city": {"as": "hierarchy", "table": "Bangkok;Thailand\n*;elsewhere"},
	} {
		plan.Fields = append(plan.Fields, Field{Path: path, Operator: "generalize", Params: p})
	}
	return Plan{Stream: plan.Stream, Subject: plan.Subject, Fields: append(plan.Fields,
		Field{Path: "day", Operator: "shift_date", Type: stream.Type{Base: stream.Date}, Nullable: true},
		Field{Path: "said", Operator: "shift_date", Params: Params{"days": 3650}},
		Field{Path: "amount", Operator: "noise", Params: Params{"percent": 20}, Domain: "commerce.amount"},
		Field{Path: "total", Operator: "noise", Params: Params{"bound": "250.5"}, Domain: "commerce.amount", Apart: true},
		Field{Path: "name", Operator: "fake", Params: Params{"kind": "person", "locale": "th"}, Domain: "person.name", Normal: "lower"},
		Field{Path: "email", Operator: "fake", Params: Params{"kind": "email"}, Domain: "contact.email", Normal: "lower"},
		Field{Path: "phone", Operator: "fake", Params: Params{"kind": "phone", "locale": "eu"}, Domain: "contact.phone", Normal: "e164"},
		Field{Path: "address", Operator: "fake", Params: Params{"kind": "address", "locale": "any"}, Domain: "address.street"},
		Field{Path: "town", Operator: "fake", Params: Params{"kind": "city", "locale": "sg"}, Domain: "address.city", Apart: true},
		Field{Path: "employer", Operator: "fake", Params: Params{"kind": "company", "locale": "gb"}, Domain: "person.employer"},
	)}
}

var coarseRows = []string{
	`"who":1,"range":34.99,"month":"12 มกราคม พ.ศ. 2567","age":"1930-05-05","zip":"03601","net":"203.0.113.77","place":"13.7563,100.5018","city":"Bangkok"`,
	`"who":1,"range":-7,"month":"Mar 9, 2024","age":41,"zip":2139,"net":"2001:db8:1:2::7","place":-33.8688,"city":"Paris"`,
	`"who":1,"day":"2024-02-29Z","said":"๒๙ ก.พ. ๒๕๖๗","amount":123456,"total":"1234567.89"`,
	`"who":2,"day":"2024-02-29Z","said":"29/2/24 13:00","amount":"123456","total":"1234567.89"`,
	`"who":null,"day":"2024-02-29Z","said":"2024-02-29T01:02:03+07:00","amount":-0.01,"total":5.00`,
	`"who":3,"day":null,"said":"9 Feb 2024","amount":6.02e23,"total":null`,
	`"who":3,"said":"tomorrow"`,
	`"who":3,"name":"สมชาย ใจดี","email":"Somchai.J@Example.org","phone":"+66 81 234 5678","address":"99/1 ถนนสุขุมวิท กรุงเทพมหานคร","town":"Bedok","employer":"Siam Ltd"`,
	`"who":4,"name":"SMITH, Ann","email":"ann@example.org","phone":"030 1234567","address":"1 High Street","town":"Bedok","employer":"Siam Ltd","said":""`,
	`"who":4,"name":"SMITH, Ann","email":"ann@example.org","name_before":"@","town":"Yishun Tampines","employer":"","phone":null`,
	`"who":null,"name":"","town":"Bedok"`,
	`"who":4,"email":7`,
	`"who":3,"amount":"a lot"`,
}

// opened is a stream whose values can be opened again, and digests in every writing.
func opened() Plan {
	reversible := []Field{{Path: "who", Operator: "keep", Type: stream.Type{Base: stream.String}, Nullable: true}, {Path: "opened", Operator: "keep"}}
	for path, f := range map[string]Field{
		"token": {Operator: "tokenize", Domain: "person.username"}, "count": {Operator: "tokenize", Domain: "id.internal", Type: int64s}, "sum": {Operator: "tokenize", Domain: "commerce.amount", Type: money},
		"card": {Operator: "fpe", Domain: "finance.card", Params: Params{"check": "luhn", "keep_last": 4}}, "thai": {Operator: "fpe", Domain: "id.th.national", Params: Params{"check": "mod11_th"}},
		"plate": {Operator: "fpe", Domain: "id.licence", Params: Params{"keep_first": 1}},
		"mail":  {Operator: "encrypt", Domain: "contact.email"}, "joined": {Operator: "encrypt", Domain: "contact.email", Params: Params{"joinable": "yes"}},
		"b32": {Operator: "hmac", Domain: "d", Params: Params{"encoding": "base32", "length": 20}}, "b64": {Operator: "hmac", Domain: "d", Params: Params{"encoding": "base64url"}},
		"phone": {Operator: "hmac", Domain: "contact.phone", Normal: "e164", Params: Params{"country": "TH"}}, "digits": {Operator: "hmac", Domain: "d", Normal: "digits"},
		"number": {Operator: "hmac", Domain: "d", Normal: "identifier"}, "apart": {Operator: "hmac", Domain: "d", Apart: true},
		"quarter": {Operator: "generalize", Params: Params{"as": "quarter"}}, "year": {Operator: "generalize", Params: Params{"as": "year"}}, "decade": {Operator: "generalize", Params: Params{"as": "decade"}},
		"note": {Operator: "detect"}, "flat": {Operator: "detect", Params: Params{"names": false}},
	} {
		f.Path = path
		reversible = append(reversible, f)
	}
	return Plan{Stream: "crm.public.opened", Subject: Subject{Column: "who", Domain: "id.internal"}, Fields: reversible}
}

var openedRows = []string{
	`"who":"1","token":"Somchai.Jaidee-99","count":9223372036854775807,"sum":"1234567890.12","card":"4111 1111 1111 1111","thai":"1-2345-67890-12-1","plate":"B12345678"`,
	`"who":"2","token":"สมชาย ใจดี","count":-1234567890123,"sum":"-99999.99","card":"4111 1111 1111 1111","thai":"1234567890121","plate":"B-123-45678"`,
	`"who":"1","mail":"ann@example.org","joined":"ann@example.org"`,
	`"who":"2","mail":"ann@example.org","joined":"ann@example.org"`,
	`"who":"1","b32":"a","b64":"a","phone":"๐๘๑ ๒๓๔ ๕๖๗๘","digits":"๑-๒","number":"gb82 west 1234","apart":"a"`,
	`"who":"2","b32":7,"b64":true,"phone":"+66 (0)81-234-5678","digits":-5,"number":"GB82WEST1234","apart":"a"`,
	`"who":"1","quarter":"12 มกราคม พ.ศ. 2567","year":"Mar 9, 2024","decade":"1985-12-31"`,
	`"who":"1","note":"Ms Maria Gonzalez of Barcelona, 081-234-5678, maria@example.org","flat":"คุณสมชาย ใจดี โทร 081-234-5678, card 4111 1111 1111 1111"`,
	`"who":null,"token":"nobody","mail":"ann@example.org","apart":"a"`,
	`"who":"1","token":"x"`,
	`"who":"1","card":"4111 1111 1111 1112"`,
}

// golden is a line of testdata/golden.jsonl.
type golden struct {
	Plan  string `json:"plan"`
	Key   string `json:"key,omitempty"`
	Value string `json:"value"`

	MaskedKey   string `json:"masked_key,omitempty"`
	MaskedValue string `json:"masked_value,omitempty"`
	Rejected    string `json:"rejected,omitempty"`
}

// goldenCases are the records that the file holds, by their plans.
func goldenCases() (cases []golden) {
	for _, e := range envelopes {
		cases = append(cases, golden{Plan: "nested", Key: `{"id":7}`, Value: e})
	}
	for i := range 3 {
		r := busyRecord(i)
		cases = append(cases, golden{Plan: "busy", Key: string(r.Key), Value: string(r.Value)})
	}
	for _, e := range coarseRows {
		cases = append(cases, golden{Plan: "coarse", Value: `{"after":{"coarse":1,` + e + `},"op":"c"}`})
	}
	for _, e := range openedRows {
		cases = append(cases, golden{Plan: "opened", Value: `{"after":{"opened":1,` + e + `},"op":"c"}`})
	}
	return cases
}

func TestL6MaskedBytesAreThoseOfTheGoldenFile(t *testing.T) {
	const path = "testdata/golden.jsonl"
	plans := map[string]*Rewriter{}
	used := map[string]bool{}
	for name, plan := range map[string]Plan{"nested": nested(), "busy": busy(), "coarse": coarse(), "opened": opened()} {
		w, err := Compile(plan, &subjectKeys{})
		if err != nil {
			t.Fatal(err)
		}
		plans[name] = w
		for _, f := range plan.Fields {
			used[f.Operator] = true
		}
	}
	for _, op := range Operators() {
		if !used[op.Name] {
			t.Errorf("no record of the golden file is masked by %s", op.Name)
		}
	}
	if *update {
		var file bytes.Buffer
		for _, c := range goldenCases() {
			c.run(plans[c.Plan])
			line, _ := json.Marshal(c)
			file.Write(append(line, '\n'))
		}
		if err := os.WriteFile(path, file.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	n := 0
	for ; lines.Scan(); n++ {
		var want golden
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		for range 2 { // a rewriter that has worked, and a fresh one
			got := golden{Plan: want.Plan, Key: want.Key, Value: want.Value}
			got.run(plans[want.Plan])
			if got != want {
				t.Errorf("line %d:\ngot  %+v\nwant %+v", n+1, got, want)
			}
			plans[want.Plan] = plans[want.Plan].Clone()
		}
	}
	if n != len(goldenCases()) {
		t.Errorf("%d golden records, want %d", n, len(goldenCases()))
	}
}

// run masks the record.
func (g *golden) run(w *Rewriter) {
	var out stream.Masked
	if err := process(w, &stream.Record{Key: []byte(g.Key), Value: []byte(g.Value), Seq: stream.NewSeq(1, 2, 3)}, &out); err != nil {
		g.Rejected = err.Error()
		return
	}
	g.MaskedKey, g.MaskedValue = string(out.Key), string(out.Value)
}
