package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// byLibrary does what ours does and has the row after each change checked by a JSON
// Schema library, as one would without a compiled schema.
type byLibrary struct {
	*ours
	schema *jsonschema.Schema
	rows   [][]byte
}

func newByLibrary(o *ours) (*byLibrary, error) {
	var text struct{ Schema json.RawMessage }
	if err := json.Unmarshal([]byte(rowSchema), &text); err != nil {
		return nil, fmt.Errorf("row schema: %w", err)
	}
	s, err := jsonschema.CompileString("row", string(text.Schema))
	if err != nil {
		return nil, fmt.Errorf("row schema: %w", err)
	}
	b := &byLibrary{ours: o, schema: s}
	for _, r := range o.records {
		var event struct{ After json.RawMessage }
		if err := json.Unmarshal(r.Value, &event); err != nil {
			return nil, fmt.Errorf("event: %w", err)
		}
		b.rows = append(b.rows, event.After)
	}
	return b, nil
}

func (b *byLibrary) pass() error {
	for _, row := range b.rows {
		d := json.NewDecoder(bytes.NewReader(row))
		d.UseNumber() // the library compares numbers exactly
		var v any
		if err := d.Decode(&v); err != nil {
			return fmt.Errorf("row: %w", err)
		}
		if err := b.schema.Validate(v); err != nil {
			return fmt.Errorf("a row is not as its schema: %w", err)
		}
	}
	return b.ours.pass()
}
