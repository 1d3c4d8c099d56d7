package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"lethe/stream"
)

// Golden files show each kind in each language; LETHE_UPDATE_GOLDEN=1 writes them.
func TestEachReportIsWhatItsGoldenFileShows(t *testing.T) {
	for _, k := range Kinds() {
		for _, l := range Langs() {
			in := invented()
			if k.Name == "breach" {
				in.Folder.Laws = nil // the forms of all
			}
			d, err := Make(k, in)
			if err != nil {
				t.Fatal(err)
			}
			var asJSON, asHTML bytes.Buffer
			if err := d.JSON(&asJSON, l); err != nil {
				t.Fatal(err)
			}
			if !json.Valid(asJSON.Bytes()) {
				t.Errorf("%s: no JSON", k.Name)
			}
			if err := d.HTML(&asHTML, l); err != nil {
				t.Fatal(err)
			}
			golden(t, k.Name+"."+string(l)+".json", asJSON.Bytes())
			shell, body := parted(t, asHTML.String(), d, l)
			golden(t, "shell.html", shell)
			golden(t, k.Name+"."+string(l)+".html", body)
		}
	}
}

// parted gives a page's body, and the page without it: the same in all but for the
// title, the language and the sheet, which holds the fonts.
func parted(t *testing.T, page string, d *Document, l Lang) (shell, body []byte) {
	t.Helper()
	head, rest, ok := strings.Cut(page, "<body>\n")
	inside, foot, ends := strings.Cut(rest, "</body>\n")
	lang, title := `<html lang="`+string(l)+`">`, "<title>"+template.HTMLEscapeString(d.Title.In(l)+" – "+d.Workspace)+"</title>"
	if !ok || !ends || strings.Count(head, lang) != 1 || strings.Count(head, title) != 1 {
		t.Fatalf("%s in %s: no body, title or language", d.Kind, l)
	}
	head = strings.NewReplacer(lang, "<html>", title, "<title></title>").Replace(head)
	head = regexp.MustCompile(`(?s)<style>.*</style>|'sha256-[^']*'|&#39;sha256-.*?&#39;`).ReplaceAllString(head, "")
	return []byte(head + "<body>\n</body>\n" + foot), []byte(inside)
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("LETHE_UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		a, b := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Fatalf("%s:%d:\n got %s\nwant %s", name, i+1, a[i], b[i])
			}
		}
		t.Fatalf("%s: %d lines, want %d", name, len(a), len(b))
	}
}

// Pseudonymised data is personal data: no report calls it by the other word.
func TestNoReportCallsPseudonymisedDataAnonymous(t *testing.T) {
	word := regexp.MustCompile(`(?i)anonymous|(^|[^t])\banonymised|นิรนาม`)
	for _, k := range Kinds() {
		d, err := Make(k, invented())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range Langs() {
			var b bytes.Buffer
			if err := d.JSON(&b, l); err != nil {
				t.Fatal(err)
			}
			if at := word.FindIndex(b.Bytes()); at != nil {
				t.Errorf("%s in %s: %s", k.Name, l, b.Bytes()[max(0, at[0]-40):min(b.Len(), at[1]+40)])
			}
		}
	}
}

// Every text is there in both languages.
func TestEveryTextIsThereInThai(t *testing.T) {
	for _, k := range Kinds() {
		d, err := Make(k, invented())
		if err != nil {
			t.Fatal(err)
		}
		check := func(what string, x Text) {
			if x.EN != "" && x.TH == "" {
				t.Errorf("%s: %s: %q has no Thai", k.Name, what, x.EN)
			}
		}
		check("title", d.Title)
		for _, s := range d.Sections {
			check(s.ID, s.Title)
			for _, b := range s.Body {
				if b.Text != nil {
					check(s.ID, *b.Text)
				}
				if b.Note != nil {
					check(s.ID, *b.Note)
				}
				if b.Table == nil {
					continue
				}
				check(b.Table.ID, b.Table.Caption)
				for _, c := range b.Table.Columns {
					check(b.Table.ID, c.Name)
				}
				for _, r := range b.Table.Rows {
					if len(r) != len(b.Table.Columns) {
						t.Errorf("%s: %s: a row of %d cells under %d columns", k.Name, b.Table.ID, len(r), len(b.Table.Columns))
					}
					for _, c := range r {
						check(b.Table.ID, c.Text)
					}
				}
			}
		}
	}
}

