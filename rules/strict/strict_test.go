package strict

import (
	"strings"
	"testing"
	"time"

	"lethe/stream"
)

type folder struct {
	Workspace string                     `yaml:"workspace,required"`
	Port      int                        `yaml:"port"`
	TLS       bool                       `yaml:"tls"`
	Wait      time.Duration              `yaml:"wait"`
	Password  stream.Value               `yaml:"password"`
	Sources   Map[origin]                `yaml:"sources"`
	Tags      []string                   `yaml:"tags"`
	Nested    map[string]map[string]bool `yaml:"nested"`
	Bound     Number                     `yaml:"bound"`
	Untagged  string
}

type origin struct {
	Connector string   `yaml:"connector,required"`
	Options   Map[any] `yaml:",rest"`
}

func decode(t *testing.T, text string, env map[string]string) (folder, *Doc, error) {
	t.Helper()
	var f folder
	doc, err := Decode("lethe.yaml", []byte(text), func(n string) (string, bool) { s, ok := env[n]; return s, ok }, &f)
	return f, doc, err
}

func TestAFileIsDecodedInOrderWithVariables(t *testing.T) {
	f, doc, err := decode(t, `# a folder
workspace: shop
port: ${PORT}
tls: true
wait: 1m30s
password: "${PW}!"
sources:
  zeta:
    connector: postgres
    url: ${URL}
    slots: 3
  alpha: {connector: mysql}
tags: [a, "2"]
nested: {x: {y: true}}
bound: 123456789012345678901234567890.5
`, map[string]string{"PORT": "5432", "PW": "geheim", "URL": "postgres://x"})
	if err != nil {
		t.Fatal(err)
	}
	if f.Port != 5432 || !f.TLS || f.Wait != 90*time.Second || string(f.Password.Reveal()) != "geheim!" || !f.Nested["x"]["y"] {
		t.Errorf("decoded %+v", f)
	}
	if got := strings.Join(f.Sources.Keys(), " "); got != "zeta alpha" {
		t.Errorf("sources in order %s", got)
	}
	z, _ := f.Sources.Get("zeta")
	if u, _ := z.Options.Get("url"); u != "postgres://x" {
		t.Errorf("url is %v", u)
	}
	if n, _ := z.Options.Get("slots"); n != int64(3) {
		t.Errorf("slots is %T", n)
	}
	if f.Bound != "123456789012345678901234567890.5" {
		t.Errorf("bound lost digits: %s", f.Bound)
	}
	for path, want := range map[string]string{
		"sources.zeta.url": "lethe.yaml:10: sources.zeta.url",
		"sources.zeta.no":  "lethe.yaml:8: sources.zeta.no",
		"tags[1]":          "lethe.yaml:13: tags[1]",
		"":                 "lethe.yaml:1",
		"nowhere":          "lethe.yaml:1: nowhere",
	} {
		if got := doc.Where(path); got != want {
			t.Errorf("where %q is %q, want %q", path, got, want)
		}
	}
}

func TestEveryFaultOfAFileIsToldAtOnce(t *testing.T) {
	_, _, err := decode(t, `workspcae: shop
port: "5432"
tls: yes
wait: soon
tags: a
sources:
  crm: {conector: postgres, connector: mysql, connector: x}
  erp: {url: y}
  bad: 7
nested: {x: {y: 3}}
password: ${PW}
bound: .inf
<<: {a: 1}
`, nil)
	want := `lethe.yaml:1: workspcae: unknown key "workspcae"
  → did you mean "workspace"?
lethe.yaml:2: port: want a whole number, found text
  → write digits, such as 8, without quotes
lethe.yaml:3: tls: want true or false, found text
  → write true or false, without quotes
lethe.yaml:4: wait: want a duration, found text
  → write 10s, 5m or 1h30m
lethe.yaml:5: tags: want a list, found text
  → write [a, b], or lines that begin with -
lethe.yaml:7: sources.crm.connector: key "connector" is written twice
  → it is also at line 7: keep one
lethe.yaml:8: sources.erp: key "connector" is missing
  → add connector: …
lethe.yaml:9: sources.bad: want a map, found a number
  → write key: value lines below it
lethe.yaml:10: nested.x.y: want true or false, found a number
  → write true or false, without quotes
lethe.yaml:11: password: variable PW is not set
  → export PW=…, or write the value
lethe.yaml:12: bound: want a number, found a number
  → write digits, such as 8, without quotes
lethe.yaml:13: merge keys are refused
  → write the keys out where they are used
lethe.yaml:1: key "workspace" is missing
  → add workspace: …`
	if got := err.Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, f := range stream.Faults(err) {
		if !strings.HasPrefix(f.Code, "file.") {
			t.Errorf("code %q", f.Code)
		}
	}
}

func TestWhatIsNotOneDocumentIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"a: [1":                      "lethe.yaml:1: not YAML: did not find expected ',' or ']'",
		"workspace: a\n---\nb: 1":    "lethe.yaml:2: a second document begins",
		"workspace: &x a\ntags: *x":  "lethe.yaml:1: workspace: anchors and aliases are refused",
		"- a":                        "lethe.yaml:1: want a map, found a list",
		"workspace: 12":              "lethe.yaml:1: workspace: want text, found a number\n  → put it in quotes",
		"workspace: w\nport: 1.5":    "lethe.yaml:2: port: want a whole number, found another",
		"workspace: w\nunheard: 1.5": "lethe.yaml:2: unheard: unknown key \"unheard\"\n  → one of: bound nested password port sources tags tls wait workspace",
	} {
		_, _, err := decode(t, text, nil)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestL7AFaultShowsNoValueOfAFile(t *testing.T) {
	_, _, err := decode(t, "workspace: {hush: canary-71}\nport: canary-71\ntls: canary-71\nwait: canary-71\ntags: canary-71\npassword: [canary-71]\nbound: canary-71\nsources: canary-71\n", nil)
	if err == nil || strings.Contains(err.Error(), "canary-71") {
		t.Errorf("got %v", err)
	}
}

func TestL7ASecretThatLooksLikeAnAliasIsNotShown(t *testing.T) {
	_, _, err := decode(t, "workspace: w\npassword: *canary-71\n", nil)
	if err == nil || strings.Contains(err.Error(), "canary-71") {
		t.Errorf("got %v", err)
	}
}

func TestAnEmptyFileSaysOnlyWhatIsMissing(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n"} {
		_, _, err := decode(t, text, nil)
		if fs := stream.Faults(err); len(fs) != 1 || fs[0].Code != CodeMissing {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("workspace: shop\nsources: {a: {connector: x, b: [1, {c: 2.5}]}}\n"))
	f.Add([]byte("{\"workspace\": \"${X}\", \"port\": 9}"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var v folder
		doc, err := Decode("f.yaml", data, func(string) (string, bool) { return "", false }, &v)
		if doc == nil {
			t.Fatal("no doc")
		}
		for _, fault := range stream.Faults(err) {
			if fault.Code == "fault" || fault.Path == "" {
				t.Fatalf("not a fault with a place: %v", fault)
			}
		}
	})
}
