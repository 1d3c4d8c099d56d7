package stream

import (
	"fmt"
	"io"
	"log/slog"
)

const placeholder = "[value]"

// Value is a clear value or a secret that cannot be printed (L7): fmt with any
// verb, slog, JSON and text marshalling show a placeholder. The bytes lie behind
// a func, since fmt walks into unexported fields without asking any method.
type Value struct{ clear func() []byte }

// NewValue holds b, which the caller no longer changes.
func NewValue(b []byte) Value { return Value{clear: func() []byte { return b }} }

// Reveal returns the bytes.
func (v Value) Reveal() []byte {
	if v.clear == nil {
		return nil
	}
	return v.clear()
}

// Format implements fmt.Formatter.
func (Value) Format(s fmt.State, _ rune) { io.WriteString(s, placeholder) }

// LogValue implements slog.LogValuer.
func (Value) LogValue() slog.Value { return slog.StringValue(placeholder) }

// MarshalText implements encoding.TextMarshaler, and so JSON and YAML.
func (Value) MarshalText() ([]byte, error) { return []byte(placeholder), nil }
