package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mayImport is what the rooms may import: arrows go down only, and the one
// sideways arrow is rules → masking.
var mayImport = map[string]string{
	"stream":     "",
	"masking":    "stream",
	"audit":      "stream",
	"connectors": "stream",
	"rules":      "stream masking",
	"bench":      "stream masking audit connectors rules",
	"cmd":        "stream masking audit connectors rules",
}

// inCmd is the same for the packages of cmd/internal; cmd/lethe may import all
// of them.
var inCmd = map[string]string{
	"auth":        "",
	"config":      "",
	"crash":       "",
	"demo":        "config screen shop wire",
	"pipe":        "",
	"screen":      "",
	"shop":        "",
	"wire":        "config",
	"testservers": "",
}

// never is what the packages under a path do without: their room has no words
// for it, or what they do must not depend on it.
var never = []struct{ under, except, imports string }{
	{"stream", "", "database/sql net/http go.yaml.in/yaml/v3"},
	{"masking", "masking/keyring masking/detect/names/train", "log os net net/http math/rand math/rand/v2"},
	{"rules", "", "os net net/http log log/slog math/rand math/rand/v2 crypto/rand"},
	{"audit/verify", "", "net net/http os/exec"},
	{"cmd", "", "crypto/aes crypto/cipher"},
	{"cmd/internal/config", "", "database/sql net/http"},
	{"cmd/internal/wire", "", "database/sql"},
}

// pkg is what `go list -json` says of a package.
type pkg struct {
	ImportPath, Dir           string
	GoFiles, IgnoredGoFiles   []string
	TestGoFiles, XTestGoFiles []string
	Imports, Deps             []string
	TestImports, XTestImports []string
}

// path is the package's path in the module.
func (p pkg) path() string { return strings.TrimPrefix(p.ImportPath, "lethe/") }

// module lists the packages of the module, and its directory.
func module(t *testing.T) ([]pkg, string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,GoFiles,Imports,Deps,TestImports,XTestImports,TestGoFiles,XTestGoFiles,IgnoredGoFiles", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all, root
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func split(path string) (room, rest string) {
	room, rest, _ = strings.Cut(path, "/")
	return room, rest
}

// ours are the imports from this module, as paths in it.
func ours(imports []string) (paths []string) {
	for _, i := range imports {
		if p, ok := strings.CutPrefix(i, "lethe/"); ok {
			paths = append(paths, p)
		}
	}
	return paths
}

func TestRoomsImportOnlyWhatLiesBelowThem(t *testing.T) {
	all, _ := module(t)
	for _, p := range all {
		room, _ := split(p.path())
		allowed, known := mayImport[room]
		if !known {
			t.Errorf("%s lies in no room", p.ImportPath)
			continue
		}
		for _, i := range ours(slices.Concat(p.Imports, p.TestImports, p.XTestImports)) {
			other, _ := split(i)
			if other != room && !slices.Contains(strings.Fields(allowed), other) {
				t.Errorf("%s imports %s: %s may import %q only", p.path(), i, room, allowed)
			}
		}
	}
}

func TestTheControlPlaneHasLayersToo(t *testing.T) {
	all, _ := module(t)
	for _, p := range all {
		inner, ok := strings.CutPrefix(p.path(), "cmd/internal/")
		if !ok {
			continue
		}
		name, _ := split(inner)
		allowed, known := inCmd[name]
		if !known {
			t.Errorf("cmd/internal/%s is in no layer", name)
			continue
		}
		for _, i := range ours(p.Imports) {
			other, isInner := strings.CutPrefix(i, "cmd/internal/")
			other, _ = split(other)
			if isInner && other != name && !slices.Contains(strings.Fields(allowed), other) {
				t.Errorf("%s imports %s: it may import %q only", p.path(), i, allowed)
			}
			if strings.HasPrefix(i, "cmd/lethe") {
				t.Errorf("%s imports the binary", p.path())
			}
		}
	}
}

// Every room imports the contract and the reader of JSON text.
func TestTheContractNeedsTheStandardLibraryOnly(t *testing.T) {
	all, _ := module(t)
	for _, p := range all {
		if p.path() != "stream" && p.path() != "stream/scan" {
			continue
		}
		for _, d := range p.Deps {
			if strings.Contains(strings.SplitN(d, "/", 2)[0], ".") || strings.HasPrefix(d, "lethe/") {
				t.Errorf("%s depends on %s", p.path(), d)
			}
		}
	}
}

// A verifier that shares code with the writer shares its mistakes.
func TestL4VerifySharesNoCodeWithTheWriters(t *testing.T) {
	all, _ := module(t)
	found := false
	for _, p := range all {
		if p.ImportPath != "lethe/audit/verify" {
			continue
		}
		found = true
		for _, d := range p.Deps {
			for _, writer := range []string{"github.com/apache/arrow-go", "github.com/transparency-dev/tessera", "github.com/twmb/franz-go",
				"lethe/connectors", "lethe/masking", "lethe/rules", "lethe/stream/", "lethe/cmd"} {
				if strings.HasPrefix(d, writer) {
					t.Errorf("audit/verify depends on %s", d)
				}
			}
			if d == "lethe/audit" {
				t.Error("audit/verify depends on audit, which writes the log")
			}
		}
	}
	if !found {
		t.Error("there is no audit/verify")
	}
}

func TestDriversStandAlone(t *testing.T) {
	all, _ := module(t)
	for _, p := range all {
		room, driver := split(p.path())
		for _, i := range ours(p.Imports) {
			other, name := split(i)
			if name == "all" && room != "cmd" {
				t.Errorf("%s imports %s, which is for cmd alone", p.path(), i)
			}
			if other == "bench" && room != "bench" {
				t.Errorf("%s imports %s: nobody imports bench", p.path(), i)
			}
			if room != "connectors" || other != "connectors" || driver == "all" || name == "" {
				continue
			}
			mine, _ := split(driver)
			if theirs, _ := split(name); theirs != mine {
				t.Errorf("%s imports %s: no connector knows another", p.path(), i)
			}
		}
	}
}

func TestPackagesDoWithoutWhatTheirRoomHasNoWordsFor(t *testing.T) {
	all, _ := module(t)
	for _, p := range all {
		for _, n := range never {
			excepted := func(dir string) bool { return under(p.path(), dir) }
			if !under(p.path(), n.under) || slices.ContainsFunc(strings.Fields(n.except), excepted) {
				continue
			}
			for _, i := range p.Imports {
				if slices.Contains(strings.Fields(n.imports), i) {
					t.Errorf("%s imports %s", p.path(), i)
				}
			}
		}
	}
}

func under(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }
