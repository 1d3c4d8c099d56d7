package report

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"html"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Whatever a report is written as, it carries the signed checkpoint and the proofs of
// the entries that it names, and says what it is about. (L4)
func TestL4EachFormCarriesTheCheckpointAndTheProofs(t *testing.T) {
	l := newLedger(t)
	moved(l, 3, time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC))
	in := invented()
	var err error
	if in.Facts, err = Gather(t.Context(), logOf(t, l.entries), "shop", time.Time{}, time.Time{}, Wants{}); err != nil {
		t.Fatal(err)
	}
	in.Folder.Connections = append(in.Folder.Connections, Connection{Name: "crm-lake", Revision: "r1"})
	var d *Document
	for _, k := range Kinds() {
		if d, err = Make(k, in); err != nil {
			t.Fatal(err)
		}
		carries(t, d)
	}
}

func carries(t *testing.T, d *Document) {
	t.Helper()
	want := string(d.attachment())
	if len(d.Proofs) == 0 || strings.Count(want, `"leaf"`) != len(d.Proofs) || !strings.Contains(want, `"checkpoint"`) {
		t.Fatalf("%s: %d proofs: %s", d.Kind, len(d.Proofs), want)
	}
	var page, paper, sheets bytes.Buffer
	if err := d.HTML(&page, Thai); err != nil || !strings.Contains(html.UnescapeString(page.String()), want) {
		t.Errorf("HTML without proofs: %v", err)
	}
	if err := d.PDF(&paper, Thai); err != nil {
		t.Fatal(err)
	}
	file := regexp.MustCompile(`(?s)/Type /EmbeddedFile[^\n]*\nstream\n(.*?)\nendstream`).FindStringSubmatch(paper.String())
	if file == nil || !strings.Contains(paper.String(), "(proofs.json)") {
		t.Fatal("PDF without an attached file")
	}
	z, err := zlib.NewReader(strings.NewReader(file[1]))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(z); err != nil || string(got) != want {
		t.Errorf("PDF: %s, %v", got, err)
	}
	if err := d.CSV(&sheets, "", English); err != nil {
		t.Fatal(err)
	}
	files, err := zip.NewReader(bytes.NewReader(sheets.Bytes()), int64(sheets.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for name, line := range map[string]string{"_proofs.json": want, "_about.csv": "checkpoint-root," + d.Checkpoint.Root, "_sections.csv": "1," + d.Sections[0].ID + ","} {
		f, err := files.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(f); err != nil || !strings.Contains(string(got), line) {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}
