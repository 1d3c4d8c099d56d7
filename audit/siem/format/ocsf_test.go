package format

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lethe/audit/siem"
	"lethe/audit/siem/siemtest"
)

// schema is what OCSF asks for of the classes that are used here. An attribute is its
// type, with ! if it is required.
type schema struct {
	Version string              `json:"version"`
	Classes map[string]ocsfType `json:"classes"`
	Objects map[string]ocsfType `json:"objects"`
}

type ocsfType struct {
	Name       string            `json:"name"`
	Category   int64             `json:"category"`
	Activities []int64           `json:"activities"`
	Attributes map[string]string `json:"attributes"`
	AtLeastOne []string          `json:"at_least_one"`
}

func readSchema(t *testing.T) schema {
	t.Helper()
	b, err := os.ReadFile("testdata/ocsf-" + ocsfVersion + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// faults tells what of an object is not as the schema has it.
func (s schema) faults(of ocsfType, v map[string]any, at string) (out []string) {
	for name, x := range v {
		typ, ok := of.Attributes[name]
		if !ok {
			out = append(out, at+name+" is unknown")
			continue
		}
		typ = strings.TrimSuffix(typ, "!")
		good := typ == "any"
		switch x := x.(type) {
		case string:
			good = good || typ == "string"
		case float64:
			good = good || typ == "int" && x == float64(int64(x))
		case bool:
			good = good || typ == "bool"
		case map[string]any:
			o, known := s.Objects[typ]
			good = good || known
			if known {
				out = append(out, s.faults(o, x, at+name+".")...)
			}
		}
		if !good {
			out = append(out, fmt.Sprintf("%s%s is %T, want %s", at, name, x, typ))
		}
	}
	for name, typ := range of.Attributes {
		if _, ok := v[name]; !ok && strings.HasSuffix(typ, "!") {
			out = append(out, at+name+" is missing")
		}
	}
	if len(of.AtLeastOne) > 0 && !slices.ContainsFunc(of.AtLeastOne, func(n string) bool { _, ok := v[n]; return ok }) {
		out = append(out, fmt.Sprintf("%snone of %v", at, of.AtLeastOne))
	}
	return out
}

// event holds a whole event against its class.
func (s schema) event(line []byte) []string {
	var v map[string]any
	if err := json.Unmarshal(line, &v); err != nil {
		return []string{err.Error()}
	}
	class, _ := v["class_uid"].(float64)
	c, ok := s.Classes[fmt.Sprint(int64(class))]
	if !ok {
		return []string{fmt.Sprintf("class %v is unknown", v["class_uid"])}
	}
	out := s.faults(c, v, "")
	activity, _ := v["activity_id"].(float64)
	if !slices.Contains(c.Activities, int64(activity)) {
		out = append(out, fmt.Sprintf("activity %v of %s", activity, c.Name))
	}
	if v["type_uid"] != class*100+activity || v["category_uid"] != float64(c.Category) {
		out = append(out, fmt.Sprintf("type_uid %v, category_uid %v", v["type_uid"], v["category_uid"]))
	}
	if sev, _ := v["severity_id"].(float64); sev < 0 || sev > 6 {
		out = append(out, "severity_id is out of range")
	}
	if m, _ := v["metadata"].(map[string]any); m["version"] != s.Version {
		out = append(out, "metadata.version is another")
	}
	return out
}

func TestEveryOCSFEventIsValidUnderItsClass(t *testing.T) {
	s := readSchema(t)
	least := siem.View{Key: []byte("k")}
	for _, view := range []siem.View{siemtest.View(), least} {
		entries := siemtest.Entries()
		for i, e := range siemtest.Events(view) {
			if f := s.event(AppendOCSF(nil, e)); f != nil {
				t.Errorf("%s: %s", entries[i].Name, strings.Join(f, "; "))
			}
		}
	}
	m := siemtest.Maker(least, nil)
	for _, a := range siem.Actions() {
		if f := s.event(AppendOCSF(nil, m.Alert(a, siem.High, siemtest.Events(least)[0].Time, 1))); f != nil {
			t.Errorf("%s: %s", a, strings.Join(f, "; "))
		}
	}
}

func TestTheValidatorSeesWhatIsWrong(t *testing.T) {
	s := readSchema(t)
	good := string(AppendOCSF(nil, siemtest.Events(siemtest.View())[6]))
	if f := s.event([]byte(good)); f != nil {
		t.Fatal(f)
	}
	for from, to := range map[string]string{
		`"class_uid":6005`:        `"class_uid":6004`,
		`"activity_id":1`:         `"activity_id":11`,
		`"severity_id":2,`:        ``,
		`"app_name":"lethe"`:      ``,
		`"table":{`:               `"tables":{`,
		`"message":"`:             `"massage":"`,
		`"time":`:                 `"time":"a","x":`,
		`"svc_name":"lethe"`:      `"svc_name":5`,
		`"version":"` + s.Version: `"version":"0.1.0`,
	} {
		bad := strings.Replace(good, from, to, 1)
		if bad == good {
			t.Errorf("%s is not there", from)
		}
		if s.event([]byte(bad)) == nil {
			t.Errorf("%s for %s is not seen", to, from)
		}
	}
}

// The facts in testdata are held against the schema's own files where they are
// there.
func TestTheFactsOfOCSFAreThoseOfItsSchema(t *testing.T) {
	s := readSchema(t)
	for uid, c := range s.Classes {
		b, err := os.ReadFile(filepath.Join("../../../../shared/data/spec", "ocsf-"+c.Name+".json"))
		if errors.Is(err, fs.ErrNotExist) {
			t.Skip("the schema's own files are not there")
		}
		if err != nil {
			t.Fatal(err)
		}
		var own struct {
			Attributes map[string]json.RawMessage `json:"attributes"`
		}
		if err := json.Unmarshal(b, &own); err != nil {
			t.Fatal(err)
		}
		for name, raw := range own.Attributes {
			var a struct {
				Requirement string                     `json:"requirement"`
				Enum        map[string]json.RawMessage `json:"enum"`
			}
			if name == "$include" || json.Unmarshal(raw, &a) != nil {
				continue
			}
			if a.Requirement == "required" && !strings.HasSuffix(c.Attributes[name], "!") {
				t.Errorf("%s %s: %s is required", uid, c.Name, name)
			}
			for n := range a.Enum {
				if name == "activity_id" && !slices.Contains(c.Activities, atoi(t, n)) {
					t.Errorf("%s %s has activity %s", uid, c.Name, n)
				}
			}
		}
	}
}

func atoi(t *testing.T, s string) (n int64) {
	t.Helper()
	if err := json.Unmarshal([]byte(s), &n); err != nil {
		t.Fatal(err)
	}
	return n
}
