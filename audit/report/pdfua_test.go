package report

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// veraPDF, which others wrote for this, finds that each PDF conforms to PDF/UA-1, and
// that one whose structure is gone does not.
func TestAPDFConformsAsVeraPDFReadsIt(t *testing.T) {
	jars := os.Getenv("LETHE_TEST_VERAPDF")
	switch {
	case jars == "" && os.Getenv("CI") != "":
		t.Fatal("LETHE_TEST_VERAPDF names nothing")
	case jars == "":
		t.Skip("LETHE_TEST_VERAPDF names nothing: ./test.sh does")
	}
	dir := t.TempDir()
	args := []string{"-Xmx512m", "-cp", filepath.Join(jars, "*"), "org.mozilla.javascript.tools.shell.Main", filepath.Join("testdata", "pdfua.js")}
	add := func(name string, data []byte) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	for _, k := range Kinds() {
		d, err := Make(k, invented())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range Langs() {
			var b strings.Builder
			if err := d.PDF(&b, l); err != nil {
				t.Fatal(err)
			}
			add(k.Name+"."+string(l)+".pdf", []byte(b.String()))
			if k.Name == "quality" && l == English {
				add("spoilt.pdf", []byte(strings.Replace(b.String(), "/StructTreeRoot", "/StructTreeLeaf", 1)))
			}
		}
	}
	out, err := exec.CommandContext(t.Context(), "java", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("veraPDF: %v\n%s", err, out)
	}
	if got := strings.Count(string(out), ": conforms, "); got != 2*len(Kinds()) || strings.Count(string(out), "spoilt.pdf: does not conform") != 1 {
		t.Errorf("%d conform:\n%s", got, out)
	}
}
