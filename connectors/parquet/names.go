package parquet

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// printable writes control characters and invalid UTF-8 as -XX.
func printable(name string) string {
	if name == "" {
		return "_"
	}
	var b strings.Builder
	for i := 0; i < len(name); {
		r, n := utf8.DecodeRuneInString(name[i:])
		if r < ' ' || r == 0x7F || r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, "-%02X", name[i])
		} else {
			b.WriteString(name[i : i+n])
		}
		i += n
	}
	return b.String()
}

// identifier is what names are compared as: case folded, and every byte that
// is no letter, digit or underscore written as its decimal number, behind a
// prefix where it does not begin with a letter, which is how
// xitongsys/parquet-go makes Go identifiers.
func identifier(name string) string {
	var b strings.Builder
	if c := name[0] | 0x20; c < 'a' || c > 'z' {
		b.WriteString("pargo_prefix_")
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_' {
			b.WriteByte(c)
			continue
		}
		b.WriteString(strconv.Itoa(int(c)))
	}
	return strings.ToLower(b.String())
}
