package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lethe/stream"
)

// weighed is what a column of a table seems to be about, and all the evidence.
func weighed(t *testing.T, name, typ string, value func(i int) string) (elements []string, why string) {
	t.Helper()
	table, err := LoadElements()
	if err != nil {
		t.Fatal(err)
	}
	s := stream.Schema{Stream: "a.b.orders", Fields: []stream.Field{column(name, typ).Field}}
	var values [][]byte
	for i := range 100 {
		values = append(values, []byte(value(i)))
	}
	for _, sg := range table.Weigh(s, s.Fields[0], table.Suggest(s)[name], values) {
		elements = append(elements, sg.Element)
		why += sg.Evidence + "\n"
	}
	return elements, why
}

func TestL1ValuesSayWhatAHarmlessNameHides(t *testing.T) {
	email := func(i int) string { return fmt.Sprintf("nok%d@example.org", i) }
	harmless := func(i int) string { return fmt.Sprintf("%c-%d", 'a'+i%26, i%7) }
	for _, c := range []struct {
		name, typ string
		value     func(i int) string
		want      []string
	}{
		{"attribute_7", "string", email, []string{"contact.email"}},
		{"status", "string", email, []string{"contact.email", "commerce.status"}},
		{"email", "string", email, []string{"contact.email", "contact.email"}},
		{"email", "string", harmless, []string{"contact.email"}},
		{"attribute_7", "string", harmless, nil},
		{"attribute_7", "int64", func(i int) string { return fmt.Sprint(i) }, nil},
		{"country", "string", func(int) string { return "Thailand" }, []string{"address.country", "address.country"}},
		{"attribute_7", "string", func(i int) string {
			if i%4 == 0 {
				return "please call back: " + email(i)
			}
			return "the parcel has arrived"
		}, []string{"text"}},
	} {
		got, why := weighed(t, c.name, c.typ, c.value)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s %s: %v, want %v\n%s", c.name, c.typ, got, c.want, why)
		}
		if strings.Contains(why, "@") {
			t.Errorf("%s: the evidence holds a value", c.name)
		}
	}
}
