package masking_test

import (
	"fmt"

	"lethe/masking"
	"lethe/stream"
)

// noKeys is for plans whose operators need no key.
type noKeys struct{}

func (noKeys) Epoch() string { return "1" }

func (noKeys) Secret(string) ([]byte, error) { return nil, fmt.Errorf("no key") }

func (noKeys) EpochSecret(string) ([]byte, error) { return nil, fmt.Errorf("no key") }

func ExampleCompile() {
	w, err := masking.Compile(masking.Plan{
		Stream: "crm.public.customer",
		Fields: []masking.Field{
			{Path: "status", Operator: "keep"},
			{Path: "phone", Operator: "partial", Params: masking.Params{"keep_last": 3}},
			{Path: "orders[].ship_to", Operator: "redact"},
			{Path: "orders[].amount", Operator: "keep"},
		},
	}, noKeys{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var out stream.Masked
	err = w.Process(&stream.Record{
		Value: []byte(`{"after":{"status":"new","phone":"0812345678","nickname":"Lek","orders":[{"ship_to":"Bangkok","amount":"12.50"}]},"op":"c"}`),
	}, &out)
	w.Finish()
	fmt.Printf("%s %v\n", out.Value, err)
	// Output: {"after":{"status":"new","phone":"*******678","_unknown_1":"[redacted]","orders":[{"ship_to":"[redacted]","amount":"12.50"}]},"op":"c"} <nil>
}
