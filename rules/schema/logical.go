package schema

import "lethe/stream"

var logicalTypes = []string{"string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean"}

// logical is the standard's word for a type.
func logical(t stream.Type) string {
	switch t.Base {
	case stream.Bool:
		return "boolean"
	case stream.Int:
		return "integer"
	case stream.Float, stream.Decimal:
		return "number"
	case stream.Date:
		return "date"
	case stream.TimeOfDay:
		return "time"
	case stream.Timestamp, stream.TimestampTZ:
		return "timestamp"
	case stream.JSON:
		return "object"
	case stream.Array:
		return "array"
	}
	return "string"
}

// logicalType is the word that people chose, as long as it fits the type.
func (c Column) logicalType() string {
	l := logical(c.Type)
	if c.Type.Base == stream.JSON && (c.logical == "array" || c.logical == "object") || c.Type.Base == stream.Decimal && c.logical == "integer" {
		return c.logical
	}
	return l
}

// fromLogical is the type of a column that people wrote without letheType.
func fromLogical(pr property) stream.Type {
	switch pr.LogicalType {
	case "boolean":
		return stream.Type{Base: stream.Bool}
	case "integer":
		switch pr.Options.Format {
		case "i8", "i16", "u8":
			return stream.Type{Base: stream.Int, Bits: 16}
		case "i32", "u16":
			return stream.Type{Base: stream.Int, Bits: 32}
		case "u64", "i128", "u128":
			return stream.Type{Base: stream.Decimal}
		}
		return stream.Type{Base: stream.Int, Bits: 64}
	case "number":
		switch pr.Options.Format {
		case "f32":
			return stream.Type{Base: stream.Float, Bits: 32}
		case "f64":
			return stream.Type{Base: stream.Float, Bits: 64}
		}
		return stream.Type{Base: stream.Decimal}
	case "date":
		return stream.Type{Base: stream.Date}
	case "time":
		return stream.Type{Base: stream.TimeOfDay}
	case "timestamp":
		if pr.Options.Timezone != nil && *pr.Options.Timezone {
			return stream.Type{Base: stream.TimestampTZ}
		}
		return stream.Type{Base: stream.Timestamp}
	case "object":
		return stream.Type{Base: stream.JSON}
	case "array":
		if pr.Items == nil || pr.Items.LogicalType == "object" || pr.Items.LogicalType == "" {
			// Arrays of objects are walked by path, as any JSON.
			return stream.Type{Base: stream.JSON}
		}
		elem := fromLogical(*pr.Items)
		return stream.Type{Base: stream.Array, Elem: &elem}
	}
	return stream.Type{Base: stream.String}
}

// integerBounds are what the formats of an integer promise beyond its type.
var integerBounds = map[string][2]string{
	"i8": {"-128", "127"}, "u8": {"0", "255"}, "u16": {"0", "65535"}, "u32": {"0", "4294967295"},
	"u64":  {"0", "18446744073709551615"},
	"i128": {"-170141183460469231731687303715884105728", "170141183460469231731687303715884105727"},
	"u128": {"0", "340282366920938463463374607431768211455"},
}
