package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lethe/masking"
	"lethe/masking/conform"
	"lethe/stream"
)

// RowSchema compiles what the contract says about values beyond types, required
// and null. It is nil if the contract says no more.
func (c *Contract) RowSchema() (*masking.RowSchema, error) {
	doc, documents := map[string]any{}, map[string]json.RawMessage{}
	for _, col := range c.Columns {
		if k := keywords(col); k != nil {
			doc[col.Name] = k
		}
		if col.document != nil {
			documents[col.Name] = col.document
		}
	}
	if len(doc)+len(documents) == 0 {
		return nil, nil
	}
	form := rowsText{Decimals: []string{}, Documents: documents}
	var err error
	if form.Schema, err = json.Marshal(map[string]any{"$schema": rowsDraft, "properties": doc}); err != nil {
		return nil, fmt.Errorf("contract %s: %w", c.Stream, err)
	}
	for _, col := range c.Columns {
		if col.Type.Base == stream.Decimal {
			form.Decimals = append(form.Decimals, col.Name)
		}
	}
	text, err := json.Marshal(form)
	if err != nil {
		return nil, fmt.Errorf("contract %s: %w", c.Stream, err)
	}
	r, err := ParseRows(string(text))
	if err != nil {
		return nil, fmt.Errorf("contract %s: %w", c.Stream, err)
	}
	return r, nil
}

// rowsDraft is the draft in which keywords of columns are written.
const rowsDraft = "https://json-schema.org/draft/2019-09/schema"

// rowsText is a row schema as text.
type rowsText struct {
	Decimals []string        `json:"decimals"` // which rows hold as strings
	Schema   json.RawMessage `json:"schema"`
	// Documents are whole schemas of columns, each with a draft of its own.
	Documents map[string]json.RawMessage `json:"documents,omitempty"`
}

// ParseRows reads the Text of a row schema, in whichever build it was written.
func ParseRows(text string) (*masking.RowSchema, error) {
	var form rowsText
	strict := json.NewDecoder(strings.NewReader(text))
	strict.DisallowUnknownFields() // L1: what a newer build asks for is not left out
	if err := strict.Decode(&form); err != nil {
		return nil, fmt.Errorf("row schema: %w", err)
	}
	var rows struct {
		Properties map[string]map[string]any `json:"properties"`
	}
	dec := json.NewDecoder(strings.NewReader(string(form.Schema)))
	dec.UseNumber() // bounds stay exact
	if err := dec.Decode(&rows); err != nil {
		return nil, fmt.Errorf("row schema: %w", err)
	}
	r := &masking.RowSchema{Text: text, Columns: map[string][]*conform.Rule{}}
	add := func(name string, document []byte) error {
		rule, err := conform.Compile(document)
		if err != nil {
			return fmt.Errorf("row schema: %s: %w", masking.EscapeName(name), err)
		}
		if slices.Contains(form.Decimals, name) {
			rule = rule.OfDecimals()
		}
		r.Columns[name] = append(r.Columns[name], rule)
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(rows.Properties)) {
		column := rows.Properties[name]
		column["$schema"] = rowsDraft
		document, err := json.Marshal(column)
		if err == nil {
			err = add(name, document)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(form.Documents)) {
		if err := add(name, form.Documents[name]); err != nil {
			return nil, err
		}
	}
	return r, nil
}
