package rows

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// storedNames returns the Parquet names of columns: the true ones, without what
// no reader takes, and made different where readers fold case or derive
// identifiers of them. The last columns (_lethe_op and so on) keep theirs.
func storedNames(cols []*column, reserved int) []string {
	taken := make(map[string]bool, len(cols))
	for _, c := range cols[len(cols)-reserved:] {
		taken[identifier(c.name)] = true
	}
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = c.name
		if i >= len(cols)-reserved {
			continue
		}
		name := printable(c.name)
		out[i] = name
		for n := 2; taken[identifier(out[i])]; n++ {
			out[i] = name + "_" + strconv.Itoa(n)
		}
		taken[identifier(out[i])] = true
	}
	return out
}

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
