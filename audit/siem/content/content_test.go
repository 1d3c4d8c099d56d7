package content

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"lethe/audit/siem"
	"lethe/audit/siem/format"
	"lethe/audit/siem/siemtest"
)

// sigma is a rule, with the keys that the Sigma specification (2.1) has.
type sigma struct {
	Title       string   `yaml:"title"`
	Name        string   `yaml:"name"`
	ID          string   `yaml:"id"`
	Status      string   `yaml:"status"`
	Description string   `yaml:"description"`
	References  []string `yaml:"references"`
	Author      string   `yaml:"author"`
	Date        string   `yaml:"date"`
	Tags        []string `yaml:"tags"`
	LogSource   struct {
		Product string `yaml:"product"`
		Service string `yaml:"service"`
	} `yaml:"logsource"`
	Detection struct {
		Selection map[string]any `yaml:"selection"`
		Condition string         `yaml:"condition"`
	} `yaml:"detection"`
	Correlation *struct {
		Type      string         `yaml:"type"`
		Rules     []string       `yaml:"rules"`
		GroupBy   []string       `yaml:"group-by"`
		Timespan  string         `yaml:"timespan"`
		Condition map[string]int `yaml:"condition"`
	} `yaml:"correlation"`
	Fields         []string `yaml:"fields"`
	FalsePositives []string `yaml:"falsepositives"`
	Level          string   `yaml:"level"`
}

func rules(t *testing.T) []sigma {
	t.Helper()
	text, err := Rules()
	if err != nil {
		t.Fatal(err)
	}
	var out []sigma
	for _, doc := range strings.Split(text, "---\n") {
		dec := yaml.NewDecoder(strings.NewReader(doc))
		dec.KnownFields(true)
		var r sigma
		if err := dec.Decode(&r); err != nil {
			t.Fatalf("%v in\n%s", err, doc)
		}
		out = append(out, r)
	}
	return out
}

var (
	uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	tagForm  = regexp.MustCompile(`^attack\.(t\d{4}(\.\d{3})?|[a-z-]+)$`)
)

func TestEveryRuleIsOneOfSigma(t *testing.T) {
	ids, names := map[string]bool{}, map[string]bool{}
	all := rules(t)
	for _, r := range all {
		names[r.Name] = true
	}
	for _, r := range all {
		if len(r.Title) == 0 || len(r.Title) > 256 || !uuidForm.MatchString(r.ID) || ids[r.ID] || r.Description == "" || len(r.FalsePositives) == 0 {
			t.Errorf("%s lacks a title, an id of its own, a description or what else may cause it", r.Name)
		}
		ids[r.ID] = true
		if _, err := time.Parse(time.DateOnly, r.Date); err != nil || !slices.Contains([]string{"stable", "test", "experimental"}, r.Status) ||
			!slices.Contains([]string{"informational", "low", "medium", "high", "critical"}, r.Level) {
			t.Errorf("%s: date %s, status %s, level %s", r.Name, r.Date, r.Status, r.Level)
		}
		for _, tag := range r.Tags {
			if !tagForm.MatchString(tag) {
				t.Errorf("%s: tag %s", r.Name, tag)
			}
		}
		if c := r.Correlation; c != nil {
			if c.Type != "event_count" || len(c.Rules) == 0 || !names[c.Rules[0]] || c.Timespan == "" || c.Condition["gte"] == 0 {
				t.Errorf("%s: correlation %+v", r.Name, *c)
			}
			continue
		}
		if r.LogSource.Product != "lethe" || r.LogSource.Service != "audit" || len(r.Detection.Selection) == 0 || r.Detection.Condition != "selection" {
			t.Errorf("%s selects nothing of Lethe", r.Name)
		}
	}
}

// events are an event of every kind in ECS, by name; of alerts by action.
func events(t *testing.T) map[string]map[string]any {
	t.Helper()
	out := map[string]map[string]any{}
	add := func(name string, e *siem.Event) {
		var v map[string]any
		if err := json.Unmarshal(format.AppendECS(nil, e), &v); err != nil {
			t.Fatal(err)
		}
		out[name] = v
	}
	entries, all := siemtest.Entries(), siemtest.Events(siemtest.View())
	for i, e := range all {
		add(entries[i].Name, e)
	}
	m := siemtest.Maker(siemtest.View(), nil)
	for _, a := range []siem.Action{siem.LogDamaged, siem.CheckpointStale} {
		add(string(a), m.Alert(a, siem.High, time.Unix(1, 0), 1))
	}
	return out
}

