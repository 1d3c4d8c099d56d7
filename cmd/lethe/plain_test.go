package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"lethe/stream"
)

const nasty = "a\x1b]0;owned\x07\x1b[2J\u009b31m\n\tverify: ok\r\x7f\u202egnp\u200b\u2028\xff\U000e0041b"

func TestNamesFromOutsideDoNotSpeakToTheTerminal(t *testing.T) {
	const want = `a\x1b]0;owned\a\x1b[2J\u009b31m\n\tverify: ok\r\x7f\u202egnp\u200b\u2028\xff\U000e0041b`
	if got := plainf("%s|%v|%d", stream.Label(nasty), errors.New(nasty), 7); got != want+"|"+want+"|7" {
		t.Errorf("became %q", got)
	}
	for _, s := range []string{"ลูกค้า น้ำ", "naïve – “x” → ✓ 日本語 😀", `C:\x`, "a b", ""} {
		if got := plain(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
	var out, faults bytes.Buffer
	io := console{out: &out, err: &faults, json: new(bool)}
	table(io, "stream\tfile", 1, func(int) string { return plainf("%s\t%s", nasty, "x") })
	tell(t.Context(), io, &stream.Fault{Code: "x", Path: nasty, Msg: nasty, Hint: "first\n" + nasty})
	warnings(&faults).Warn(nasty, "stream", nasty, "hint", "first\n"+nasty)
	for what, b := range map[string]string{"a table": out.String(), "faults and warnings": faults.String()} {
		if strings.ContainsAny(b, "\x1b\x07\r\x7f\u009b\u202e\u200b\u2028") {
			t.Errorf("%s: %q", what, b)
		}
	}
	if n := strings.Count(out.String(), "\n"); n != 2 {
		t.Errorf("a table of one row has %d lines: %q", n, out.String())
	}

	out.Reset()
	if err := showJSON(io, map[string]string{"name": nasty}); err != nil {
		t.Fatal(err)
	}
	var back map[string]string
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back["name"] != strings.ToValidUTF8(nasty, "\ufffd") {
		t.Errorf("JSON reads back as %q: %v", back["name"], err)
	}
	if strings.ContainsAny(out.String(), "\x1b\x07\r\x7f\u009b\u202e\u200b\u2028\U000e0041") {
		t.Errorf("JSON: %q", out.String())
	}
}

// unguarded finds calls that fill a text for the terminal past plainf.
var unguarded = regexp.MustCompile(`fmt\.Fprintf\((io|h)\.|fmt\.Fprintln\(io\.\w+, [^"p]|func\(i int\) string \{[^}]*fmt\.Sprintf`)

func TestEveryVerbFillsItsTextWithPlainNames(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if m := unguarded.Find(src); m != nil && !strings.HasSuffix(name, "_test.go") && name != "init.go" {
			t.Errorf("%s: %s: use tellf or plainf", name, m)
		}
	}
}
