package main

import (
	"bytes"
	"strings"
	"testing"
)

func run(ci bool, stream string) (string, *tally) {
	var out bytes.Buffer
	t := &tally{ci: ci, out: &out, said: map[id][]string{}, failed: map[string]int{}}
	if err := t.read(strings.NewReader(stream)); err != nil {
		panic(err)
	}
	return out.String(), t
}

const mixed = `{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:3: no server\n"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Test":"TestC","Output":"    c_test.go:3: ../shared is absent\n"}
{"Action":"skip","Package":"p","Test":"TestC"}
{"Action":"pass","Package":"p","Elapsed":1.23}
`

func TestASkipIsAFailureInCIUnlessSharedDataIsAbsent(t *testing.T) {
	out, laptop := run(false, mixed)
	if got := laptop.line(); got != "2 skipped, 1 passed, 0 failed" {
		t.Errorf("counted %q", got)
	}
	if !strings.Contains(out, "skip  p TestB: b_test.go:3: no server\n") {
		t.Errorf("the reason is missing:\n%s", out)
	}
	out, ci := run(true, mixed)
	if got := ci.line(); got != "1 skipped, 1 passed, 1 failed" {
		t.Errorf("counted %q:\n%s", got, out)
	}
}

func TestAPackageThatDiesIsAFailureAndSaysWhy(t *testing.T) {
	out, got := run(false, `{"Action":"output","Package":"p","Test":"TestA","Output":"panic: here\n"}
{"Action":"fail","Package":"p","Elapsed":0}
not json
{"Action":"build-output","ImportPath":"q","Output":"q.go:1: syntax error\n"}
{"Action":"fail","Package":"q","Elapsed":0}
`)
	if got.line() != "0 passed, 2 failed" {
		t.Errorf("counted %q", got.line())
	}
	for _, want := range []string{"panic: here", "not json", "q.go:1: syntax error"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing:\n%s", want, out)
		}
	}
}

func TestOutputOfAPassingTestIsNotShown(t *testing.T) {
	out, _ := run(false, mixed)
	if strings.Contains(out, "RUN   TestA") {
		t.Errorf("shown:\n%s", out)
	}
}
