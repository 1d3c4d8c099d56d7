package rules

import (
	"slices"
	"strings"

	"lethe/masking"
	"lethe/rules/schema"
	"lethe/rules/strict"
	"lethe/stream"
)

// Sketch is a contract for a stream that has none: its columns are those that the
// policy names by elements:, mask.fields: or subjects:, without wildcards. Nothing
// is known of their types, so a plan that is compiled from it is to be given to
// [Untyped]. Faults of the policy are told by [Compile].
func Sketch(file File, name string) File {
	var p policy
	_, _ = strict.Decode(file.Name, file.Data, nil, &p)
	columns := map[string]stream.Base{}
	add := func(path string) {
		column, inside, _ := masking.Column(path) // Compile tells the error
		if base := columns[column]; strings.Contains(column, "*") || column == "" || base == stream.JSON {
			return
		}
		columns[column] = stream.String
		if inside {
			columns[column] = stream.JSON
		}
	}
	for _, key := range slices.Concat(p.Elements.Keys(), p.Mask.Fields.Keys()) {
		if path, ok := strings.CutPrefix(key, name+"/"); ok {
			add(path)
		}
	}
	if s, ok := p.Subjects.Get(name); ok {
		add(s.Key)
		if s.Also != "" {
			add(s.Also)
		}
	}
	s := stream.Schema{Stream: name}
	for _, column := range sortedKeys(columns) {
		s.Fields = append(s.Fields, stream.Field{Name: column, Type: stream.Type{Base: columns[column]}, Nullable: true})
	}
	return File{Name: file.Name, Data: schema.Write(schema.New(s))}
}

// Named lists the streams that a policy names by elements:, mask.fields: or
// subjects:, without wildcards.
func Named(file File) (names []string) {
	var p policy
	_, _ = strict.Decode(file.Name, file.Data, nil, &p) // its faults are told by Compile
	for _, key := range slices.Concat(p.Elements.Keys(), p.Mask.Fields.Keys(), p.Subjects.Keys()) {
		if name, _, _ := strings.Cut(key, "/"); name != "" && !strings.Contains(name, "*") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func sortedKeys(m map[string]stream.Base) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Untyped is a plan whose values may be of any type: operators refuse what they
// cannot mask, and keep shows scalars only (L1).
func Untyped(p masking.Plan) masking.Plan {
	p.Schema, p.Fields = nil, slices.Clone(p.Fields)
	for i := range p.Fields {
		p.Fields[i].Type, p.Fields[i].Nullable, p.Fields[i].Required = stream.Type{}, true, false
	}
	return p
}
