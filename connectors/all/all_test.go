package all

import (
	"slices"
	"testing"
	"time"

	"lethe/connectors"
)

func TestConnectorsAreSortedAndCanDoSomething(t *testing.T) {
	var names []string
	for _, c := range Connectors() {
		names = append(names, c.Name)
		if c.OpenSource == nil && c.OpenSink == nil {
			t.Errorf("%s is neither a source nor a sink", c.Name)
		}
		if c.Help == "" {
			t.Errorf("%s has no help", c.Name)
		}
		if (c.OpenSource == nil) != (c.Source == nil) || (c.OpenSink == nil) != (c.Sink == nil) {
			t.Errorf("%s: options and ways to open do not go together", c.Name)
		}
	}
	if !slices.IsSorted(names) {
		t.Errorf("not sorted: %v", names)
	}
}

func TestOptionsHaveHelpAndDefaultsOfTheirType(t *testing.T) {
	for _, c := range Connectors() {
		for _, o := range append(slices.Clone(c.Source), c.Sink...) {
			if o.Help == "" {
				t.Errorf("%s: option %s has no help", c.Name, o.Name)
			}
			if o.Default != nil && !fits(o) {
				t.Errorf("%s: option %s: default is a %T", c.Name, o.Name, o.Default)
			}
			if o.Required && o.Default != nil {
				t.Errorf("%s: option %s is required and has a default", c.Name, o.Name)
			}
		}
	}
}

func fits(o connectors.Option) bool {
	var ok bool
	switch o.Type {
	case connectors.Text, connectors.Path:
		_, ok = o.Default.(string)
	case connectors.Number, connectors.Size:
		_, ok = o.Default.(int64)
	case connectors.Flag:
		_, ok = o.Default.(bool)
	case connectors.Duration:
		_, ok = o.Default.(time.Duration)
	case connectors.List:
		_, ok = o.Default.([]string)
	case connectors.Map:
		_, ok = o.Default.(map[string]string)
	}
	return ok // a secret has no default
}
