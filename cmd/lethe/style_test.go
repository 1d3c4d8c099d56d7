package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"testing"
)

// source is a package's own files, read.
type source struct {
	pkg
	fset  *token.FileSet
	files []*ast.File
}

// sources reads the files of every package, those of other systems too, and its
// tests if asked for.
func sources(t *testing.T, tests bool) []source {
	t.Helper()
	all, root := module(t)
	var out []source
	for _, p := range all {
		s := source{pkg: p, fset: token.NewFileSet()}
		names := append(append([]string{}, p.GoFiles...), p.IgnoredGoFiles...)
		if tests {
			names = append(append(names, p.TestGoFiles...), p.XTestGoFiles...)
		}
		for _, name := range names {
			path := filepath.Join(p.Dir, name)
			rel, _ := filepath.Rel(root, path)
			f, err := parser.ParseFile(s.fset, path, nil, parser.ParseComments)
			if err != nil {
				t.Errorf("%s: %v", rel, err)
				continue
			}
			s.files = append(s.files, f)
		}
		out = append(out, s)
	}
	return out
}

// parsed is a package of one file.
func parsed(t *testing.T, text string) source {
	t.Helper()
	s := source{fset: token.NewFileSet()}
	f, err := parser.ParseFile(s.fset, "x.go", text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	s.files = append(s.files, f)
	return s
}

func TestNothingHappensAtInit(t *testing.T) {
	for _, s := range sources(t, false) {
		for _, f := range s.files {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
					t.Errorf("%s: an init function", s.fset.Position(fn.Pos()))
				}
			}
		}
	}
}

func TestNoPackageHasStateThatChanges(t *testing.T) {
	for _, s := range sources(t, false) {
		for _, c := range changes(s.fset, s.files) {
			t.Error(c)
		}
	}
}

func TestStateThatChangesIsSeen(t *testing.T) {
	for text, want := range map[string]int{
		"var m = map[string]int{}; func f() { m[\"a\"] = 1 }":              1,
		"var n int; func f() { n++ }":                                      1,
		"var m = map[string]int{}; func f() { delete(m, \"a\") }":          1,
		"var s struct{ n int }; func f() { s.n = 1 }":                      1,
		"import \"sync\"; var mu sync.Mutex":                               1,
		"var m = map[string]int{}; func f(m map[string]int) { m[\"\"]=1 }": 0,
		"var n int; func f() int { return n }":                             0,
		"var n int; func f() { n := 1; n++ }":                              0,
		"import \"io\"; var _ io.Reader; func f() { _ = 1 }":               0,
	} {
		s := parsed(t, "package x; "+text)
		if got := changes(s.fset, s.files); len(got) != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// changes tells where package-level variables are there to be changed, or are.
// A name that a function declares as well is taken for its own.
func changes(fset *token.FileSet, files []*ast.File) (found []string) {
	vars := map[string]bool{}
	for _, f := range files {
		for _, spec := range packageVars(f) {
			for _, name := range spec.Names {
				vars[name.Name] = true
			}
			if spec.Type != nil && mutates(spec.Type) {
				found = append(found, fmt.Sprintf("%s: package-level %s", fset.Position(spec.Pos()), spec.Names[0].Name))
			}
		}
	}
	for _, f := range files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			own := declared(fn)
			eachWritten(fn, func(id *ast.Ident) {
				if vars[id.Name] && id.Name != "_" && !own[id.Name] {
					found = append(found, fmt.Sprintf("%s: package-level %s is changed", fset.Position(id.Pos()), id.Name))
				}
			})
		}
	}
	return found
}

// declared are the names that a function declares itself, anywhere in it.
func declared(fn *ast.FuncDecl) map[string]bool {
	own := map[string]bool{}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.Field:
			for _, name := range x.Names {
				own[name.Name] = true
			}
		case *ast.ValueSpec:
			for _, name := range x.Names {
				own[name.Name] = true
			}
		case *ast.AssignStmt:
			for _, l := range x.Lhs {
				if id, ok := l.(*ast.Ident); ok && x.Tok == token.DEFINE {
					own[id.Name] = true
				}
			}
		case *ast.RangeStmt:
			for _, e := range []ast.Expr{x.Key, x.Value} {
				if id, ok := e.(*ast.Ident); ok && x.Tok == token.DEFINE {
					own[id.Name] = true
				}
			}
		}
		return true
	})
	return own
}

func packageVars(f *ast.File) (specs []*ast.ValueSpec) {
	for _, d := range f.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, s := range g.Specs {
				specs = append(specs, s.(*ast.ValueSpec))
			}
		}
	}
	return specs
}

// mutates reports whether a variable of the type is there to be changed.
func mutates(typ ast.Expr) bool {
	sel, ok := typ.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && (x.Name == "sync" && sel.Sel.Name != "Pool" || x.Name == "atomic")
}

// eachWritten calls found with the variable at the root of everything that is
// assigned to, deleted from or counted up in a function.
func eachWritten(fn *ast.FuncDecl, found func(*ast.Ident)) {
	root := func(e ast.Expr) {
		for {
			switch x := e.(type) {
			case *ast.IndexExpr:
				e = x.X
			case *ast.SelectorExpr:
				e = x.X
			case *ast.StarExpr:
				e = x.X
			case *ast.Ident:
				found(x)
				return
			default:
				return
			}
		}
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.AssignStmt:
			if x.Tok != token.DEFINE {
				for _, l := range x.Lhs {
					root(l)
				}
			}
		case *ast.IncDecStmt:
			root(x.X)
		case *ast.CallExpr:
			if fn, ok := x.Fun.(*ast.Ident); ok && (fn.Name == "delete" || fn.Name == "clear") && len(x.Args) > 0 {
				root(x.Args[0])
			}
		}
		return true
	})
}

// Settings come through files and flags; only the binary's main may ask the
// environment, and what helps tests, which find their servers there.
func TestOnlyMainReadsTheEnvironment(t *testing.T) {
	for _, s := range sources(t, false) {
		if s.path() == "cmd/lethe" || slices.Contains(s.Imports, "testing") {
			continue
		}
		for _, f := range s.files {
			ast.Inspect(f, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, ok := sel.X.(*ast.Ident)
				if ok && x.Name == "os" && (sel.Sel.Name == "Getenv" || sel.Sel.Name == "LookupEnv" || sel.Sel.Name == "Environ" || sel.Sel.Name == "ExpandEnv") {
					t.Errorf("%s: os.%s", s.fset.Position(sel.Pos()), sel.Sel.Name)
				}
				return true
			})
		}
	}
}

func TestEveryPackageSaysWhatItIsAndNoFileIsTooLong(t *testing.T) {
	for _, s := range sources(t, false) {
		documented := false
		for _, f := range s.files {
			documented = documented || f.Doc != nil
			if n := s.fset.File(f.Pos()).LineCount(); n > 500 {
				t.Errorf("%s: %d lines", s.fset.Position(f.Pos()).Filename, n)
			}
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok {
					continue
				}
				if n := s.fset.Position(fn.End()).Line - s.fset.Position(fn.Pos()).Line + 1; n > 80 {
					t.Errorf("%s: %s has %d lines", s.fset.Position(fn.Pos()), fn.Name.Name, n)
				}
			}
		}
		if !documented {
			t.Errorf("%s has no package comment", s.ImportPath)
		}
	}
}
