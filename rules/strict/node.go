package strict

import (
	"reflect"
	"strconv"

	"go.yaml.in/yaml/v3"

	"lethe/stream"
)

// Decoder is a type that reads itself, such as one that may be written as text
// or as a map. It tells faults through the node.
type Decoder interface{ DecodeNode(Node) }

// Kind is what a file holds at a place.
type Kind string

// The kinds.
const (
	Text  Kind = "text"
	Num   Kind = "a number"
	Flag  Kind = "true or false"
	Null  Kind = "nothing"
	List  Kind = "a list"
	Table Kind = "a map"
)

// Node is one place in a file.
type Node struct {
	d    *decoder
	n    *yaml.Node
	path string
}

// Kind says what is written here.
func (n Node) Kind() Kind {
	switch n.n.Kind {
	case yaml.MappingNode:
		return Table
	case yaml.SequenceNode:
		return List
	}
	switch n.n.Tag {
	case "!!null":
		return Null
	case "!!bool":
		return Flag
	case "!!int", "!!float":
		return Num
	}
	return Text
}

// Text is the scalar as it is written, variables expanded; "" for others.
func (n Node) Text() string {
	if n.n.Kind != yaml.ScalarNode {
		return ""
	}
	s, _ := n.d.expand(n)
	return s
}

// Path is the place inside the file.
func (n Node) Path() string { return n.path }

// Line is the line in the file.
func (n Node) Line() int { return n.n.Line }

// Fault tells a fault at this place.
func (n Node) Fault(code, msg, hint string) {
	where := n.d.doc.Name + ":" + strconv.Itoa(n.n.Line)
	if n.path != "" {
		where += ": " + n.path
	}
	n.d.doc.add(&stream.Fault{Code: code, Path: where, Msg: msg, Hint: hint})
}

// Into decodes what is here into out, a pointer; false if it told a fault.
func (n Node) Into(out any) bool {
	before := len(n.d.doc.found)
	n.d.value(n, reflect.ValueOf(out).Elem())
	return len(n.d.doc.found) == before
}

// Each calls f with every key of a map in order, and its value. Duplicate keys
// are faults and not given.
func (n Node) Each(f func(key string, value Node)) {
	if n.n.Kind == yaml.MappingNode {
		n.d.each(n, f)
	}
}

// Map is a map that keeps the order and the lines of its keys.
type Map[T any] struct{ Entries []Entry[T] }

// Entry is a key of a [Map] and what it stands for.
type Entry[T any] struct {
	Key   string
	Value T
	Line  int
}

// Get returns the value of key.
func (m Map[T]) Get(key string) (T, bool) {
	for _, e := range m.Entries {
		if e.Key == key {
			return e.Value, true
		}
	}
	var zero T
	return zero, false
}

// Keys lists the keys in the file's order.
func (m Map[T]) Keys() []string {
	keys := make([]string, len(m.Entries))
	for i, e := range m.Entries {
		keys[i] = e.Key
	}
	return keys
}

// DecodeNode implements [Decoder].
func (m *Map[T]) DecodeNode(n Node) {
	if !n.d.want(n, Table) {
		return
	}
	n.Each(func(key string, v Node) {
		e := Entry[T]{Key: key, Line: v.n.Line}
		v.Into(&e.Value)
		m.Entries = append(m.Entries, e)
	})
}

// Number is a number exactly as it is written, valid in JSON.
type Number string
