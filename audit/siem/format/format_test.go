package format

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"lethe/audit/siem"
	"lethe/audit/siem/siemtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestEveryKindOfEventIsWrittenAsTheGoldenFilesHaveIt(t *testing.T) {
	entries, events := siemtest.Entries(), siemtest.Events(siemtest.View())
	for _, f := range All() {
		var got bytes.Buffer
		for i, e := range events {
			fmt.Fprintf(&got, "# %s\n%s\n", entries[i].Name, f.Append(nil, e))
		}
		m := siemtest.Maker(siemtest.View(), entries)
		for _, a := range []siem.Action{siem.LogDamaged, siem.CheckpointStale} {
			fmt.Fprintf(&got, "# alert: %s\n%s\n", a, f.Append(nil, m.Alert(a, siem.High, time.Unix(1_769_871_600, 0), 41)))
		}
		path := filepath.Join("testdata", f.Name+".golden")
		if *update {
			if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s differs from %s; type go test ./audit/siem/format -update, and read what changed", f.Name, path)
		}
	}
}

// hostile is an event whose every text tries to end its field, its line or its
// format.
func hostile(s string) *siem.Event {
	e := &siem.Event{ID: s, Time: time.Unix(0, 0), Kind: s, Action: siem.Action(s), Outcome: siem.Outcome(s), Severity: siem.High, Stage: s, Connection: s, Source: s, Stream: s,
		Worker: s, Build: s, Policy: s, Keys: s, Entry: s, Of: s, Role: s, Address: s, Principal: s, Object: s, Subjects: s}
	e.Log = siem.Place{Origin: s, Hash: s}
	return e
}

func TestL7NoTextEndsItsFieldOrItsLine(t *testing.T) {
	const evil = "a\"b\\c]d=e|f\ng\rh\ti\x00j\x1b[2Jk\u0085l\u2028m\x7fn\xff\xfeo admin=1 ก"
	for _, f := range All() {
		line := f.Append(nil, hostile(evil))
		check(t, f, line)
	}
}

// check tells what a reader of lines would take for something else.
func check(t *testing.T, f siem.Format, line []byte) {
	t.Helper()
	if !utf8.Valid(line) {
		t.Errorf("%s is no UTF-8: %q", f.Name, line)
	}
	for _, r := range string(line) {
		if (r < ' ' || breaks(r) || r == 0x7f) && !(r == '\t' && f.Name == "leef") {
			t.Errorf("%s holds %U", f.Name, r)
		}
	}
	switch f.Name {
	case "cef":
		// In the header a bar, in an extension an equals sign ends a field.
		if !cef.Match(line) {
			t.Errorf("no CEF event: %s", line)
		}
	case "leef":
		for _, kv := range strings.Split(string(line), "\t") {
			if !strings.Contains(kv, "=") {
				t.Errorf("leef has an attribute without a value: %q", kv)
			}
		}
		if n := strings.Count(strings.SplitN(string(line), "\t", 2)[0], "|"); n != 6 {
			t.Errorf("leef has %d bars: %s", n, line)
		}
	case "rfc5424":
		if !rfc5424.Match(line) {
			t.Errorf("no syslog message: %s", line)
		}
	default:
		var v map[string]any
		if err := json.Unmarshal(line, &v); err != nil {
			t.Errorf("%s: %v: %s", f.Name, err, line)
		}
	}
}

// cef is the grammar of a CEF event: seven fields of a header, and extensions.
var cef = regexp.MustCompile(`^CEF:0(\|([^|\\]|\\[|\\])+){5}\|([0-9]|10)\|rt=\d+( [A-Za-z0-9]+=([^=\\]|\\[=\\])*)+$`)

// rfc5424 is the grammar of RFC 5424 §6, as far as messages here use it.
var rfc5424 = regexp.MustCompile(`^<(10[4-9]|11[01])>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z - lethe - [!-~]{1,32} \[lethe@32473( [a-z_]{1,32}="([^"\\\]]|\\["\\\]])*")+\] \x{FEFF}[^\x00-\x1f]*$`)

func TestEveryGoldenLineIsOfItsFormat(t *testing.T) {
	for _, f := range All() {
		for _, e := range siemtest.Events(siemtest.View()) {
			check(t, f, f.Append(nil, e))
		}
	}
}

func TestJSONKeepsWhatAStringHolds(t *testing.T) {
	for _, s := range []string{"", "a", "\"\\/\b\f\n\r\t", "\x00\x1f\x7f\u0085\u2028\u2029", "ก\U0001f600é"} {
		var got string
		if err := json.Unmarshal(appendString(nil, s), &got); err != nil || got != s {
			t.Errorf("%q became %q: %v", s, got, err)
		}
	}
}

func TestAppendingAllocatesNothing(t *testing.T) {
	events := siemtest.Events(siemtest.View())
	for _, f := range All() {
		buf := make([]byte, 0, 1<<20)
		if n := testing.AllocsPerRun(10, func() {
			for _, e := range events {
				f.Append(buf[:0], e)
			}
		}); n != 0 {
			t.Errorf("%s allocates %v times", f.Name, n)
		}
	}
}

func FuzzFormats(f *testing.F) {
	f.Add("crm-lake")
	f.Add("a\"b\\c]d=e|f\ng\rh\ti\x00")
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" {
			return
		}
		for _, form := range All() {
			check(t, form, form.Append(nil, hostile(s)))
		}
	})
}
