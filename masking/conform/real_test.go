package conform

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v3"
)

// schemasOf lists the schemas of streams in a manifest of Airbyte's.
func schemasOf(doc any, key string) (all []map[string]any) {
	switch doc := doc.(type) {
	case map[string]any:
		_, properties := doc["properties"].(map[string]any)
		if key == "schema" && properties {
			return []map[string]any{doc}
		}
		for name, x := range doc {
			if s, ok := x.(map[string]any); ok && key == "schemas" && s["properties"] != nil {
				all = append(all, s)
				continue
			}
			all = append(all, schemasOf(x, name)...)
		}
	case []any:
		for _, x := range doc {
			all = append(all, schemasOf(x, "")...)
		}
	}
	return all
}

func TestTheCheckerAndTheLibraryAgreeOnSchemasInUse(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/data/airbyte-manifests/*.yaml")
	if len(files) == 0 {
		t.Skip("the manifests are not here")
	}
	if os.Getenv("CI") == "" { // all of them take minutes on a busy machine
		for k := range len(files) / 10 {
			files[k] = files[10*k]
		}
		files = files[:len(files)/10]
	}
	m := &maker{Rand: rand.New(rand.NewPCG(9, 10))}
	var c Checker
	var counts [3]int
	schemas, refused, whole, keywords := 0, 0, 0, 0
	left := map[string]int{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var manifest any
		if err := yaml.Unmarshal(text, &manifest); err != nil {
			t.Fatal(err)
		}
		for _, s := range schemasOf(manifest, "") {
			schemas++
			text, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			r, err := Compile(text)
			if err != nil {
				refused++ // by the library: no schema, or a reference to somewhere else
				continue
			}
			k := r.Keywords()
			if keywords += k.Compiled; len(k.Library) == 0 {
				whole++
			}
			for _, keyword := range k.Library {
				left[keyword]++
			}
			for range 8 {
				counts[compare(t, &c, r, string(text), m.near(decode(t, string(text)), nil, 6))]++
			}
		}
	}
	t.Logf("%d schemas, %d are none to the library, %d compile wholly, %d keywords; left to the library: %v", schemas, refused, whole, keywords, left)
	t.Logf("of %d documents %d conform, %d fail, %d were left to the library", counts[0]+counts[1]+counts[2], counts[Conforms], counts[Fails], counts[Beyond])
	if whole < (schemas-refused)*99/100 {
		t.Error("too few compile wholly")
	}
}
