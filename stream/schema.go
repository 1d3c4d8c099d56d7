package stream

import (
	"fmt"
	"strconv"
	"strings"
)

// Base is the base of a [Type].
type Base uint8

// The bases and how an envelope writes a value of each in JSON. A JSON null is
// the null of every base.
const (
	String      Base = iota + 1 // string
	Bool                        // true, false
	Int                         // number; Bits 16, 32 or 64
	Float                       // number; "NaN", "Infinity", "-Infinity" as strings; Bits 32 or 64
	Decimal                     // string; Precision and Scale, both 0 when the source gave none
	Bytes                       // string, standard base64
	Date                        // string, 2006-01-02Z
	TimeOfDay                   // string, 15:04:05.999999Z
	Timestamp                   // string, 2006-01-02T15:04:05.999999Z, local time without zone
	TimestampTZ                 // string, 2006-01-02T15:04:05.999999Z, UTC
	JSON                        // any JSON value, embedded
	Array                       // array of Elem
)

var baseNames = [...]string{"", "string", "bool", "int", "float", "decimal", "bytes", "date", "time",
	"timestamp", "timestamptz", "json", "array"}

// Type is a column's type as contracts and sinks know it. Enums, uuid, inet,
// ranges, intervals and the like are String.
type Type struct {
	Base             Base
	Bits             int
	Precision, Scale int
	Elem             *Type
}

// String is the type's text form: string, int64, decimal(10,2), array<int32>.
func (t Type) String() string {
	switch {
	case t.Base == Int || t.Base == Float:
		return baseNames[t.Base] + strconv.Itoa(t.Bits)
	case t.Base == Decimal && t.Precision > 0:
		return fmt.Sprintf("decimal(%d,%d)", t.Precision, t.Scale)
	case t.Base == Array && t.Elem != nil:
		return "array<" + t.Elem.String() + ">"
	case int(t.Base) < len(baseNames):
		return baseNames[t.Base]
	}
	return "invalid"
}

// ParseType reads the text form of a Type.
func ParseType(s string) (Type, error) {
	if inner, ok := strings.CutPrefix(s, "array<"); ok && strings.HasSuffix(inner, ">") {
		e, err := ParseType(strings.TrimSuffix(inner, ">"))
		if err != nil {
			return Type{}, err
		}
		return Type{Base: Array, Elem: &e}, nil
	}
	if inner, ok := strings.CutPrefix(s, "decimal("); ok && strings.HasSuffix(inner, ")") {
		var t = Type{Base: Decimal}
		if n, err := fmt.Sscanf(inner, "%d,%d)", &t.Precision, &t.Scale); n == 2 && err == nil {
			return t, nil
		}
	}
	switch s {
	case "int16", "int32", "int64":
		bits, _ := strconv.Atoi(s[3:])
		return Type{Base: Int, Bits: bits}, nil
	case "float32", "float64":
		bits, _ := strconv.Atoi(s[5:])
		return Type{Base: Float, Bits: bits}, nil
	}
	for i, n := range baseNames {
		b := Base(i)
		if i > 0 && n == s && b != Int && b != Float && b != Array {
			return Type{Base: b}, nil
		}
	}
	return Type{}, fmt.Errorf("type %q: not one of string bool int16 int32 int64 float32 float64 decimal decimal(p,s) bytes date time timestamp timestamptz json array<type>", s)
}

// Field is one column.
type Field struct {
	Name     string
	Type     Type
	Nullable bool
	Physical string // the type's name in the source, for people
}

// Schema is the shape of a stream's rows.
type Schema struct {
	Stream string // <source>.<schema>.<table>
	Fields []Field
	Key    []string // primary key columns in order; empty where there is none
}

// Field returns the field called name.
func (s *Schema) Field(name string) (Field, bool) {
	for _, f := range s.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}