// at is a field of an event by its path.
func at(event map[string]any, path string) any {
	var v any = event
	for name := range strings.SplitSeq(path, ".") {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

func selects(t *testing.T, r sigma, event map[string]any) bool {
	t.Helper()
	for key, want := range r.Detection.Selection {
		path, modifier, _ := strings.Cut(key, "|")
		got := at(event, path)
		ok := false
		switch w := want.(type) {
		case []any:
			ok = slices.Contains(w, got)
		case int:
			n, is := got.(float64)
			ok = is && modifier == "gte" && n >= float64(w)
		default:
			ok = got == w
		}
		if !ok {
			return false
		}
	}
	return true
}

func TestEachRuleFindsWhatItIsForAndNothingElse(t *testing.T) {
	want := map[string]string{
		"lethe_reveal": "mass reveal intent, reveal intent", "lethe_mass_reveal": "mass reveal intent", "lethe_policy_weakened": "policy weakened", "lethe_log_gap": "log.damaged, refused",
		"lethe_control_forged": "forged", "lethe_new_column": "column unlisted", "lethe_stream_closed": "stream close", "lethe_checkpoint_stale": "checkpoint.stale", "lethe_worker_enrolled": "enrol, enrol revoked", "lethe_worker_revoked": "revoke, revoke retired",
	}
	all := events(t)
	for _, r := range rules(t) {
		if r.Correlation != nil {
			continue
		}
		var found []string
		for name, e := range all {
			if !selects(t, r, e) {
				continue
			}
			found = append(found, name)
			for _, f := range r.Fields {
				if at(e, f) == nil && !strings.HasPrefix(f, "lethe.tlog.index") {
					t.Errorf("%s: %s has no %s", r.Name, name, f)
				}
			}
		}
		if slices.Sort(found); strings.Join(found, ", ") != want[r.Name] {
			t.Errorf("%s finds %v, want %s", r.Name, found, want[r.Name])
		}
	}
}

func TestThePipelineNamesFieldsThatOCSFEventsHave(t *testing.T) {
	text, err := Pipeline()
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		Transformations []struct {
			Type    string         `yaml:"type"`
			Mapping map[string]any `yaml:"mapping"`
		} `yaml:"transformations"`
	}
	if err := yaml.Unmarshal([]byte(text), &p); err != nil || len(p.Transformations) != 1 {
		t.Fatal(p, err)
	}
	mapping := p.Transformations[0].Mapping
	have := map[string]bool{}
	for _, e := range siemtest.Events(siemtest.View()) {
		var v map[string]any
		if err := json.Unmarshal(format.AppendOCSF(nil, e), &v); err != nil {
			t.Fatal(err)
		}
		for _, to := range mapping {
			if at(v, fmt.Sprint(to)) != nil {
				have[fmt.Sprint(to)] = true
			}
		}
	}
	for from, to := range mapping {
		if !have[fmt.Sprint(to)] {
			t.Errorf("no event has %v for %s", to, from)
		}
	}
	for _, r := range rules(t) {
		for key := range r.Detection.Selection {
			if path, _, _ := strings.Cut(key, "|"); mapping[path] == nil {
				t.Errorf("%s: %s has no name in OCSF", r.Name, path)
			}
		}
		for _, f := range r.Fields {
			if mapping[f] == nil {
				t.Errorf("%s: %s has no name in OCSF", r.Name, f)
			}
		}
	}
}

func TestDashboardsReferToWhatIsThere(t *testing.T) {
	text, err := Dashboards()
	if err != nil {
		t.Fatal(err)
	}
	type object struct {
		Type, ID   string
		Attributes map[string]any
		References []struct{ Name, Type, ID string }
	}
	there := map[string]bool{}
	var all []object
	for line := range strings.Lines(text) {
		var o object
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatal(err)
		}
		there[o.Type+" "+o.ID] = true
		all = append(all, o)
	}
	var known []string
	for _, e := range events(t) {
		known = append(known, paths("", e)...)
	}
	field := regexp.MustCompile(`\\?"field\\?":\\?"([a-z_.@]+)`)
	for _, o := range all {
		for _, r := range o.References {
			if !there[r.Type+" "+r.ID] {
				t.Errorf("%s refers to %s %s", o.ID, r.Type, r.ID)
			}
		}
		vis, _ := o.Attributes["visState"].(string)
		for _, m := range field.FindAllStringSubmatch(vis, -1) {
			if !slices.Contains(known, m[1]) {
				t.Errorf("%s: no event has %s", o.ID, m[1])
			}
		}
	}
}

func paths(prefix string, v map[string]any) (out []string) {
	for name, x := range v {
		if m, ok := x.(map[string]any); ok {
			out = append(out, paths(prefix+name+".", m)...)
		} else {
			out = append(out, prefix+name)
		}
	}
	return out
}
