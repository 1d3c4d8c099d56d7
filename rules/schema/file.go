package schema

import (
	"encoding/json"

	"lethe/rules/strict"
)

// The structs of this file are the standard's words, read strictly. A Map with
// ",rest" takes the words that Lethe keeps and does not read; known lists them.

type head struct {
	ID      string
	Name    string
	Version string
	Status  string
}

type file struct {
	Kind       string          `yaml:"kind,required"`
	APIVersion string          `yaml:"apiVersion,required"`
	ID         string          `yaml:"id,required"`
	Name       string          `yaml:"name"`
	Version    string          `yaml:"version,required"`
	Status     string          `yaml:"status,required"`
	Schema     []object        `yaml:"schema,required"`
	Rest       strict.Map[any] `yaml:",rest"`
}

type object struct {
	Name         string          `yaml:"name,required"`
	LogicalType  string          `yaml:"logicalType"`
	PhysicalType string          `yaml:"physicalType"`
	Properties   []property      `yaml:"properties"`
	Quality      []quality       `yaml:"quality"`
	Custom       []custom        `yaml:"customProperties"`
	Rest         strict.Map[any] `yaml:",rest"`
}

type property struct {
	Name               string          `yaml:"name"`
	LogicalType        string          `yaml:"logicalType"`
	PhysicalType       string          `yaml:"physicalType"`
	Required           bool            `yaml:"required"`
	PrimaryKey         bool            `yaml:"primaryKey"`
	PrimaryKeyPosition int             `yaml:"primaryKeyPosition"`
	Classification     string          `yaml:"classification"`
	Options            options         `yaml:"logicalTypeOptions"`
	Properties         []property      `yaml:"properties"`
	Items              *property       `yaml:"items"`
	Quality            []quality       `yaml:"quality"`
	Custom             []custom        `yaml:"customProperties"`
	Rest               strict.Map[any] `yaml:",rest"`
}

type options struct {
	MinLength        *int          `yaml:"minLength"`
	MaxLength        *int          `yaml:"maxLength"`
	Pattern          string        `yaml:"pattern"`
	Format           string        `yaml:"format"`
	Minimum          literal       `yaml:"minimum"`
	Maximum          literal       `yaml:"maximum"`
	ExclusiveMinimum literal       `yaml:"exclusiveMinimum"`
	ExclusiveMaximum literal       `yaml:"exclusiveMaximum"`
	MultipleOf       strict.Number `yaml:"multipleOf"`
	Timezone         *bool         `yaml:"timezone"`
	DefaultTimezone  string        `yaml:"defaultTimezone"`
	MinItems         *int          `yaml:"minItems"`
	MaxItems         *int          `yaml:"maxItems"`
	UniqueItems      bool          `yaml:"uniqueItems"`
	MinProperties    *int          `yaml:"minProperties"`
	MaxProperties    *int          `yaml:"maxProperties"`
	Required         []string      `yaml:"required"`
}

type custom struct {
	ID       string `yaml:"id"`
	Property string `yaml:"property,required"`
	Value    any    `yaml:"value"`
}

type quality struct {
	Type      string          `yaml:"type"`
	Metric    string          `yaml:"metric"`
	MustBe    literal         `yaml:"mustBe"`
	Arguments arguments       `yaml:"arguments"`
	Rest      strict.Map[any] `yaml:",rest"`
}

type arguments struct {
	ValidValues []literal       `yaml:"validValues"`
	Pattern     string          `yaml:"pattern"`
	Rest        strict.Map[any] `yaml:",rest"`
}

// literal is a scalar as JSON writes it, numbers exactly; "" if absent.
type literal string

// DecodeNode implements [strict.Decoder].
func (l *literal) DecodeNode(n strict.Node) {
	switch n.Kind() {
	case strict.Text:
		*l = quoted(n.Text())
	case strict.Num:
		var x strict.Number
		n.Into(&x)
		*l = literal(x)
	case strict.Flag, strict.Null:
		var x any
		n.Into(&x)
		b, _ := json.Marshal(x)
		*l = literal(b)
	default:
		n.Fault(strict.CodeType, "want text or a number, found "+string(n.Kind()), "write one value, such as 100 or \"100\"")
	}
}

func quoted(s string) literal {
	b, _ := json.Marshal(s)
	return literal(b)
}

// text is the string that l is, if it is one.
func (l literal) text() (string, bool) {
	var s string
	err := json.Unmarshal([]byte(l), &s)
	return s, err == nil && l != "null"
}

var (
	knownFile = []string{"tenant", "tags", "servers", "dataProduct", "description", "domain", "support", "price",
		"team", "roles", "slaDefaultElement", "slaProperties", "authoritativeDefinitions", "customProperties", "contractCreatedTs"}
	knownElement = []string{"id", "description", "businessName", "authoritativeDefinitions", "tags"}
	knownObject  = append([]string{"physicalName", "dataGranularityDescription", "relationships"}, knownElement...)
	knownColumn  = append([]string{"physicalName", "unique", "partitioned", "partitionKeyPosition", "encryptedName",
		"transformSourceObjects", "transformLogic", "transformDescription", "examples", "criticalDataElement", "relationships"}, knownElement...)
	knownQuality = []string{"id", "authoritativeDefinitions", "businessImpact", "customProperties", "dimension", "method",
		"name", "description", "schedule", "scheduler", "severity", "tags", "unit", "rule", "query", "engine", "implementation", "mustNotBe",
		"mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan", "mustBeLessOrEqualTo", "mustBeBetween", "mustNotBeBetween"}
)
