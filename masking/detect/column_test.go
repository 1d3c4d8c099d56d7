package detect

import "testing"

func sample(values ...string) (out [][]byte) {
	for _, v := range values {
		out = append(out, []byte(v))
	}
	return out
}

func TestAColumnIsClassifiedByValuesNameAndNeighbours(t *testing.T) {
	for _, c := range []struct {
		name       string
		values     [][]byte
		neighbours []string
		element    string
	}{
		{"c1", sample("ann@example.com", "bob@example.org", ""), nil, "contact.email"},
		{"mobile_no", sample("91234567", "81234567", "n/a"), nil, "contact.phone"},
		{"birthDate", sample("1980-01-31", "1975-12-01"), nil, "person.birth_date"},
		{"updated_at", sample("2024-01-31 10:00:00", "2024-12-01 11:00:00"), nil, "time.event"},
		{"pan", sample("4111111111111111", "5555555555554444"), nil, "finance.card"},
		{"notes", sample("call Ann at 081-234-5678 tomorrow", "paid in full and left", "mail to x@example.com please"), nil, "text"},
		{"who", sample("Anna Schmidt", "Robert Miller", "Maria Garcia"), []string{"email", "phone"}, "person.name"},
		{"order_id", sample("20231187", "20231188"), nil, ""},
		{"amount", sample("12.50", "1999.00"), nil, ""},
	} {
		got := ""
		if s := Column(c.name, c.values, c.neighbours); len(s) > 0 {
			got = s[0].Element
		}
		if got != c.element {
			t.Errorf("%s: %v, want %q", c.name, Column(c.name, c.values, c.neighbours), c.element)
		}
	}
}
