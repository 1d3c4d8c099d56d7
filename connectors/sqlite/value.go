package sqlite

import (
	"database/sql/driver"
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lethe/stream"
	"lethe/stream/scan"
)

// typeOf maps a declared type. Names that SQLite gives no meaning but people do
// come first; then its rules of affinity (https://sqlite.org/datatype3.html
// §3.1). A name that both leave open, such as STRING or UUID, is text.
func typeOf(decl string) stream.Type {
	name, args, _ := strings.Cut(strings.ToUpper(decl), "(")
	name = strings.Join(strings.Fields(name), " ")
	switch name {
	case "BOOLEAN", "BOOL":
		return stream.Type{Base: stream.Bool}
	case "DATE":
		return stream.Type{Base: stream.Date}
	case "DATETIME", "TIMESTAMP", "TIMESTAMP WITHOUT TIME ZONE":
		return stream.Type{Base: stream.Timestamp}
	case "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE":
		return stream.Type{Base: stream.TimestampTZ}
	case "TIME":
		return stream.Type{Base: stream.TimeOfDay}
	case "JSON", "JSONB":
		return stream.Type{Base: stream.JSON}
	case "NUMERIC", "DECIMAL", "DEC", "NUMBER", "NUM":
		return decimalType(args)
	}
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(name, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("INT"):
		return stream.Type{Base: stream.Int, Bits: 64}
	case has("CHAR", "CLOB", "TEXT"):
		return stream.Type{Base: stream.String}
	case has("BLOB"):
		return stream.Type{Base: stream.Bytes}
	case has("REAL", "FLOA", "DOUB"):
		return stream.Type{Base: stream.Float, Bits: 64}
	}
	return stream.Type{Base: stream.String}
}

func decimalType(args string) stream.Type {
	t := stream.Type{Base: stream.Decimal}
	p, s, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(args), ")"), ",")
	precision, err := strconv.Atoi(strings.TrimSpace(p))
	if err != nil || precision < 1 {
		return t
	}
	scale, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil && strings.TrimSpace(s) != "" || scale < 0 || scale > precision {
		return t
	}
	t.Precision, t.Scale = precision, scale
	return t
}

// appendValue writes v as JSON the way that a column of type t has it, or as
// what it is where it does not fit.
func appendValue(b []byte, t stream.Type, v driver.Value) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case int64:
		return appendInt(b, t, v)
	case float64:
		return appendFloat(b, t, v)
	case string:
		return appendText(b, t, v)
	case []byte:
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, v)
		return append(b, '"')
	case unlike:
		return appendUnlike(b, v.Value)
	}
	return append(b, "null"...)
}

func appendInt(b []byte, t stream.Type, v int64) []byte {
	switch {
	case t.Base == stream.Bool && v == 0:
		return append(b, "false"...)
	case t.Base == stream.Bool && v == 1:
		return append(b, "true"...)
	case t.Base == stream.String || t.Base == stream.Decimal:
		b = strconv.AppendInt(append(b, '"'), v, 10)
		return append(b, '"')
	}
	return strconv.AppendInt(b, v, 10)
}

func appendFloat(b []byte, t stream.Type, v float64) []byte {
	switch {
	case math.IsInf(v, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(v, -1):
		return append(b, `"-Infinity"`...)
	case t.Base == stream.Decimal || t.Base == stream.String:
		// The shortest digits that read back as this float: 0.99 stays 0.99.
		b = strconv.AppendFloat(append(b, '"'), v, 'f', -1, 64)
		return append(b, '"')
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

func appendText(b []byte, t stream.Type, v string) []byte {
	layout := ""
	switch t.Base {
	case stream.Bytes:
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, []byte(v))
		return append(b, '"')
	case stream.JSON:
		if utf8.ValidString(v) && json.Valid([]byte(v)) {
			return append(b, v...)
		}
	case stream.Date:
		layout = "2006-01-02Z"
	case stream.TimeOfDay:
		layout = "15:04:05.999999Z"
	case stream.Timestamp, stream.TimestampTZ:
		layout = "2006-01-02T15:04:05.999999Z"
	}
	if layout != "" {
		if at, ok := parseTime(v, t.Base); ok {
			b = at.AppendFormat(append(b, '"'), layout)
			return append(b, '"')
		}
	}
	return scan.AppendQuoted(b, []byte(v))
}

// timeOf is the moment that a cursor's value names, in ms since 1970; 0 if its
// column does not hold times. A time without zone is UTC, as datetime('now')
// gives it.
func (t *table) timeOf(v driver.Value) int64 {
	base := t.cols[t.cursor].field.Type.Base
	text, ok := v.(string)
	if !ok || base != stream.Timestamp && base != stream.TimestampTZ {
		return 0
	}
	at, ok := parseTime(text, base)
	if !ok {
		return 0
	}
	return at.UnixMilli()
}

// parseTime reads the forms of https://sqlite.org/lang_datefunc.html §2 that
// begin with a year, and the one that Go writes. An offset is applied.
func parseTime(s string, base stream.Base) (time.Time, bool) {
	if base == stream.TimeOfDay {
		return clock(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), s)
	}
	if len(s) < 10 {
		return time.Time{}, false
	}
	day, err := time.Parse(time.DateOnly, s[:10])
	if err != nil {
		return time.Time{}, false
	}
	if len(s) == 10 {
		return day, true
	}
	if s[10] != ' ' && s[10] != 'T' {
		return time.Time{}, false
	}
	at, ok := clock(day, s[11:])
	if base == stream.Date && !at.Equal(day) {
		return time.Time{}, false // it would lose the time
	}
	return at, ok
}

// clock adds HH:MM, HH:MM:SS or HH:MM:SS.SSS and an offset to a day.
func clock(day time.Time, s string) (time.Time, bool) {
	s = strings.TrimSuffix(s, " UTC")
	offset := time.Duration(0)
	if rest, ok := strings.CutSuffix(s, "Z"); ok {
		s = rest
	} else if i := strings.LastIndexAny(s, "+-"); i > 0 {
		z := strings.Replace(s[i+1:], ":", "", 1)
		hhmm, err := time.Parse("1504", z)
		if err != nil {
			return time.Time{}, false
		}
		offset = time.Duration(hhmm.Hour())*time.Hour + time.Duration(hhmm.Minute())*time.Minute
		if s[i] == '-' {
			offset = -offset
		}
		s = strings.TrimSuffix(s[:i], " ")
	}
	layout := "15:04:05"
	if len(s) == len("15:04") {
		layout = "15:04"
	}
	at, err := time.Parse(layout, s)
	if err != nil {
		return time.Time{}, false
	}
	midnight := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	return day.Add(at.Sub(midnight) - offset), true
}
