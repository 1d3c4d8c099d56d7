package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// What the README shows is run: blocks of kind yaml whose first line is a
// comment with a file's name are written to that file; in blocks of kind console
// each line after "$ " is a command, and what follows is what it must print,
// where … stands for any text and a line of … alone for any lines. Blocks of
// kind sh are read by the shell and not run.
func TestReadmeShowsWhatHappens(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	bin, dir := t.TempDir(), t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "lethe"), ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	sh := func(args ...string) (string, error) {
		// The binary that was built stands for building it.
		args[len(args)-1] = strings.ReplaceAll(args[len(args)-1], "go run ./cmd/lethe ", "lethe ")
		cmd := exec.Command("sh", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for _, b := range blocks(string(text)) {
		switch b.kind {
		case "yaml":
			if name, ok := fileName(b.lines); ok {
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(strings.Join(b.lines, "\n")+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		case "sh":
			if out, err := sh("-n", "-c", strings.Join(b.lines, "\n")); err != nil {
				t.Errorf("README.md:%d: %v\n%s", b.line, err, out)
			}
		case "console":
			for _, c := range commands(b.lines) {
				out, _ := sh("-c", c.line)
				if want := strings.Join(c.output, "\n"); want != "" && !shows(want, out) {
					t.Errorf("README.md:%d: $ %s\nprints\n%s\nthe README says\n%s", b.line, c.line, out, want)
				}
			}
		}
	}
}

// block is what stands between two fences.
type block struct {
	kind  string
	line  int
	lines []string
}

func blocks(text string) (all []block) {
	var open *block
	for i, line := range strings.Split(text, "\n") {
		fence, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case isFence && open == nil:
			open = &block{kind: fence, line: i + 1}
		case isFence:
			all, open = append(all, *open), nil
		case open != nil:
			open.lines = append(open.lines, line)
		}
	}
	return all
}

var named = regexp.MustCompile(`^# ([\w./-]+\.ya?ml)\b`)

// fileName is the file that the first line of a block names.
func fileName(lines []string) (string, bool) {
	if len(lines) == 0 {
		return "", false
	}
	m := named.FindStringSubmatch(lines[0])
	if m == nil || !filepath.IsLocal(m[1]) {
		return "", false
	}
	return m[1], true
}

type command struct {
	line   string
	output []string
}

func commands(lines []string) (all []command) {
	for _, line := range lines {
		if c, ok := strings.CutPrefix(line, "$ "); ok {
			all = append(all, command{line: c})
		} else if len(all) > 0 {
			last := &all[len(all)-1]
			last.output = append(last.output, line)
		}
	}
	return all
}

// shows reports whether out is what a README says it is.
func shows(want, out string) bool {
	var b strings.Builder
	b.WriteString(`^\s*`)
	for _, line := range strings.Split(strings.TrimSpace(want), "\n") {
		if strings.TrimSpace(line) == "…" {
			b.WriteString(`(?:.*\n)*?`)
			continue
		}
		parts := strings.Split(strings.TrimRight(line, " "), "…")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		b.WriteString(strings.Join(parts, `.*`) + ` *(?:\n|$)`)
	}
	return regexp.MustCompile(b.String() + `\s*$`).MatchString(out)
}

// What is told at length lies in docs, a file for each matter, and the README leads
// there.
func TestTheReadmeLeadsToEveryDocument(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(names) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		at := "docs/" + filepath.Base(name)
		if !strings.Contains(string(readme), "("+at+")") {
			t.Errorf("README.md does not lead to %s", at)
		}
		for _, b := range blocks(string(text)) {
			if b.kind != "sh" {
				continue
			}
			if out, err := exec.Command("sh", "-n", "-c", strings.Join(b.lines, "\n")).CombinedOutput(); err != nil {
				t.Errorf("%s:%d: %v\n%s", at, b.line, err, out)
			}
		}
	}
	for _, m := range regexp.MustCompile(`\]\(([\w/.]+\.md)\)`).FindAllStringSubmatch(string(readme), -1) {
		if _, err := os.Stat("../../" + m[1]); err != nil {
			t.Errorf("README.md leads to %s, which is not there", m[1])
		}
	}
}

func TestEachDirectDependencyHasItsLineInTheReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.ParseLax("go.mod", mod, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| dependency | why |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	version, said := regexp.MustCompile(`/v[0-9]+$`), map[string]bool{}
	for _, line := range strings.Split(table, "\n") {
		for _, name := range strings.Split(strings.Trim(strings.SplitN(line, "|", 3)[1], " "), ", ") {
			said[name] = true
		}
	}
	for _, r := range file.Require {
		if r.Indirect {
			continue
		}
		name := version.ReplaceAllString(strings.TrimPrefix(r.Mod.Path, "github.com/"), "")
		if !said[name] {
			t.Errorf("README.md does not say why there is %s", name)
		}
		delete(said, name)
	}
	for name := range said {
		t.Errorf("README.md gives a reason for %s, which go.mod does not need", name)
	}
}

// Who opens it for the first time sees what it does before they scroll.
func TestTheReadmeBeginsWithWhatOneTypes(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	all := blocks(string(text))
	if len(all) < 2 || all[0].line > 15 || all[1].kind != "console" || all[1].line > 15 {
		t.Error("policy, command and output do not begin within 15 lines")
	}
}

func TestAReadmeIsHeldToItsOutput(t *testing.T) {
	for _, c := range []struct {
		want, out string
		ok        bool
	}{
		{"a\nb", "a\nb\n", true},
		{"a\nb", "a\nc\n", false},
		{"a…z\n…\nend", "abcz\n1\n2\nend\n", true},
		{"a\n…", "a\nb\nc\n", true},
		{"a", "a\nb\n", false},
		{"1 + 1 (x)", "1 + 1 (x)\n", true},
	} {
		if got := shows(c.want, c.out); got != c.ok {
			t.Errorf("%q shows %q: %v", c.out, c.want, got)
		}
	}
	if name, ok := fileName([]string{"# policy.yaml: what becomes of each field"}); !ok || name != "policy.yaml" {
		t.Errorf("named %q", name)
	}
	if _, ok := fileName([]string{"# ../policy.yaml"}); ok {
		t.Error("a file outside of the folder was taken")
	}
}
