package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"lethe/masking"
	"lethe/stream"
)

// RowSchema compiles what the contract says about values beyond types, required
// and null: JSON Schema keywords, checked by a JSON Schema library. It is nil if
// the contract says no more. It is safe for concurrent use.
func (c *Contract) RowSchema() (masking.RowSchema, error) {
	doc := map[string]any{}
	for _, col := range c.Columns {
		if k := keywords(col); k != nil {
			doc[col.Name] = k
		}
	}
	if len(doc) == 0 {
		return nil, nil
	}
	form := rowsText{Decimals: []string{}}
	var err error
	if form.Schema, err = json.Marshal(map[string]any{"$schema": "https://json-schema.org/draft/2019-09/schema", "properties": doc}); err != nil {
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

// ParseRows reads the text that a row schema's String gave, in whichever build.
func ParseRows(text string) (masking.RowSchema, error) {
	var form rowsText
	if err := json.Unmarshal([]byte(text), &form); err != nil {
		return nil, fmt.Errorf("row schema: %w", err)
	}
	comp := jsonschema.NewCompiler()
	comp.AssertFormat = true
	comp.LoadURL = func(string) (io.ReadCloser, error) { return nil, errors.New("no schema is loaded from elsewhere") }
	comp.RegisterExtension(timeBounds, nil, boundsCompiler{})
	const at = "lethe:row"
	if err := comp.AddResource(at, bytes.NewReader(form.Schema)); err != nil {
		return nil, fmt.Errorf("row schema: %w", err)
	}
	compiled, err := comp.Compile(at)
	if err != nil {
		return nil, fmt.Errorf("row schema: %w", err)
	}
	r := &rows{schema: compiled, text: text, asNumber: map[string]bool{}}
	for _, name := range form.Decimals {
		r.asNumber[name] = true
	}
	return r, nil
}

// rowsText is a row schema as text.
type rowsText struct {
	Decimals []string        `json:"decimals"`
	Schema   json.RawMessage `json:"schema"`
}

type rows struct {
	schema   *jsonschema.Schema
	text     string
	asNumber map[string]bool // decimals, which rows hold as strings
}

// String is what [ParseRows] reads: part of what decides about a record.
func (r *rows) String() string { return r.text }

// Check implements [masking.RowSchema]. Columns that were left out as unchanged
// are absent, and no keyword asks for the presence of a column.
func (r *rows) Check(row []byte, _ []string) *stream.Rejection {
	dec := json.NewDecoder(bytes.NewReader(row))
	dec.UseNumber() // big numbers stay exact
	var v map[string]any
	if err := dec.Decode(&v); err != nil || v == nil {
		return &stream.Rejection{Reason: stream.ReasonMalformed}
	}
	for name, x := range v {
		if s, ok := x.(string); ok && r.asNumber[name] && isNumber(s) {
			v[name] = json.Number(s)
		}
	}
	if expensive(v) {
		return &stream.Rejection{Reason: stream.ReasonSchema + ".number"}
	}
	err := r.schema.Validate(v)
	if err == nil {
		return nil
	}
	var ve *jsonschema.ValidationError
	if !errors.As(err, &ve) {
		// L1: a row that cannot be checked is refused.
		return &stream.Rejection{Reason: stream.ReasonSchema}
	}
	for len(ve.Causes) > 0 {
		ve = ve.Causes[0]
	}
	// L7: the keyword and the place only; messages hold values.
	keyword := ve.KeywordLocation[strings.LastIndexByte(ve.KeywordLocation, '/')+1:]
	return &stream.Rejection{Reason: stream.ReasonSchema + "." + keyword, Field: place(ve.InstanceLocation, v)}
}

// place turns a JSON pointer into a path; array elements are [].
func place(pointer string, v any) string {
	var path strings.Builder
	for _, token := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		if list, ok := v.([]any); ok {
			path.WriteString("[]")
			v = nil
			var i int
			if _, err := fmt.Sscan(token, &i); err == nil && i >= 0 && i < len(list) {
				v = list[i]
			}
			continue
		}
		name, err := url.PathUnescape(token)
		if err != nil {
			return ""
		}
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
		if path.Len() > 0 {
			path.WriteByte('.')
		}
		path.WriteString(masking.EscapeName(name))
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return path.String()
}

var number = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

func isNumber(s string) bool { return number.MatchString(s) }

// cheap reports whether a number's exact value is small enough to compute: the
// library works with exact fractions, and 1e999999999 has a billion digits.
func cheap(s string) bool {
	_, exp, ok := strings.Cut(strings.ToLower(s), "e")
	return len(s) <= 20000 && (!ok || len(strings.TrimLeft(exp, "+-0")) <= 4)
}

func expensive(v any) bool {
	switch x := v.(type) {
	case json.Number:
		return !cheap(string(x))
	case []any:
		for _, e := range x {
			if expensive(e) {
				return true
			}
		}
	case map[string]any:
		for _, e := range x {
			if expensive(e) {
				return true
			}
		}
	}
	return false
}
