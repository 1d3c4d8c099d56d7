package main

import (
	"go/ast"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The seven promises of the README.
const promises = "L1 L2 L3 L4 L5 L6 L7"

var (
	promiseTest  = regexp.MustCompile(`^(?:Test|Fuzz)((?:L[1-7])+)`)
	promiseLabel = regexp.MustCompile(`\bL[1-7]\b`)
)

// labels are what a package's contract promises, what its lines say that they
// uphold, and what its tests bear. The contract is the package comment, that of a
// command too: its usage text tells people what to type.
type labels struct{ contract, lines, tests map[string]bool }

func labelsOf(s source) labels {
	l := labels{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for _, f := range s.files {
		if strings.HasSuffix(s.fset.Position(f.Pos()).Filename, "_test.go") {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok {
					l.bears(fn.Name.Name)
				}
			}
			continue
		}
		for _, c := range f.Comments {
			into := l.lines
			if c == f.Doc {
				into = l.contract
			}
			for _, label := range promiseLabel.FindAllString(c.Text(), -1) {
				into[label] = true
			}
		}
		// The names of tests in a suite stand in its code: they are its lines.
		ast.Inspect(f, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
				for label := range l.bears(strings.Trim(text.Value, "\"`")) {
					l.lines[label] = true
				}
			}
			return true
		})
	}
	return l
}

// bears takes in the labels of a test's name.
func (l labels) bears(name string) map[string]bool {
	in := map[string]bool{}
	if m := promiseTest.FindStringSubmatch(name); m != nil {
		for _, n := range strings.Split(m[1], "L")[1:] {
			in["L"+n], l.tests["L"+n] = true, true
		}
	}
	return in
}

// unlike names the labels that only one of contract and lines has.
func (l labels) unlike() (undeclared, unheld []string) {
	for _, label := range strings.Fields(promises) {
		switch {
		case l.lines[label] && !l.contract[label]:
			undeclared = append(undeclared, label)
		case l.contract[label] && !l.lines[label]:
			unheld = append(unheld, label)
		}
	}
	return undeclared, unheld
}

func TestEachPromiseIsBorneByATestAndNamedWhereItIsUpheld(t *testing.T) {
	borne := map[string]bool{}
	for _, s := range sources(t, true) {
		l := labelsOf(s)
		maps.Copy(borne, l.tests)
		undeclared, unheld := l.unlike()
		if len(undeclared) > 0 {
			t.Errorf("%s: a line says that it upholds %s, and the package comment does not promise it", s.path(), strings.Join(undeclared, " "))
		}
		if len(unheld) > 0 {
			t.Errorf("%s: the package comment promises %s, and no line says that it upholds it", s.path(), strings.Join(unheld, " "))
		}
	}
	for _, label := range strings.Fields(promises) {
		if !borne[label] {
			t.Errorf("%s: no test bears its name", label)
		}
	}
}

func TestAPromiseWithoutALineAndALineWithoutAPromiseAreSeen(t *testing.T) {
	for text, want := range map[string][2][]string{
		"// Package x. Promise: L1.\npackage x\n// L1: why\nvar a int":                   {},
		"// Package x. Promise: L1 L2.\npackage x\n// f says L1 L7.\nfunc f() {}":        {{"L7"}, {"L2"}},
		"// Package x.\npackage x\nfunc f() { _ = 1 } // so that (L3)":                   {{"L3"}, nil},
		"// Package x (L6).\npackage x\nvar names = []string{\"TestL6 the same again\"}": {},
		"// Package x.\npackage x\n// L8 and XL1 are none.\nvar a = \"L2\"":              {},
	} {
		undeclared, unheld := labelsOf(parsed(t, text)).unlike()
		if !slices.Equal(undeclared, want[0]) || !slices.Equal(unheld, want[1]) {
			t.Errorf("%s: %v %v", text, undeclared, unheld)
		}
	}
}
