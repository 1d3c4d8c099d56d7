package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"lethe/masking"
	"lethe/stream"
)

// veiledInput are lines of standard input, and the masked values that they say.
type veiledInput struct {
	lines  [][]byte
	values []masking.Veiled
}

// veiled reads masked values from standard input. Its
// faults name lines, never what stands there (L7).
func veiled(io console) (veiledInput, error) {
	var lines [][]byte
	var values []masking.Veiled
	fault := func(msg string) error {
		return &stream.Fault{Code: "reveal.input", Path: fmt.Sprintf("line %d", len(lines)+1), Msg: msg, Hint: "lethe help reveal"}
	}
	err := inputLines(io, func(line []byte) error {
		line = bytes.Clone(line)
		v, why := veiledLine(line)
		if why != "" {
			return fault(why)
		}
		lines, values = append(lines, line), append(values, v)
		return nil
	}, fault)
	if err == nil && len(values) == 0 {
		err = &stream.Fault{Code: "reveal.input", Msg: "standard input holds no value", Hint: "write one a line"}
	}
	return veiledInput{lines, values}, err
}

// veiledLine reads a line, and says what is wrong with it.
func veiledLine(line []byte) (v masking.Veiled, why string) {
	switch {
	case len(line) == 0:
		return v, "this line is empty"
	case line[0] == '"':
		return scalar(line)
	case line[0] != '{':
		v.Text = line
		v.Number = isNumber(line)
		return v, ""
	}
	var in struct {
		Value    json.RawMessage `json:"value"`
		Subject  json.RawMessage `json:"subject"`
		Also     json.RawMessage `json:"also"`
		Position string          `json:"position"`
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if dec.Decode(&in) != nil || dec.More() || in.Value == nil {
		return v, "not an object of value, subject, also and position"
	}
	if v, why = scalar(in.Value); why != "" {
		return v, "value is " + why
	}
	for _, of := range []struct {
		name string
		raw  json.RawMessage
		to   *[]byte
	}{{"subject", in.Subject, &v.Subject}, {"also", in.Also, &v.Also}} {
		if of.raw == nil {
			continue
		}
		who, why := scalar(of.raw)
		if why != "" {
			return v, of.name + " is " + why
		}
		*of.to = who.Text
	}
	if in.Position != "" {
		seq, err := stream.ParseSeq([]byte(in.Position))
		if err != nil {
			return v, "position is not the 40 hex digits of a row's _lethe_seq"
		}
		v.Seq = &seq
	}
	return v, ""
}

// scalar reads a JSON string or number.
func scalar(raw []byte) (v masking.Veiled, why string) {
	if raw = bytes.TrimSpace(raw); isNumber(raw) {
		return masking.Veiled{Text: raw, Number: true}, ""
	}
	var s *string
	switch err := json.Unmarshal(raw, &s); {
	case err != nil:
		return v, "neither a string nor a number"
	case s == nil:
		return masking.Veiled{Null: true}, ""
	}
	return masking.Veiled{Text: []byte(*s)}, ""
}

func isNumber(raw []byte) bool {
	return len(raw) > 0 && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9') && json.Valid(raw)
}
