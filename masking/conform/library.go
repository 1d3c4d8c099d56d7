package conform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"lethe/stream/scan"
)

// Refusal is why a value does not conform.
type Refusal struct {
	Keyword string // "" where no keyword is to blame
	Path    string // as [Checker.AppendPath] writes it
}

// Ask lets the library decide about one JSON value; nil if it conforms. It
// decodes the value and takes about a thousand times as long as a Checker. Of
// several failures it tells the one whose path and keyword come first.
func (r *Rule) Ask(value []byte) *Refusal {
	dec := json.NewDecoder(bytes.NewReader(value))
	dec.UseNumber() // big numbers stay exact
	var v any
	if err := dec.Decode(&v); err != nil {
		return &Refusal{}
	}
	if s, ok := v.(string); ok && r.decimal && IsNumber([]byte(s)) {
		v = json.Number(s)
	}
	if expensive(v) {
		return &Refusal{Keyword: "number"}
	}
	err := r.library.Validate(v)
	if err == nil {
		return nil
	}
	var ve *jsonschema.ValidationError
	if !errors.As(err, &ve) {
		return &Refusal{} // L1: a value that cannot be checked is refused
	}
	all := r.leaves(nil, ve, v)
	slices.SortFunc(all, func(x, y Refusal) int {
		return strings.Compare(x.Path+"\x00"+x.Keyword, y.Path+"\x00"+y.Keyword)
	})
	return &all[0]
}

// leaves lists the failures that have no cause of their own. L7: keyword and
// place only; the library's messages hold values.
func (r *Rule) leaves(all []Refusal, ve *jsonschema.ValidationError, v any) []Refusal {
	if len(ve.Causes) == 0 {
		return append(all, Refusal{keywordOf(ve.KeywordLocation), r.place(ve.InstanceLocation, v)})
	}
	for _, cause := range ve.Causes {
		all = r.leaves(all, cause, v)
	}
	return all
}

// assertions are the keywords that fail by themselves.
var assertions = []string{"type", "const", "enum", "format", "minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum",
	"exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "additionalItems", "minContains", "maxContains", "minProperties",
	"maxProperties", "required", "additionalProperties", "dependentRequired", "dependencies", "not", "anyOf", "oneOf", "contentEncoding", "contentMediaType"}

// keywordOf finds the keyword that failed in a location in a schema. Behind a
// dependency stand a name and a number; what is no assertion is where the schema
// false stands.
func keywordOf(location string) string {
	steps := strings.Split(location, "/")
	last := steps[len(steps)-1]
	if slices.Contains(assertions, last) {
		return last
	}
	_, number := strconv.Atoi(last)
	if n := len(steps) - 3; n > 0 && number == nil && (steps[n] == "dependentRequired" || steps[n] == "dependencies") {
		return steps[n]
	}
	return "false"
}

// place turns a JSON pointer into a path.
func (r *Rule) place(pointer string, v any) string {
	var path strings.Builder
	for _, token := range strings.Split(pointer, "/")[1:] {
		if list, ok := v.([]any); ok {
			path.WriteString("[]")
			v = nil
			var i int
			if _, err := fmt.Sscan(token, &i); err == nil && i >= 0 && i < len(list) {
				v = list[i]
			}
			continue
		}
		name, err := url.PathUnescape(token)
		if err != nil {
			return path.String()
		}
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
		if r.listed[name] {
			path.WriteString("." + EscapeName(name))
		} else {
			path.WriteString(unlisted)
		}
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return path.String()
}

// IsNumber reports whether s is written as JSON writes numbers.
func IsNumber(s []byte) bool {
	end, _ := scan.Number(s, 0)
	return end > 0 && end == len(s)
}

// Cheap reports whether a number's exact value is small enough to compute: the
// library works with exact fractions, and 1e999999999 has a billion digits.
func Cheap(s string) bool {
	_, exp, ok := strings.Cut(strings.ToLower(s), "e")
	return len(s) <= 20000 && (!ok || len(strings.TrimLeft(exp, "+-0")) <= 4)
}

func expensive(v any) bool {
	switch x := v.(type) {
	case json.Number:
		return !Cheap(string(x))
	case []any:
		return slices.ContainsFunc(x, expensive)
	case map[string]any:
		for _, e := range x {
			if expensive(e) {
				return true
			}
		}
	}
	return false
}
