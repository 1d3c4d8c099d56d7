package rules

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// townEnv is the small folder with a city that a hierarchy file generalizes.
func townEnv(t *testing.T, rule string, files map[string]string) Env {
	t.Helper()
	env := edit(t, smallEnv(column("city", "string?", "element=address.city")), "contact.email: {hmac: {}}", "contact.email: {hmac: {}}, address.city: {generalize: "+rule+"}")
	env.Tables = map[string]File{}
	for path, text := range files {
		env.Tables[path] = File{Name: "./" + path, Data: []byte(text)}
	}
	return env
}

func TestAHierarchyFileIsPartOfTheRevision(t *testing.T) {
	const rule, path = "{as: hierarchy, file: towns/th.csv, level: 2}", "towns/th.csv"
	p := compile(t, townEnv(t, rule, map[string]string{path: "Bangkok;Central;Thailand\nSongkhla;South;Thailand\n*;x;elsewhere\n"}))
	d, _ := explain(p, "crm.public.customer/city")
	if why := strings.Join(d.Because, "\n"); !strings.Contains(why, "./towns/th.csv has 2 values at level 2") || d.Params["file"] != path || d.Params["table"] != nil {
		t.Errorf("%v\n%s", d.Params, why)
	}
	r, err := Restore(p.Revision, p.Kept)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(p.Kept, []byte(`Bangkok;Thailand\nSongkhla;Thailand\n*;elsewhere\n`)) || len(r.Streams[0].Plan.Fields) != len(p.Streams[0].Plan.Fields) {
		t.Errorf("kept is not the level: %s", p.Kept)
	}
	// L6: the same level is the same revision, and another one is another.
	for text, same := range map[string]bool{
		"*;y;elsewhere\nSongkhla;;Thailand\n\"Bangkok\";North;Thailand\n": true,
		"Bangkok;Central;Siam\nSongkhla;South;Thailand\n*;x;elsewhere\n":  false,
		"Bangkok;Central;Thailand\n*;x;elsewhere\n":                       false,
	} {
		if got := compile(t, townEnv(t, rule, map[string]string{path: text})); (got.Revision == p.Revision) != same {
			t.Errorf("%q: revision %s beside %s", text, got.Revision, p.Revision)
		}
	}
}

func TestTablesListsTheFilesThatAPolicyNames(t *testing.T) {
	got := Tables(File{"policy.yaml", []byte(`mask:
  fields: {a.b/c: {generalize: {as: hierarchy, file: b.csv}}, a.b/d: {generalize: {as: hierarchy, file: ../x.csv}}}
  elements: {address.city: {generalize: {as: hierarchy, file: a/../a/b.csv, level: 3}}}
  classes: {pii: {hmac: {file: no.csv}}}
  default: {generalize: {file: b.csv, surprise: 1}}
nonsense: [
`)})
	if len(got) != 0 {
		t.Errorf("of what is no YAML: %q", got)
	}
	got = Tables(File{"policy.yaml", []byte(`surprise: 1
mask:
  fields: {a.b/c: {generalize: {as: hierarchy, file: b.csv}}, a.b/d: {generalize: {as: hierarchy, file: ../x.csv}}}
  elements: {address.city: {generalize: {as: hierarchy, file: a/b.csv, level: 3}}}
  classes: {pii: {hmac: {file: no.csv}}}
  default: {generalize: {file: b.csv, surprise: 1}}
`)})
	if !slices.Equal(got, []string{"a/b.csv", "b.csv"}) {
		t.Errorf("%q", got)
	}
}

func TestFaultsOfAHierarchyFileAreToldWithTheirLines(t *testing.T) {
	const rule = "{as: hierarchy, file: towns.csv, level: 2}"
	files := func(text string) map[string]string { return map[string]string{"towns.csv": text} }
	var large strings.Builder
	for n := range 30_000 {
		fmt.Fprintf(&large, "town number %d;x;province\n", n)
	}
	const hint = "\n  → write value;level 1;level 2;…, with texts that have a semicolon or a quote in \"quotes\"; each value once"
	at := "policy.yaml:4: mask.elements.address.city.generalize.file: "
	tellsEach(t, map[string]faultCase{
		"not there": {townEnv(t, rule, nil), at + `there is no hierarchy file towns.csv
  → write one, with lines of value;level 1;level 2;…, and a line *;… for all other values; its path is from the folder`, []string{CodeTable}},
		"out of the folder": {townEnv(t, "{as: hierarchy, file: ../towns.csv}", nil), at + `the path of a hierarchy file leads out of the folder
  → put the file into the folder, and write its path from there, such as hierarchies/city.csv`, []string{CodeTable}},
		"lines": {townEnv(t, rule, files("Bangkok;Central;Thailand\nSongkhla;South\nBangkok;x;Laos\nLyon;x;Lyon\n")), "./towns.csv:2: the line has no level 2" + hint +
			"\n./towns.csv:3: the line has a value that another line has" + hint + "\n./towns.csv:4: the line shows the value itself at level 2" + hint, []string{CodeTable, CodeTable, CodeTable}},
		"empty":     {townEnv(t, rule, files("")), "./towns.csv:1: table has no lines\n  → write lines of value;level 1;level 2;…", []string{CodeTable}},
		"too large": {townEnv(t, rule, files(large.String())), "./towns.csv:1: level 2 has 780 KiB, and a revision keeps 512 at most\n  → leave out values that fall under *, or mask with another operator", []string{CodeTable}},
		"level 0": {townEnv(t, "{as: hierarchy, file: towns.csv, level: 0}", files("a;b")), `policy.yaml:4: mask.elements.address.city: generalize: level 0 is the value itself: at least 1
  → generalize takes: as width from bottom top order on bits4 bits6 step table file level`, []string{CodeParams}},
		"one normal form": {townEnv(t, rule, files("Bangkok;x;Thailand\nBANGKOK;x;Siam\n")), `contracts/crm.public.customer.yaml:34: schema[0].properties[3] (city): generalize: table has two lines for what is one value in the element's normal form
  → write the same text in both lines, or leave one of them out`, []string{"masking.operator"}},
	})
}
