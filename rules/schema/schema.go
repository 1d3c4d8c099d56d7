// Package schema reads and writes the contract of a stream: an Open Data Contract
// (ODCS v3.1) file that discover writes and people keep in git.
//
// A contract holds one stream. What ODCS has no word for stands in its custom
// properties: letheClass at the stream, letheType, letheElement and letheEvidence
// at a column, and letheSchema for a whole JSON Schema of its values. Keys of the standard that Lethe does not read are kept; keys that
// the standard does not know are faults.
//
// It knows no policy: what an element means and what is done about it is decided
// in package rules.
//
// Promises:
//
//	L1 closed  what a contract says about values reaches the plan, or is listed as
//	           unchecked
package schema

import (
	"encoding/json"
	"slices"

	"lethe/masking"
	"lethe/rules/strict"
	"lethe/stream"
)

// Contract is the contract of one stream.
type Contract struct {
	Stream  string       // <source>.<schema>.<table>
	Class   stream.Class // of the raw stream; "" for the highest of its columns
	Key     []string     // primary key columns in order
	Columns []Column

	// Unchecked lists what the file asks for that no pass over single rows can
	// check: duplicates, row counts, SQL, engines.
	Unchecked []string

	// Doc is where things stand in the file; nil for a contract that was made.
	Doc *strict.Doc

	rest, restObject strict.Map[any]
	head             head
}

// Column is a column, or a member inside a json column.
type Column struct {
	stream.Field
	Path     string       // as masking plans write it: email, orders[].ship_to
	Element  string       // what it is about; "" if nobody said
	Class    stream.Class // classification; "" if nobody said
	Evidence []Evidence   // what discover found
	Inside   []Column     // members of a json column that the contract lists
	Where    string       // place in the file

	logical string // the standard's type as people wrote it
	options options
	// document is a JSON Schema of the column's values, null among them; nil for none.
	document json.RawMessage
	quality  []quality
	items    *Column // of an array
	rest     strict.Map[any]
	custom   []custom
}

// Evidence is a reason to believe that a column is about an element.
type Evidence struct {
	Element string
	Why     string // column name "e_mail", detector email 97 %
}

// String is "contact.email: column name".
func (e Evidence) String() string { return e.Element + ": " + e.Why }

// Rows is the shape of the stream's rows.
func (c *Contract) Rows() stream.Schema {
	s := stream.Schema{Stream: c.Stream, Key: slices.Clone(c.Key)}
	for _, col := range c.Columns {
		s.Fields = append(s.Fields, col.Field)
	}
	return s
}

// All lists the columns and what is inside of them, each before its members.
func (c *Contract) All() []Column {
	var all []Column
	var walk func([]Column)
	walk = func(cols []Column) {
		for _, col := range cols {
			all = append(all, col)
			walk(col.Inside)
		}
	}
	walk(c.Columns)
	return all
}

// New makes the contract of a stream that discover found.
func New(s stream.Schema) Contract {
	c := Contract{Stream: s.Stream, Key: slices.Clone(s.Key)}
	for _, f := range s.Fields {
		c.Columns = append(c.Columns, Column{Field: f, Path: masking.EscapeName(f.Name)})
	}
	return c
}

// Merge is c with the columns that s has now: columns that stayed keep what
// people and discover wrote about them, new ones have no element, and the class
// of the stream stays, since only a revision changes a class.
func (c Contract) Merge(s stream.Schema) Contract {
	out := c
	out.Key, out.Columns = slices.Clone(s.Key), nil
	for _, f := range s.Fields {
		col := Column{Path: masking.EscapeName(f.Name)}
		if i := slices.IndexFunc(c.Columns, func(o Column) bool { return o.Name == f.Name }); i >= 0 {
			col = c.Columns[i]
		}
		col.Field = f
		out.Columns = append(out.Columns, col)
	}
	return out
}
