package subject

import (
	"fmt"
	"io"
	"log/slog"
)

// What holds keys cannot be printed (L7).
const placeholder = "[subject]"

// Format implements fmt.Formatter.
func (Key) Format(s fmt.State, _ rune) { io.WriteString(s, placeholder) }

// LogValue implements slog.LogValuer.
func (Key) LogValue() slog.Value { return slog.StringValue(placeholder) }

// MarshalText implements encoding.TextMarshaler, and so JSON and YAML.
func (Key) MarshalText() ([]byte, error) { return []byte(placeholder), nil }

// Format implements fmt.Formatter.
func (About) Format(s fmt.State, _ rune) { io.WriteString(s, placeholder) }

// LogValue implements slog.LogValuer.
func (About) LogValue() slog.Value { return slog.StringValue(placeholder) }

// MarshalText implements encoding.TextMarshaler, and so JSON and YAML.
func (About) MarshalText() ([]byte, error) { return []byte(placeholder), nil }

// Format implements fmt.Formatter.
func (*Sealer) Format(s fmt.State, _ rune) { io.WriteString(s, placeholder) }

// LogValue implements slog.LogValuer.
func (*Sealer) LogValue() slog.Value { return slog.StringValue(placeholder) }

// Format implements fmt.Formatter.
func (*Store) Format(s fmt.State, _ rune) { io.WriteString(s, placeholder) }

// LogValue implements slog.LogValuer.
func (*Store) LogValue() slog.Value { return slog.StringValue(placeholder) }

// Format implements fmt.Formatter.
func (*keys) Format(s fmt.State, _ rune) { io.WriteString(s, placeholder) }

// LogValue implements slog.LogValuer.
func (*keys) LogValue() slog.Value { return slog.StringValue(placeholder) }
