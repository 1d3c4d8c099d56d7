package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Each verb is one file, which holds its usage text and defines its flags. The
// first line shows every flag, and the text below explains every flag.
func TestTheUsageOfEachVerbShowsTheFlagsThatItHas(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		usage, flags := usageOf(file)
		if usage == "" {
			continue
		}
		seen++
		first, text, _ := strings.Cut(usage, "\n")
		for _, f := range flags {
			if !strings.Contains(first, "[--"+f+" ") && !strings.Contains(first, "[--"+f+"]") {
				t.Errorf("%s: the first line of the usage does not show --%s", name, f)
			}
			if !strings.Contains(text, "\n  --"+f+" ") {
				t.Errorf("%s: the usage does not explain --%s", name, f)
			}
		}
		for _, word := range strings.Fields(usage) {
			f, ok := strings.CutPrefix(strings.Trim(word, "[].,:;()"), "--")
			if ok && !slices.Contains(flags, f) {
				t.Errorf("%s: the usage shows --%s, which the verb does not have", name, f)
			}
		}
	}
	if seen != len(verbs()) {
		t.Errorf("%d usage texts for %d verbs", seen, len(verbs()))
	}
}

// usageOf finds the text and the names of the flags that a file gives to newFlags.
func usageOf(file *ast.File) (usage string, flags []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			if lit, ok := value(n); ok && strings.HasPrefix(lit, "usage: lethe ") && !strings.HasPrefix(lit, "usage: lethe VERB") {
				usage = lit
			}
		case *ast.CallExpr:
			sel, ok := n.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if on, ok := sel.X.(*ast.Ident); !ok || on.Name != "f" {
				return true
			}
			if sel.Sel.Name == "JSON" {
				flags = append(flags, "json")
			}
			for _, arg := range n.Args[:min(2, len(n.Args))] {
				if lit, ok := arg.(*ast.BasicLit); ok && lit.Kind == token.STRING && len(n.Args) >= 2 {
					name, _ := strconv.Unquote(lit.Value)
					flags = append(flags, name)
					break
				}
			}
		}
		return true
	})
	return usage, flags
}

func value(n *ast.ValueSpec) (string, bool) {
	if len(n.Values) != 1 {
		return "", false
	}
	lit, ok := n.Values[0].(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}
