package main

import (
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"lethe/stream"
)

// Names of tables, columns and files come from outside: an escape sequence in one
// would speak to the terminal, a line break would speak in our name. What a verb
// fills into its text therefore passes through plainf, and its JSON through
// plainJSON.

// tellf writes text for a person to w: a format of ours and what fills it.
func tellf(w io.Writer, format string, a ...any) { io.WriteString(w, plainf(format, a...)) }

// plainf is fmt.Sprintf with every text that fills the format on one line and
// printable.
func plainf(format string, a ...any) string {
	filled := make([]any, len(a))
	for i, x := range a {
		filled[i] = x
		switch v := x.(type) {
		case error:
			filled[i] = plain(v.Error())
		case fmt.Stringer:
			filled[i] = plain(v.String())
		default:
			if r := reflect.ValueOf(x); r.Kind() == reflect.String {
				filled[i] = plain(r.String())
			}
		}
	}
	return fmt.Sprintf(format, filled...)
}

// plain is s with what cannot be seen written as Go writes it: \n, \x1b, \u202e.
func plain(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case strconv.IsGraphic(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
		i += n
	}
	return b.String()
}

// plainLines is s with plain lines: hints have several.
func plainLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = plain(l)
	}
	return strings.Join(lines, "\n")
}

// plainFault is a fault with plain text. Error indents the lines of its hint.
func plainFault(f *stream.Fault) *stream.Fault {
	out := *f
	out.Path, out.Msg, out.Hint = plain(f.Path), plain(f.Msg), plainLines(f.Hint)
	return &out
}

// plainJSON writes JSON to w with what cannot be seen escaped: encoders leave out
// some of it.
type plainJSON struct{ w io.Writer }

// Write implements io.Writer. A call holds whole characters.
func (j plainJSON) Write(p []byte) (int, error) {
	out := make([]byte, 0, len(p))
	for i := 0; i < len(p); {
		r, n := utf8.DecodeRune(p[i:])
		i += n
		switch {
		case r == '\n' || strconv.IsGraphic(r):
			out = utf8.AppendRune(out, r)
		case r > 0xffff:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	if _, err := j.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}
