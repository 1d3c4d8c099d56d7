// Package rules turns policy files into one explained decision per field.
//
// Its words are OPA's: policy, rule, decision, pack, revision. Files come in as
// bytes; it does no I/O, reads no clock and draws no random number. It does not
// know connectors, topics' contents, or how an operator works; it knows what
// operators guarantee ([masking.Traits]).
//
// The most specific rule decides about a field: the exact field, its element, the
// element's family (longest first), its class, a field with a wildcard, the
// default, which is redact also where it is not written. What is decided must be
// allowed by every pack, and by the sink: see README.md.
//
// Promises:
//
//	L1 closed      there is no default of allow: what nobody said anything about
//	               is redacted, what cannot be decided is a fault
//	L6 same again  the same files give the same program and revision, on any
//	               machine
package rules

import (
	"lethe/masking"
	"lethe/rules/packs"
	"lethe/stream"
)

// File is a file of the folder.
type File struct {
	Name string
	Data []byte
}

// Env is everything that a connection's program is compiled from.
type Env struct {
	Policy    File
	Contracts []File // of any source; those of others are left out
	Elements  []File // what the folder adds to the element table
	// Tables are the hierarchy files that the policy names, by their paths in it:
	// see the function Tables. One that is not there is a fault.
	Tables map[string]File

	Workspace, Connection string
	// Source is the source's name; without one, files are checked and no stream is
	// decided.
	Source string
	// Only is the one stream that contracts are given for; what the policy says of
	// others is read, and nothing asked of it. "" for all streams of the source.
	Only string

	Purpose string
	// Sink is the sink's name; without one, no flow is checked.
	Sink      string
	Region    string   // of the sink
	Clearance []string // labels that the sink may hold
	// Feeds are where else personal data of the connection's persons goes, such as what
	// stands for them in audit events.
	Feeds []Feed

	Epoch string // of the masking keys; "" for the first
	// Generations are those of the masked topics, by stream; the first for one that
	// is not named.
	Generations map[string]int

	// SourceAt, SinkAt and ConnectionAt are where faults about them are told, such
	// as "lethe.yaml:9: sinks.lake"; "" for their names.
	SourceAt, SinkAt, ConnectionAt string
}

// Feed is a place that gets personal data beside the sink.
type Feed struct {
	At     string // for faults, such as "lethe.yaml:9: siem.soc"
	Region string
}

// Program is a compiled policy: what becomes of every field of every stream of
// a connection.
type Program struct {
	// Revision is the SHA-256 in hex of Kept: everything that decides about a byte,
	// in canonical form. Comments and the order of rules do not change it.
	Revision string
	// Kept is what workers need of the program, now and under any later build:
	// [Restore] reads it.
	Kept    []byte
	Streams []Stream // by name
	Packs   []packs.Pack
	// Unchecked lists places of contracts that ask for what no pass over single
	// rows can check.
	Unchecked []string
	// Idle lists places of the policy that decide nothing about this connection: a
	// wildcard that fits no field, a declaration or a transfer that nothing needs.
	Idle []string

	table *Elements
}

// Stream is what becomes of one stream.
type Stream struct {
	Name  string
	Class stream.Class // of the raw stream: the highest of its columns
	Label stream.Label // of the masked stream
	Topic string       // masked topic
	Plan  masking.Plan
	// Rows is the shape after masking: types as the operators give them, dropped
	// columns gone.
	Rows      stream.Schema
	Decisions []Decision // columns in the contract's order, then what lies inside; none in a [Revision]
}

// Decision is what becomes of one field, and why.
type Decision struct {
	Stream   string
	Path     string
	Element  string // "" if nobody said what the field is about
	Class    stream.Class
	Operator string
	Params   masking.Params
	Apart    bool // the row's subject is mixed in
	Erasable bool // under the key of the row's subject
	// Because says, a sentence each: which rule decided and where it stands, what
	// the field is about and who said so, which section of each pack allows it,
	// what was declared, what else spoke about the field.
	Because []string
	Where   string // place of the rule that decided
	Label   string // clear, pseudonymised or removed: what it means for the stream's label
	// Unlisted says that only the policy names the path, the contract does not: it
	// applies to rows that have it, and nobody knows whether there are any.
	Unlisted bool
}

// Stream returns what becomes of a stream.
func (p *Program) Stream(name string) (*Stream, bool) {
	for i := range p.Streams {
		if p.Streams[i].Name == name {
			return &p.Streams[i], true
		}
	}
	return nil, false
}

// Decision returns what was decided about a field.
func (s *Stream) Decision(path string) (Decision, bool) {
	for _, d := range s.Decisions {
		if d.Path == path {
			return d, true
		}
	}
	return Decision{}, false
}

// Codes of the faults that this package tells beside those of strict and schema.
// They never change.
const (
	CodeAmbiguous     = "rules.ambiguous"        // two rules of one height disagree
	CodeClass         = "rules.class"            // unknown, or lower than what it covers
	CodeClearance     = "rules.clearance"        // the sink may not hold the label
	CodeConflict      = "rules.element_conflict" // contract and policy disagree
	CodeContract      = "rules.no_contract"      // nothing is known of a stream
	CodeDeclared      = "rules.undeclared"       // a revealing rule without a declaration
	CodeDomain        = "rules.domain"           // too few values for a deterministic operator
	CodeElement       = "rules.unknown_element"
	CodeEmpty         = "rules.packs_disagree" // no operator satisfies all packs
	CodeField         = "rules.unknown_field"
	CodeKey           = "rules.key_operator"   // keys would collide or change
	CodeLength        = "rules.shows_too_much" // no value would be long enough to hide half of it
	CodeLabel         = "rules.unknown_label"
	CodeNotInBuild    = "rules.not_in_this_build" // a section of the policy
	CodeOperator      = "rules.unknown_operator"
	CodePack          = "rules.unknown_pack"
	CodePacks         = "rules.no_packs" // packs: is not written
	CodeParams        = "rules.params"
	CodePath          = "rules.path" // not <stream>/<path>
	CodeRegion        = "rules.region"
	CodeApprover      = "rules.second_approver"
	CodeStream        = "rules.unknown_stream"
	CodeSubject       = "rules.no_subject"
	CodeTopic         = "rules.topic_name"
	CodeUnclassified  = "rules.unclassified"
	CodeWeakerThanLaw = "rules.weaker_than_pack"
)
