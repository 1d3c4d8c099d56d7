package report

import (
	"strings"
	"testing"

	"lethe/stream"
)

// cells gives what a report's table shows of a row, by its first cells.
func cells(t *testing.T, d *Document, table string, first ...string) []string {
	t.Helper()
	for _, s := range d.Sections {
		for _, b := range s.Body {
			if b.Table == nil || b.Table.ID != table {
				continue
			}
		rows:
			for _, r := range b.Table.Rows {
				for i, want := range first {
					if r[i].ID != want {
						continue rows
					}
				}
				var out []string
				for _, c := range r {
					out = append(out, c.ID)
				}
				return out
			}
		}
	}
	return nil
}

func written(t *testing.T, d *Document) string {
	t.Helper()
	var b strings.Builder
	if err := d.HTML(&b, English); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// made is a report of the invented shop, whose streams were carried under these revisions.
func made(t *testing.T, kind string, in Input, ruled ...Ruled) *Document {
	t.Helper()
	k, _ := Find(kind)
	in.Facts.Ruled = map[Ruled]bool{}
	for _, r := range ruled {
		in.Facts.Ruled[r] = true
	}
	d, err := Make(k, in)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// What lies in a sink was masked by the policy of its time: a change shows less from then
// on, and of what is there not a thing.
func TestWhatWasDeliveredIsToldByTheRevisionsThatMaskedIt(t *testing.T) {
	now, old := strings.Repeat("ab", 8), strings.Repeat("cd", 8)
	customer := "shop.main.customer"
	for name, c := range map[string]struct {
		revisions   []string
		lost        bool // the earlier one cannot be read
		email, born string
		operators   string
		inForm      bool
	}{
		"as it is now":        {revisions: []string{now}, email: "encrypted", born: "removed", operators: "encrypt", inForm: false},
		"by both":             {revisions: []string{now, old}, email: "pseudonymised", born: "clear", operators: "encrypt, hmac", inForm: true},
		"by the earlier":      {revisions: []string{old}, email: "pseudonymised", born: "clear", operators: "hmac", inForm: true},
		"by one that is lost": {revisions: []string{now, old}, lost: true, email: "unknown", born: "unknown", operators: "encrypt", inForm: true},
	} {
		t.Run(name, func(t *testing.T) {
			in := invented()
			did := in.Folder.History[0].Streams[customer]
			did["born"] = stream.Treatment{Operator: "keep", Shows: stream.ShowsAll}
			if c.lost {
				in.Folder.History = nil
			}
			var ruled []Ruled
			for _, r := range c.revisions {
				ruled = append(ruled, Ruled{"shop-lake", customer, r})
			}
			d := made(t, "breach", in, ruled...)
			email, born := cells(t, d, "data", customer, "email"), cells(t, d, "data", customer, "born")
			if email[5] != c.email || born[5] != c.born || email[4] != c.operators {
				t.Errorf("email %v, born %v", email, born)
			}
			if text := written(t, d); strings.Contains(text, "person.birth_date (") != c.inForm {
				t.Errorf("the form names the date of birth: %v", !c.inForm)
			}
			in.Facts.Ruled = nil
			harbor := made(t, "hipaa", in, ruled...)
			state := cells(t, harbor, "safe-harbor-shop-lake", "C")
			if got := state[3]; (got == "left") != c.inForm {
				t.Errorf("Safe Harbor says of dates: %v", state)
			}
		})
	}
}

// A stream that the folder declares no more lies where it was delivered to.
func TestWhatNobodyDeclaresAnyMoreIsInReach(t *testing.T) {
	in := invented()
	orders := "shop.main.orders"
	in.Facts.Objects = append(in.Facts.Objects, Object{Name: "orders.parquet", Connection: "shop-lake", Topic: "lethe.shop.masked.pii-pseudo.shop-lake.shop.main.orders.g1", To: 9, Rows: 9, Leaf: 3},
		Object{Name: "given-up.parquet", Connection: "given-up", Topic: "lethe.shop.masked.pii-pseudo.given-up.shop.main.orders.g1", To: 5, Rows: 5, Leaf: 4})
	in.Folder.History[0].Streams[orders] = map[string]stream.Treatment{"total": {Operator: "keep", Shows: stream.ShowsAll}}
	in.Facts.Counted = nil
	ruled := []Ruled{{"shop-lake", orders, strings.Repeat("cd", 8)}, {"given-up", orders, strings.Repeat("ef", 8)}}
	d := made(t, "breach", in, ruled...)
	if row := cells(t, d, "numbers", "shop-lake", orders); row == nil || row[2] != "9" || row[4] != "at-most" {
		t.Errorf("numbers %v", row)
	}
	if row := cells(t, d, "data", orders, "total"); row == nil || row[5] != "clear" {
		t.Errorf("data %v", row)
	}
	if row := cells(t, d, "numbers", "given-up", orders); row == nil || row[2] != "5" {
		t.Errorf("a connection that is gone: %v", row)
	}
	if row := cells(t, d, "data", orders, "*"); row == nil || row[5] != "unknown" {
		t.Errorf("fields under a revision that is lost: %v", row)
	}
	text := written(t, d)
	for _, want := range []string{"orders.parquet", "given-up.parquet", "the folder declares them no more: shop-lake shop.main.orders, given-up shop.main.orders"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	in.Facts.Found, in.Options.Person = nil, Person{Stream: "shop.main.customer"}
	if row := cells(t, made(t, "access", in, ruled...), "data", orders, "total"); row == nil {
		t.Error("a person's access report leaves the stream out")
	}
}

func TestAPolicyThatHasNotRunIsNotWhatAReportSaysOfData(t *testing.T) {
	in := invented()
	in.Folder.Connections[0].Revision = strings.Repeat("99", 32)
	if text := written(t, made(t, "breach", in)); !strings.Contains(text, "is not the one in force") || strings.Index(text, "is not the one in force") > strings.Index(text, "What was exposed") {
		t.Error("it does not begin with that")
	}
}