// Each kind can be printed, in each language, and each table written for a spreadsheet.
func TestEachReportIsPrintedAndTabulated(t *testing.T) {
	for _, k := range Kinds() {
		d, err := Make(k, invented())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range Langs() {
			var b bytes.Buffer
			if err := d.PDF(&b, l); err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(b.Bytes(), []byte("%PDF-1.7")) || !bytes.HasSuffix(b.Bytes(), []byte("%%EOF\n")) {
				t.Errorf("%s in %s: no PDF", k.Name, l)
			}
		}
		ids := map[string]bool{}
		for _, table := range d.Tables() {
			if ids[table.ID] {
				t.Errorf("%s has two tables called %s", k.Name, table.ID)
			}
			ids[table.ID] = true
			if err := d.CSV(new(bytes.Buffer), table.ID, English); err != nil {
				t.Error(err)
			}
			var thai bytes.Buffer
			if err := d.CSV(&thai, table.ID, Thai); err != nil {
				t.Error(err)
			}
			if head, _, _ := strings.Cut(thai.String(), "\n"); !strings.HasPrefix(head, "\ufeff") || !strings.ContainsAny(head, "กขคงจชดตทนบปผพภมยรลวสหอ") {
				t.Errorf("%s, %s: the Thai sheet begins with %q", k.Name, table.ID, head)
			}
		}
		for _, l := range Langs() {
			if err := d.CSV(new(bytes.Buffer), "", l); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestATableOfAnyNameStaysInItsZip(t *testing.T) {
	for in, want := range map[string]string{"columns-a-b.c_d": "columns-a-b.c_d", "../x": "..%2Fx", `a\b:ก`: "a%5Cb%3A%E0%B8%81"} {
		if got := fileName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// Who processes for others keeps the record of Art. 30(2) and s.40.
func TestAProcessorHasARecordOfItsOwn(t *testing.T) {
	in := invented()
	in.Folder.Record.Processor = []Party{{Name: "Bank PCL"}}
	k, _ := Find("ropa")
	d, err := Make(k, in)
	if err != nil {
		t.Fatal(err)
	}
	thai := "; PDPA s.40(3) ○"
	want := map[string]string{"parties": "GDPR Art. 30(2)(a) ○" + thai, "purposes": "GDPR Art. 30(2)(b) ○" + thai, "categories": "GDPR Art. 30(2)(b) ○" + thai, "recipients": "PDPA s.40(3) ○",
		"transfers": "GDPR Art. 30(2)(c) ○" + thai + "; PDPA ss.28–29", "limits": "PDPA s.40(3) ○", "rights": "", "measures": "GDPR Art. 30(2)(d) ○" + thai + "; GDPR Art. 32(1) ○; PDPA s.37(1)"}
	for _, s := range d.Sections {
		if clause, asked := want[s.ID]; asked && s.Clause != clause {
			t.Errorf("%s bears %q, want %q", s.ID, s.Clause, clause)
		}
	}
	if rows := d.Sections[0].Body[0].Table.Rows; rows[0][0].ID != "controller-served" || rows[0][1].ID != "Bank PCL" || rows[1][0].ID != "processor" {
		t.Errorf("parties %+v", rows)
	}
}

// What a field's mask is since when rests on the revisions that could be looked at.
func TestAFieldIsMaskedSoSinceTheFirstRevisionThatDidIt(t *testing.T) {
	k, _ := Find("coverage")
	for _, known := range []bool{true, false} {
		in := invented()
		if !known {
			in.Folder.History = nil
		}
		d, err := Make(k, in)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, r := range d.Sections[1].Body[0].Table.Rows {
			got[r[0].ID] = r[7].show(English)
		}
		want := map[string]string{"id": "2026-02-04 05:06:07Z", "full_name": "2026-02-04 05:06:07Z", "email": "2026-03-04 05:06:07Z", "city": "2026-02-04 05:06:07Z", "born": "2026-03-04 05:06:07Z"}
		for field, since := range want {
			if !known {
				since = "2026-03-04 05:06:07Z, or before"
			}
			if got[field] != since {
				t.Errorf("%s since %s, want %s", field, got[field], since)
			}
		}
	}
}

func TestASpreadsheetTakesNoTextForAFormula(t *testing.T) {
	for in, want := range map[string]string{"=1+1": "'=1+1", "-12": "-12", "@x": "'@x", "a=1": "a=1", "-x": "'-x", "": ""} {
		if got := inert(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// invented are the facts of a shop that nobody has.
func invented() Input {
	day := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	rev, old := strings.Repeat("ab", 32), strings.Repeat("cd", 32)
	field := func(path, element, class, op, result, rule string) Field {
		return Field{Path: path, Element: element, Class: class, Operator: op, Result: result, Where: "policy.yaml:7: mask." + rule, Sections: []string{"pdpa-th s.22", "gdpr Art. 25 ○"}}
	}
	customer := Stream{Name: "shop.main.customer", Class: "pii", Label: "pii-pseudo", Topic: "lethe.shop.masked.pii-pseudo.shop-lake.shop.main.customer.g1", Subject: "id", Persons: []string{"id.internal"}, Fields: []Field{
		field("id", "id.internal", "pii", "hmac", "pseudonymised", "elements.id.*"), field("full_name", "person.name", "pii", "redact", "removed", "default"),
		field("email", "contact.email", "pii", "encrypt", "pseudonymised", "elements.contact.email"), field("city", "address.city", "internal", "keep", "clear", "elements.address.city"),
		field("born", "person.birth_date", "pii", "redact", "removed", "default")}}
	folder := Folder{Workspace: "shop", Build: strings.Repeat("0f", 32), RawMaxAge: 168 * time.Hour, Keep: time.Hour, Quarantine: 720 * time.Hour,
		Sources: []Source{{"shop", "sqlite"}}, Sinks: []Sink{{"lake", "parquet", "SG", []string{"internal", "pii-pseudo"}}},
		Connections: []Connection{{Name: "shop-lake", From: "shop", To: "lake", Purpose: "analytics", Policy: "policy.yaml", Revision: rev, Packs: []string{"pdpa-th", "gdpr"}, Streams: []Stream{customer}}},
		Laws: []Law{{Name: "pdpa-th", Law: "Thailand, Personal Data Protection Act B.E. 2562", Effective: "2022-06-01", Recalled: true, Home: []string{"TH"},
			Retention: []Term{{Duty: "personal data", Within: "until the retention period ends", Section: "s.37(3)", Recalled: true}}, Deadlines: []Term{{Duty: "answer a request for access", Within: "30 days", Section: "s.30"}}}},
		Epochs: []Epoch{{"1", day}}, Periods: []string{"raw/2026-03-04T05", "quarantine/2026-03-04"},
		History: []Revision{{old, map[string]map[string]stream.Treatment{customer.Name: {"id": pseudonym("hmac"), "full_name": removed, "email": pseudonym("hmac"), "city": kept, "phone": last(3), "note": last(4)}}},
			{rev, map[string]map[string]stream.Treatment{customer.Name: {"id": pseudonym("hmac"), "full_name": removed, "email": pseudonym("encrypt"), "city": kept, "born": removed, "phone": last(9), "note": removed}}}},
		Record: Record{Given: true, Controller: Party{Name: "Shop Co., Ltd.", Address: "1 Sukhumvit Road, Bangkok", Contact: "privacy@shop.example"}, DPO: Party{Name: "DPO of the shop", Contact: "dpo@shop.example"},
			Purposes:   []Purpose{{Name: "analytics", Description: "sales figures", Basis: []string{"GDPR Art. 6(1)(f)", "PDPA s.24(5)"}, Subjects: []string{"customers"}, Elements: []string{"id.*", "contact.*", "person.name"}, Retention: "365 days"}, {Name: "legal", Description: "tax"}},
			Recipients: []Recipient{{Sink: "lake", Name: "data team", Country: "SG"}}, Measures: []string{"staff are trained once a year"}, Refusals: []Refusal{{"2026-02-01", "s.30", "would harm the rights of others"}}}}
	announce := func(index int64, at time.Time, id string) Cited[stream.Announcement] {
		return Cited[stream.Announcement]{Index: index, ID: "r/" + id[:2], Time: at, Body: stream.Announcement{Source: "shop", Connection: "shop-lake", Revision: id, Number: stream.Int64(index)}}
	}
	before := day.AddDate(0, -1, 0)
	facts := &Facts{Workspace: "shop", First: day, Last: day.Add(26 * time.Hour), Receipts: 12, Checkpoint: Checkpoint{Origin: "lethe/shop", Size: 40, Root: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", Note: "lethe/shop\n40\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— lethe/shop AAAA\n"}, Check: &Check{Size: 40},
		Sums: map[Hop]*Sum{
			{"2026-03-04", "ingest", "shop", customer.Name}: {In: 100, Delivered: 100}, {"2026-03-05", "ingest", "shop", customer.Name}: {In: 20, Delivered: 20},
			{"2026-03-04", "mask", "shop-lake", customer.Name}: {In: 100, Delivered: 98, Quarantined: 2}, {"2026-03-05", "mask", "shop-lake", customer.Name}: {In: 20, Delivered: 19, Shredded: 1}},
		Loads: map[Delivery]*Load{{"2026-03-04", "shop-lake", customer.Topic}: {98, 2, day, day.Add(time.Hour)}, {"2026-03-05", "shop-lake", customer.Topic}: {19, 1, day.Add(25 * time.Hour), day.Add(26 * time.Hour)}},
		Lags:  map[Hop]*Lag{{"2026-03-04", "sink", "shop-lake", ""}: {4, 8 * time.Second, 3 * time.Second}, {"2026-03-05", "sink", "shop-lake", ""}: {1, 2 * time.Second, 2 * time.Second}},
		Masks: map[Hop]*stream.MaskCount{{"2026-03-04", "mask", "shop-lake", customer.Name}: {
			Fields:      map[string]map[string]stream.Int64{"id": {"hmac": 98}, "full_name": {"redact": 98}, "email": {"encrypt": 98}, "city": {"keep": 98}, "born": {"redact": 98}, "_unknown": {"redact": 3}},
			Quarantined: map[string]map[string]stream.Int64{"null": {"email": 2}},
			Quality:     stream.Quality{Rows: 98, Nulls: map[string]stream.Int64{"city": 7}, Empties: map[string]stream.Int64{"full_name": 1}, Keys: stream.KeyCount{Inserts: 98, Repeats: 1}, Newest: stream.Int64(day.UnixMilli())}}},
		Details: map[stream.Hash]Hop{{1}: {}, {2}: {}}, DetailsRead: 1, Builds: map[string]int64{strings.Repeat("0f", 32): 12}, Workers: map[string]int64{"w1": 12},
		Objects: []Object{{"shop.main.customer/0001.parquet", "shop-lake", customer.Topic, 0, 0, 50, strings.Repeat("1a", 32), 50, day, 14}, {"shop.main.customer/0002.parquet", "shop-lake", customer.Topic, 0, 50, 98, strings.Repeat("2b", 32), 48, day.Add(time.Hour), 18},
			{"shop.main.customer/0003.parquet", "shop-lake", customer.Topic, 0, 98, 117, strings.Repeat("3c", 32), 19, day.Add(2 * time.Hour), 24}},
		Deleted:   []Cited[Deletion]{{30, "r/30", day.Add(2 * time.Hour), Deletion{"keys/raw", 0, "raw/2026-03-03T05", "key-destroyed"}}, {31, "r/31", day.Add(2 * time.Hour), Deletion{"lethe.shop.raw.pii.shop", 1, "77", "log-start"}}},
		Policies:  []Cited[stream.PolicyEvent]{{2, "p/1", before, stream.PolicyEvent{Connection: "shop-lake", Revision: old, Keys: "1", Packs: []string{"pdpa-th"}}}, {9, "p/2", day, stream.PolicyEvent{Connection: "shop-lake", Revision: rev, Keys: "1", Packs: []string{"pdpa-th", "gdpr"}}}},
		Announced: []Cited[stream.Announcement]{announce(3, before, old), announce(10, day, rev)},
		Intents:   []Cited[stream.Intent]{{8, "i/0", day, stream.Intent{Action: "start", Role: "operator", Count: 1, Before: &stream.Hash{1}, After: &stream.Hash{2}}}, {20, "i/1", day.Add(time.Hour), stream.Intent{Action: "reveal", Role: "revealer", Count: 3}}, {25, "i/2", day.Add(2 * time.Hour), stream.Intent{Action: "erase", Count: 1, Approval: &stream.Hash{9}}}},
		Outcomes:  map[string]stream.Outcome{"i/1": {Of: "i/1", Result: "done", Count: 3}, "i/2": {Of: "i/2", Result: "done", Count: 1}},
		Shreds:    []Cited[stream.Shred]{{26, "s/1", day.Add(2 * time.Hour), stream.Shred{Of: "i/2", First: 1, Last: 1}}},
		Counted:   &Counted{Distinct: 60, Streams: map[string]int{customer.Name: 60}, Reach: Reach{Gone: 1}},
		Found:     &Whereabouts{Batches: []Batch{{Leaf: 12, Time: day, Connection: "shop-lake", Purpose: "analytics", Stream: customer.Name, Records: 2, Ranges: []Range{{customer.Topic, 0, 0, 97}, {customer.Topic, 1, 5, 9}}}}, Acts: []Act{{20, "reveal", day.Add(time.Hour)}}},
		Enrolled:  []Cited[Enrolment]{{0, "log/1", before, Enrolment{"w1", ""}}},
		Shapes:    []Cited[stream.StreamEvent]{{4, "x/1", day, stream.StreamEvent{Event: "shape", Source: "shop", Stream: customer.Name, Columns: 5}}},
	}
	return Input{Folder: folder, Facts: facts, Now: time.Date(2026, 3, 6, 0, 0, 0, 0, time.UTC), Options: Options{Seed: "nonce of the auditor", Sample: 5, Person: Person{Stream: customer.Name}, Scope: Scope{Sink: "lake", Aware: day}}}
}

var (
	removed = stream.Treatment{Operator: "redact"}
	kept    = stream.Treatment{Operator: "keep", Shows: stream.ShowsAll}
)

func pseudonym(operator string) stream.Treatment {
	return stream.Treatment{Operator: operator, Shows: stream.ShowsPseudonym}
}

func last(n int) stream.Treatment {
	return stream.Treatment{Operator: "partial", Params: fmt.Sprintf("keep_last: %d", n), Shows: stream.ShowsPart, Part: n}
}
