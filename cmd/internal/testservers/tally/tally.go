// Command tally reads what `go test -json` prints, shows a line per package and
// all that a failing test said, and counts: its last line, also written to the
// file of -counts, is "N passed, N failed". It exits 1 where a test failed.
//
// Under -ci a skipped test fails as well, unless its reason says that the data
// in ../shared is absent.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// event is one line of test2json.
type event struct {
	Action  string
	Package string
	Test    string
	Elapsed float64
	Output  string
	// ImportPath is set on output of a build.
	ImportPath string
}

// id names a test of a package.
type id struct{ pkg, test string }

type tally struct {
	ci     bool
	out    io.Writer
	said   map[id][]string // output of what still runs
	failed map[string]int  // failed tests by package, parents apart
	counts struct{ passed, failed, skipped int }
}

func main() {
	counts := flag.String("counts", "", "file for the last line")
	ci := flag.Bool("ci", false, "fail where a test was skipped")
	flag.Parse()
	t := &tally{ci: *ci, out: os.Stdout, said: map[id][]string{}, failed: map[string]int{}}
	if err := t.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "tally:", err)
		os.Exit(3)
	}
	fmt.Println(t.line())
	if *counts != "" {
		if err := os.WriteFile(*counts, []byte(t.line()+"\n"), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "tally:", err)
			os.Exit(3)
		}
	}
	if t.counts.failed > 0 {
		os.Exit(1)
	}
}

func (t *tally) line() string {
	s := fmt.Sprintf("%d passed, %d failed", t.counts.passed, t.counts.failed)
	if t.counts.skipped > 0 {
		s = fmt.Sprintf("%d skipped, %s", t.counts.skipped, s)
	}
	return s
}

func (t *tally) read(r io.Reader) error {
	lines := bufio.NewReaderSize(r, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) == nil {
				t.event(e)
			} else {
				t.out.Write(line) // what the go command says by itself
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (t *tally) event(e event) {
	at := id{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(t.out, e.Output)
	case "output":
		t.said[at] = append(t.said[at], e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			t.endPackage(e)
		} else {
			t.endTest(e)
		}
		delete(t.said, at)
	}
}

func (t *tally) endTest(e event) {
	said := t.said[id{e.Package, e.Test}]
	skipped := e.Action == "skip"
	excused := slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, "../shared") })
	switch {
	case e.Action == "pass":
		t.counts.passed++
	case skipped && (excused || !t.ci):
		t.counts.skipped++
		fmt.Fprintf(t.out, "skip  %s %s%s\n", e.Package, e.Test, reason(said))
	default:
		t.counts.failed++
		t.failed[e.Package]++
		if skipped {
			fmt.Fprintf(t.out, "FAIL  %s %s was skipped, which CI does not allow\n", e.Package, e.Test)
		}
		fmt.Fprint(t.out, strings.Join(said, ""))
	}
}

// endPackage counts a package that failed without a failing test: it did not
// build, or it died.
func (t *tally) endPackage(e event) {
	took := time.Duration(e.Elapsed * float64(time.Second)).Round(100 * time.Millisecond)
	switch e.Action {
	case "pass":
		fmt.Fprintf(t.out, "ok    %s %s\n", e.Package, took)
	case "fail":
		if t.failed[e.Package] == 0 {
			t.counts.failed++
			// A test that was still running tells why.
			for at, said := range t.said {
				if at.pkg == e.Package && at.test != "" {
					fmt.Fprint(t.out, strings.Join(said, ""))
				}
			}
		}
		fmt.Fprint(t.out, strings.Join(t.said[id{e.Package, ""}], ""))
		fmt.Fprintf(t.out, "FAIL  %s %s\n", e.Package, took)
	}
}

// reason is the line of a skipped test that says why.
func reason(said []string) string {
	for _, s := range said {
		s = strings.TrimSpace(s)
		if !strings.HasPrefix(s, "=== ") && !strings.HasPrefix(s, "--- ") && s != "" {
			return ": " + s
		}
	}
	return ""
}
